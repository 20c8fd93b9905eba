package policy

import (
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"muster/compiler/registry"
)

// readPolicy reads a policy whose registry sets the given fields too.
func readPolicy(t *testing.T, fields string) *registry.Policy {
	t.Helper()
	source := "package schema\n\nregistry: {name: \"acme\", baseURL: \"https://manifests.acme.example/\", " + fields + "}\npolicy: origins: []\n"
	r, _, err := registry.Load(fstest.MapFS{"schema/policy.cue": {Data: []byte(source)}}, registry.Options{})
	if err != nil || r == nil {
		t.Fatalf("the registry with %s can't be read: %v", fields, err)
	}
	return r.Policy
}

// TestPromiseOf: what is derived, to the letter.
func TestPromiseOf(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		``:                          "60 1 5 10 44: a page sees a change after 60 s at most: 1 tier × (5 s max-age + 10 s stale-while-revalidate + 1 s rounding) + 44 s poll",
		`ttl: "60s", cdn: tiers: 2`: "60 2 5 10 28: a page sees a change after 60 s at most: 2 tiers × (5 s max-age + 10 s stale-while-revalidate + 1 s rounding) + 28 s poll",
		`ttl: "60s", cdn: tiers: 5`: "60 5 2 4 25: a page sees a change after 60 s at most: 5 tiers × (2 s max-age + 4 s stale-while-revalidate + 1 s rounding) + 25 s poll",
		`ttl: "60s", cdn: tiers: 0`: "60 0 0 0 60: a page sees a change after 60 s at most: no tiers + 60 s poll",
		`ttl: "12s"`:                "12 1 1 2 8: a page sees a change after 12 s at most: 1 tier × (1 s max-age + 2 s stale-while-revalidate + 1 s rounding) + 8 s poll",
		`ttl: "4s"`:                 "4 1 1 0 2: a page sees a change after 4 s at most: 1 tier × (1 s max-age + 1 s rounding) + 2 s poll",
		`ttl: "2s"`:                 "2 1 0 0 2: a page sees a change after 2 s at most: 1 tier that keeps nothing + 2 s poll",
		`ttl: "8s", cdn: tiers: 4`:  "8 4 0 0 8: a page sees a change after 8 s at most: 4 tiers that keep nothing + 8 s poll",
		`ttl: "60s", cdn: {tiers: 2, maxAge: "15s"}`:                                           "60 2 15 10 8: a page sees a change after 60 s at most: 2 tiers × (15 s max-age + 10 s stale-while-revalidate + 1 s rounding) + 8 s poll",
		`ttl: "60s", cdn: {tiers: 2, maxAge: "25s"}`:                                           "60 2 25 3 2: a page sees a change after 60 s at most: 2 tiers × (25 s max-age + 3 s stale-while-revalidate + 1 s rounding) + 2 s poll",
		`ttl: "60s", cdn: {maxAge: "0s"}`:                                                      "60 1 0 0 60: a page sees a change after 60 s at most: 1 tier that keeps nothing + 60 s poll",
		`ttl: "60s", cdn: {staleWhileRevalidate: "58s"}`:                                       "60 1 0 58 1: a page sees a change after 60 s at most: 1 tier × (0 s max-age + 58 s stale-while-revalidate + 1 s rounding) + 1 s poll",
		`ttl: "60s", cdn: {staleWhileRevalidate: "56s"}`:                                       "60 1 2 56 1: a page sees a change after 60 s at most: 1 tier × (2 s max-age + 56 s stale-while-revalidate + 1 s rounding) + 1 s poll",
		`ttl: "60s", cdn: {poll: "55s"}`:                                                       "60 1 4 0 55: a page sees a change after 60 s at most: 1 tier × (4 s max-age + 1 s rounding) + 55 s poll",
		`ttl: "60s", cdn: {poll: "5s"}`:                                                        "60 1 5 10 5: a page sees a change after 21 s at most: 1 tier × (5 s max-age + 10 s stale-while-revalidate + 1 s rounding) + 5 s poll",
		`ttl: "60s", cdn: {tiers: 2, maxAge: "15s", staleWhileRevalidate: "20s", poll: "20s"}`: "60 2 15 20 20: a page sees a change after 92 s at most: 2 tiers × (15 s max-age + 20 s stale-while-revalidate + 1 s rounding) + 20 s poll",
	} {
		p := PromiseOf(readPolicy(t, fields))
		if got := fmt.Sprintf("%d %d %d %d %d: %s", p.TTL, p.Tiers, p.MaxAge, p.StaleWhileRevalidate, p.Poll, p); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", fields, got, want)
		}
	}
}

// TestPromiseIsKept goes through every ttl, number of tiers and what may be set: the promise is broken only where what is set
// alone breaks it, and what is set stays as it is.
func TestPromiseIsKept(t *testing.T) {
	t.Parallel()
	mark := readPolicy(t, `cdn: poll: "1s"`).CDN.Poll.Mark
	text := func(seconds int) registry.Text { // a negative number is one that is not set
		if seconds < 0 {
			return registry.Text{}
		}
		return registry.Text{Value: fmt.Sprintf("%ds", seconds), Mark: mark}
	}
	checked, broken := 0, 0
	for ttl := 1; ttl <= 60; ttl++ {
		near := []int{-1, 0, 1, ttl/4 - 1, ttl / 4, ttl / 2, ttl - 2, ttl - 1, ttl, 99}
		slices.Sort(near)
		near = slices.DeleteFunc(slices.Compact(near), func(n int) bool { return n < -1 })
		for tiers := range 6 {
			for _, maxAge := range near {
				for _, stale := range near {
					for _, poll := range near {
						if poll == 0 {
							continue // the schema lets none through
						}
						p := &registry.Policy{TTL: time.Duration(ttl) * time.Second, CDN: registry.CDN{Tiers: tiers, MaxAge: text(maxAge), StaleWhileRevalidate: text(stale), Poll: text(poll)}}
						checked++
						if !checkPromised(t, PromiseOf(p), tiers, ttl, maxAge, stale, poll) {
							broken++
						}
					}
				}
			}
		}
	}
	if checked < 100_000 || broken == 0 || broken == checked {
		t.Errorf("%d of %d combinations break the promise", broken, checked)
	}
}

// checkPromised holds a derivation against what was set, and against the sum, worked out here in another way.
func checkPromised(t *testing.T, p Promise, tiers, ttl, maxAge, stale, poll int) bool {
	t.Helper()
	sum := func(maxAge, stale, poll int) int {
		if maxAge+stale > 0 {
			poll += tiers
		}
		return tiers*maxAge + tiers*stale + poll
	}
	least := sum(max(0, maxAge), max(0, stale), max(1, poll))
	switch {
	case maxAge >= 0 && p.MaxAge != maxAge, stale >= 0 && p.StaleWhileRevalidate != stale, poll >= 0 && p.Poll != poll, p.TTL != ttl, p.Tiers != tiers:
		t.Errorf("ttl %d, %d tiers, %d %d %d: what is set is not in %+v", ttl, tiers, maxAge, stale, poll, p)
	case p.MaxAge < 0 || p.StaleWhileRevalidate < 0 || p.Poll < 1:
		t.Errorf("ttl %d, %d tiers, %d %d %d: %+v has values that can't be", ttl, tiers, maxAge, stale, poll, p)
	case p.Worst() != sum(p.MaxAge, p.StaleWhileRevalidate, p.Poll):
		t.Errorf("ttl %d, %d tiers, %d %d %d: %+v adds up to %d", ttl, tiers, maxAge, stale, poll, p, p.Worst())
	case p.Kept() != (p.Worst() <= ttl):
		t.Errorf("%+v adds up to %d, and is said to be kept: %v", p, p.Worst(), p.Kept())
	case p.Kept() != (least <= ttl):
		t.Errorf("ttl %d, %d tiers, %d %d %d: %d s are possible, and %+v takes %d", ttl, tiers, maxAge, stale, poll, least, p, p.Worst())
	case maxAge < 0 && stale < 0 && p.MaxAge == 0 && p.StaleWhileRevalidate > 0:
		t.Errorf("ttl %d, %d tiers: %+v serves what no cache keeps", ttl, tiers, p)
	}
	return p.Kept()
}
