package main

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"muster/compiler/manifest"
	"muster/compiler/policy"
	"muster/compiler/publish"
	"muster/compiler/store"
)

// publication is what publish tells.
type publication struct {
	Outcome    publish.Outcome `json:"outcome"`
	DryRun     bool            `json:"dryRun,omitempty"`
	Store      string          `json:"store"`
	Serial     int             `json:"serial"`
	Commit     string          `json:"commit"`
	Before     int             `json:"before,omitempty"` // the serial that was live
	Live       int             `json:"live,omitempty"`   // the serial that is live now
	Created    []string        `json:"created"`
	Found      []string        `json:"found"`
	PassedOver []int           `json:"passedOver,omitempty"`
	Expires    string          `json:"expires,omitempty"`
	Promise    policy.Promise  `json:"-"`
	sizes      map[string]int
	missing    []string
}

func publicationOf(c *compiledCommit, to store.Store, r *publish.Report, dry bool) *publication {
	out := &publication{Outcome: r.Outcome, DryRun: dry, Store: to.String(), Serial: c.Origin.Serial, Commit: c.Origin.Commit,
		Created: append([]string{}, r.Created...), Found: append([]string{}, r.Found...), // a list in JSON, even an empty one
		PassedOver: r.PassedOver, Promise: policy.PromiseOf(c.result.Policy), sizes: map[string]int{}, missing: missing(c.result.Headers, to)}
	slices.Sort(out.Created)
	slices.Sort(out.Found)
	if r.Before != nil {
		out.Before = r.Before.Serial
	}
	if r.Live != nil {
		out.Live, out.Expires = r.Live.Serial, r.Live.Expires
	}
	for _, m := range c.result.Manifests {
		out.sizes[m.Path()] = len(m.Bytes)
	}
	return out
}

// publications are the ways to tell what was published.
var publications = map[string]func(io.Writer, *publication) error{
	"text": publicationText,
	"json": func(w io.Writer, p *publication) error { return writeJSON(w, p) },
}

// publicationText lists the objects in the order in which they were looked for: those that are new, and those that were there.
func publicationText(w io.Writer, p *publication) error {
	var b strings.Builder
	all := slices.Concat(p.Found, p.Created)
	slices.SortFunc(all, func(a, b string) int {
		return cmp.Or(order(a)-order(b), strings.Compare(path.Dir(a), path.Dir(b)), len(a)-len(b), strings.Compare(a, b))
	})
	for _, name := range all {
		mark := "="
		if slices.Contains(p.Created, name) {
			mark = "+"
		}
		fmt.Fprintf(&b, "%s %s", mark, name)
		if size := p.sizes[name]; size > 0 {
			fmt.Fprintf(&b, "  %s", counted(size, "byte"))
		}
		b.WriteByte('\n')
	}
	if p.swapped() {
		fmt.Fprintf(&b, "> %s\n", manifest.PointerPath)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// order is 0 for objects that are looked for first, and 1 for the log.
func order(name string) int {
	if strings.HasPrefix(name, "log/") {
		return 1
	}
	return 0
}

// swapped reports whether the pointer is a new one.
func (p *publication) swapped() bool {
	return p.Outcome == publish.Published || p.Outcome == publish.Refreshed
}

// concludePublish says what it came to, for people.
func concludePublish(w io.Writer, p *publication, r *publish.Report) {
	commit := fmt.Sprintf("serial %d, commit %s", p.Serial, short(p.Commit))
	if r.Unproved != nil {
		fmt.Fprintf(w, "muster: the pointer that was there is not to be believed: %s\n", printable(r.Unproved.Error()))
	}
	if len(p.PassedOver) > 0 {
		fmt.Fprintf(w, "passed over in the log: serial %s\n", span(p.PassedOver))
	}
	published, issued := "published", "issued"
	if p.DryRun {
		published, issued = "would publish", "would issue"
	}
	switch p.Outcome {
	case publish.Published:
		fmt.Fprintf(w, "%s %s, to %s%s\n", published, commit, p.Store, p.instead())
	case publish.Refreshed:
		fmt.Fprintf(w, "%s the pointer of %s, anew in %s\n", issued, commit, p.Store)
	case publish.Unchanged:
		fmt.Fprintf(w, "%s, is published in %s already\n", commit, p.Store)
	case publish.Superseded:
		fmt.Fprintf(w, "nothing was published: %s, comes too late, as %s\n", commit, p.later())
		return
	}
	fmt.Fprintln(w, p.Promise)
	if p.Outcome == publish.Published && p.Before == 0 {
		fmt.Fprintf(w, "what serves it has to send %s: see --print-config\n", strings.Join(p.missing, ", "))
	}
}

// missing are the header fields that a store does not keep with its objects.
func missing(table []manifest.Headers, to store.Store) (names []string) {
	kept := []string{"Cache-Control", "Content-Type"}
	for _, h := range table {
		for _, f := range h.Fields {
			if !slices.Contains(names, f.Name) && !(to.KeepsHeaders() && slices.Contains(kept, f.Name)) {
				names = append(names, f.Name)
			}
		}
	}
	return names
}

// later is what a commit that comes too late has met.
func (p *publication) later() string {
	if p.Live > p.Serial {
		return fmt.Sprintf("%s has serial %d; to take a change back, publish the commit that does: muster rollback", p.Store, p.Live)
	}
	return fmt.Sprintf("the log in %s says that a later commit is being published; if that run has stopped on its way, run it again", p.Store)
}

func (p *publication) instead() string {
	if p.Before == 0 {
		return ""
	}
	return fmt.Sprintf(", in place of serial %d", p.Before)
}

// span writes ascending numbers as a range.
func span(numbers []int) string {
	first, last := numbers[0], numbers[len(numbers)-1]
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d to %d", first, last)
}
