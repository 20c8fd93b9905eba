package publish

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"muster/compiler/manifest"
	"muster/compiler/policy"
	"muster/compiler/store"
	"muster/compiler/store/storetest"
)

// A world is a line of commits that can be published: serial n of branch "" serves staff something new with every commit and
// general with every third one.

var headers = manifest.HeaderTable(policy.Promise{TTL: 60, Tiers: 1, MaxAge: 5, StaleWhileRevalidate: 10, Poll: 44})

func commitOf(branch string, serial int) manifest.Origin {
	sum := sha1.Sum(fmt.Appendf(nil, "%s %d", branch, serial))
	return manifest.Origin{Commit: hex.EncodeToString(sum[:]), Serial: serial, Time: time.Unix(1_700_000_000+int64(serial)*60, 0)}
}

// release is serial n of a branch that left the main one after serial at.
func release(branch string, after, serial int) Release {
	origin := func(s int) (manifest.Origin, error) {
		if s < 1 || s > serial {
			return manifest.Origin{}, fmt.Errorf("serial %d is not up to %d", s, serial)
		}
		if s <= after {
			return commitOf("", s), nil
		}
		return commitOf(branch, s), nil
	}
	o, _ := origin(serial)
	p := &manifest.Pointer{Schema: manifest.PointerName, Registry: "acme-shop", Serial: serial, Commit: o.Commit,
		Time: o.Time.UTC().Format(time.RFC3339), TTL: 60}
	r := Release{Pointer: p, Origin: origin, Rules: store.Object{Path: "_headers", Body: []byte("/*\n")}}
	for _, c := range []struct {
		cohort string
		n      int
	}{{"staff", serial}, {"general", serial / 3}} { // the last is everybody's
		body := fmt.Appendf(nil, "{%q:%d}", branch, c.n)
		m := manifest.Manifest{Cohort: c.cohort, ID: manifest.Sum(body), Bytes: body}
		p.Cohorts = append(p.Cohorts, manifest.PointerCohort{Name: c.cohort, URL: "https://x.example/" + m.Path(), SHA256: m.ID.String(), Size: len(body)})
		r.Objects = append(r.Objects, Object(headers, m.Path(), m.Bytes))
	}
	return r
}

func at(serial int) Release { return release("", 0, serial) }

// clock stands still, so that a pointer that is issued twice is the same.
var clock = time.Date(2026, 11, 2, 14, 0, 0, 0, time.UTC)

func publisher(s store.Store) *Publisher {
	return &Publisher{Store: s, Headers: headers, Read: plain, Now: func() time.Time { return clock }}
}

// plain reads documents without signatures.
func plain(document []byte) ([]byte, error) { return document, nil }

func publish(t *testing.T, s store.Store, r Release) *Report {
	t.Helper()
	report, err := publisher(s).Publish(context.Background(), r)
	if err != nil {
		t.Fatalf("publishing serial %d: %v", r.Pointer.Serial, err)
	}
	return report
}

func expect(t *testing.T, s store.Store, r Release, want Outcome) *Report {
	t.Helper()
	report := publish(t, s, r)
	if report.Outcome != want {
		t.Fatalf("publishing serial %d: %s, want %s", r.Pointer.Serial, report.Outcome, want)
	}
	return report
}

// broken returns how the objects of a store break what package publish promises at every instant, and the serial that is live:
// a pointer names objects that are there, the log has no gap and its entries are chained, and the pointer is what the log says.
func broken(objects map[string]store.Object) (serial int, err error) {
	o, ok := objects[manifest.PointerPath]
	if !ok {
		return 0, nil
	}
	p, err := manifest.ParsePointer(o.Body)
	if err != nil {
		return 0, err
	}
	for _, c := range p.Cohorts {
		if body := objects[c.Path()].Body; manifest.Sum(body).String() != c.SHA256 {
			return 0, fmt.Errorf("the pointer of serial %d names %s, which is %q", p.Serial, c.Path(), body)
		}
	}
	own, err := p.Entry().Encode()
	if err != nil {
		return 0, err
	}
	if there := objects[manifest.LogPath(p.Serial)].Body; !bytes.Equal(there, own) {
		return 0, fmt.Errorf("the log has %q for serial %d, and the pointer is of %q", there, p.Serial, own)
	}
	return p.Serial, chained(objects, p.Serial)
}

func chained(objects map[string]store.Object, serial int) error {
	start, err := manifest.ParseFirst(objects[manifest.FirstPath].Body)
	if err != nil {
		return err
	}
	previous := ""
	for s := start.Serial; s <= serial; s++ {
		o, ok := objects[manifest.LogPath(s)]
		if !ok {
			return fmt.Errorf("the log has no entry %d", s)
		}
		e, err := manifest.ParseEntry(o.Body)
		if err != nil {
			return err
		}
		if e.Previous != previous || e.Serial != s {
			return fmt.Errorf("entry %d is of %d and names %q as its predecessor, which is %q", s, e.Serial, e.Previous, previous)
		}
		previous = manifest.Sum(o.Body).String()
	}
	return nil
}

// watched is a store in memory that is judged after each write.
type watched struct {
	*storetest.Memory
	t      *testing.T
	serial int
}

func newWatched(t *testing.T) *watched { return &watched{&storetest.Memory{}, t, 0} }

// look is for storetest.Faulty.After.
func (w *watched) look() {
	serial, err := broken(w.Objects())
	if err != nil {
		w.t.Error(err)
	}
	if serial < w.serial {
		w.t.Errorf("the pointer went back from serial %d to %d", w.serial, serial)
	}
	w.serial = max(w.serial, serial)
}

var errInjected = errors.Join(errors.New("injected"), store.ErrUnavailable)
