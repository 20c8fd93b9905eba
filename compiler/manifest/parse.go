package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"muster/compiler/canonical"
	"muster/compiler/policy"
)

// ParsePointer reads what Encode wrote of a pointer, and nothing else: JSON that is not canonical, that has an unknown or a
// repeated member or a value that no compile writes is an error. So two programs can't read two things in it.
func ParsePointer(b []byte) (*Pointer, error) { return parse(b, PointerName, "pointer") }

// ParseEntry is ParsePointer for a log entry. It belongs to a serial and a commit.
func ParseEntry(b []byte) (*Pointer, error) { return parse(b, LogName, "log entry") }

func parse(b []byte, schema, what string) (*Pointer, error) {
	p := &Pointer{}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(p)
	if err == nil && p.Schema != schema {
		err = fmt.Errorf("its schema is %.80q, not %q", p.Schema, schema)
	}
	if err == nil {
		err = p.check()
	}
	if err == nil {
		err = p.written(b)
	}
	if err != nil {
		return nil, fmt.Errorf("reading a %s: %w", what, unexpected(err))
	}
	return p, nil
}

// unexpected says of an end of input what it is to a reader.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends in the middle")
	}
	return err
}

// written is an error if b is not how p is written.
func (p *Pointer) written(b []byte) error {
	again, err := p.Encode()
	if err == nil && !bytes.Equal(again, b) {
		err = errors.New("it is not canonical JSON, or has a member twice")
	}
	return err
}

var (
	nameForm   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
	commitForm = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

// check returns the first value that no compile writes. Members that are not given are fine where Encode leaves them out.
func (p *Pointer) check() error {
	published := p.Schema == LogName || p.Issued != ""
	switch {
	case !nameForm.MatchString(p.Registry):
		return fmt.Errorf("its registry is %.80q", p.Registry)
	case p.Serial < 0 || p.Serial > canonical.MaxInteger || published && p.Serial == 0:
		return fmt.Errorf("its serial is %d", p.Serial)
	case !commitForm.MatchString(p.Commit) && (published || p.Commit != ""):
		return fmt.Errorf("its commit is %.80q", p.Commit)
	case published && p.Unpublishable != "":
		return errors.New("it says that it must not be published")
	case p.Schema == PointerName && len(p.Cohorts) == 0:
		return errors.New("it names no cohort")
	case len(p.Cohorts) > 0 && (p.TTL < 1 || p.TTL > 60):
		return fmt.Errorf("its ttl is %d", p.TTL)
	case p.Poll < 0 || p.Poll > 60:
		return fmt.Errorf("its poll is %d", p.Poll)
	}
	for _, member := range []struct{ name, value string }{{"time", p.Time}, {"issued", p.Issued}, {"expires", p.Expires}} {
		if _, err := Moment(member.value); err != nil {
			return fmt.Errorf("its %s is %.80q", member.name, member.value)
		}
	}
	if _, err := ParseID(p.Previous); err != nil && p.Previous != "" {
		return fmt.Errorf("its previous is %.80q", p.Previous)
	}
	return p.checkCohorts()
}

func (p *Pointer) checkCohorts() error {
	seen := map[string]bool{}
	for _, c := range p.Cohorts {
		_, err := ParseID(c.SHA256)
		switch {
		case !nameForm.MatchString(c.Name):
			return fmt.Errorf("a cohort's name is %.80q", c.Name)
		case seen[c.Name]:
			return fmt.Errorf("cohort %s is there twice", c.Name)
		case err != nil:
			return fmt.Errorf("cohort %s: %w", c.Name, err)
		case c.Size < 1 || c.Size > canonical.MaxInteger:
			return fmt.Errorf("the size of cohort %s is %d", c.Name, c.Size)
		case !c.Audience.plain():
			return fmt.Errorf("the percentage of cohort %s is %.80q", c.Name, c.Audience.Percent)
		}
		seen[c.Name] = true
	}
	return nil
}

// plain reports whether the percentage, if there is one, is written as we do.
func (a *Audience) plain() bool {
	if a == nil || len(a.Percent) == 0 {
		return true
	}
	hundredths, ok := policy.Hundredths(string(a.Percent))
	return ok && policy.FormatPercent(hundredths) == string(a.Percent)
}

// Moment reads a time as documents hold it; "" is the zero time.
func Moment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err == nil && timestamp(t) != s {
		err = fmt.Errorf("%.80q is not a time in UTC with whole seconds", s)
	}
	return t, err
}
