package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

// Promise is how the ttl is shared out among those who keep an old pointer for a while. Everything is in whole seconds,
// which is what caches count in.
//
// A change is in the store at once. Every shared cache on the way may serve the pointer it has for max-age, go on for
// stale-while-revalidate while it asks for the next (RFC 5861), and be a second late, since it counts in whole ones: with
// max-age=5 an old pointer was served for 5.4 s. What it then gets comes from the cache behind it and may be as old as that
// one allows, so that tiers add up. Last, a page asks again after its poll interval, and past its own cache, which so adds
// nothing.
type Promise struct {
	TTL                  int // what is promised, 1 to 60
	Tiers                int // shared caches between the store and the browsers, 0 to 5
	MaxAge               int // of the pointer
	StaleWhileRevalidate int // of the pointer; 0: an old one is not served while a cache asks
	Poll                 int // how long a page waits before it asks again, at least 1
}

// rounding is how many seconds a cache that keeps the pointer may be late because it counts in whole seconds.
const rounding = 1

// PromiseOf shares out the ttl of a policy. What the policy sets stays as it is, and the rest is derived: a tier gets a
// quarter of the ttl, or less where there are more than two, a third of it for max-age and two thirds for
// stale-while-revalidate; what is left is the poll interval. Where what is set leaves too little for that,
// stale-while-revalidate shrinks first, then max-age, then the poll interval, to nothing, nothing and a second. So what is
// derived alone keeps the promise for every ttl and any number of tiers; what is set may break it, which Worst tells.
func PromiseOf(p *registry.Policy) Promise {
	r := Promise{TTL: int(p.TTL / time.Second), Tiers: p.CDN.Tiers, Poll: 1}
	if !p.CDN.Poll.IsZero() {
		r.Poll = seconds(p.CDN.Poll)
	}
	r.MaxAge, r.StaleWhileRevalidate = r.caching(p.CDN)
	if p.CDN.Poll.IsZero() {
		r.Poll = max(1, r.TTL-r.Tiers*r.tier())
	}
	return r
}

// caching is how long one tier may keep the pointer, beside the poll interval.
func (p Promise) caching(set registry.CDN) (maxAge, stale int) {
	share, room := 0, 0
	if p.Tiers > 0 {
		share, room = p.TTL/max(4, 2*p.Tiers), (p.TTL-p.Poll)/p.Tiers-rounding
	}
	stale = seconds(set.StaleWhileRevalidate)
	if maxAge = seconds(set.MaxAge); set.MaxAge.IsZero() && p.Tiers > 0 {
		maxAge = max(0, min(max(1, share/3), room-stale))
	}
	if set.StaleWhileRevalidate.IsZero() && maxAge > 0 {
		stale = max(0, min(share*2/3, room-maxAge))
	}
	return maxAge, stale
}

// seconds reads a number of seconds; none is 0.
func seconds(t registry.Text) int { return int(registry.Duration(t.Value) / time.Second) }

// tier is how long one tier may serve an old pointer.
func (p Promise) tier() int {
	if p.MaxAge+p.StaleWhileRevalidate == 0 {
		return 0
	}
	return p.MaxAge + p.StaleWhileRevalidate + rounding
}

// Worst is the longest time in seconds until a page sees a change, while the store and all tiers answer.
func (p Promise) Worst() int { return p.Tiers*p.tier() + p.Poll }

// Kept reports whether that is what the ttl promises.
func (p Promise) Kept() bool { return p.Worst() <= p.TTL }

// String is the sum as a clause: "a page sees a change after 60 s at most: 1 tier × (5 s max-age + 10 s
// stale-while-revalidate + 1 s rounding) + 44 s poll".
func (p Promise) String() string {
	return fmt.Sprintf("a page sees a change after %d s at most: %s", p.Worst(), p.sum())
}

func (p Promise) sum() string {
	poll := fmt.Sprintf("%d s poll", p.Poll)
	switch {
	case p.Tiers == 0:
		return "no tiers + " + poll
	case p.tier() == 0:
		return fmt.Sprintf("%s nothing + %s", plural(p.Tiers, "1 tier that keeps", "%d tiers that keep"), poll)
	}
	parts := []string{fmt.Sprintf("%d s max-age", p.MaxAge)}
	if p.StaleWhileRevalidate > 0 {
		parts = append(parts, fmt.Sprintf("%d s stale-while-revalidate", p.StaleWhileRevalidate))
	}
	parts = append(parts, fmt.Sprintf("%d s rounding", rounding))
	return fmt.Sprintf("%s × (%s) + %s", plural(p.Tiers, "1 tier", "%d tiers"), strings.Join(parts, " + "), poll)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

// checkPromise finds settings that break the ttl. The finding is at the one that weighs most; what is derived weighs nothing
// then, or a second.
func checkPromise(p *registry.Policy) (l diag.List) {
	promise := PromiseOf(p)
	if promise.Kept() {
		return nil
	}
	type setting struct {
		at     registry.Text
		weight int
	}
	at := slices.MaxFunc([]setting{
		{p.CDN.MaxAge, promise.Tiers * promise.MaxAge},
		{p.CDN.StaleWhileRevalidate, promise.Tiers * promise.StaleWhileRevalidate},
		{p.CDN.Poll, promise.Poll},
	}, func(a, b setting) int { return cmp.Compare(a.weight, b.weight) }).at
	l.Add(policyFault(p, at, "settings/promise",
		fmt.Sprintf("a page may see a change only after %d s: %s, and ttl promises %d s", promise.Worst(), promise.sum(), promise.TTL),
		"write no more than "+derived(p)+": that is what holds where nothing is written"))
	return l
}

// derived names what fits a policy's ttl and tiers, whatever else it sets.
func derived(p *registry.Policy) string {
	free := *p
	free.CDN = registry.CDN{Tiers: p.CDN.Tiers}
	fits := PromiseOf(&free)
	poll := fmt.Sprintf("poll \"%ds\"", fits.Poll)
	if p.CDN.Tiers == 0 {
		return poll
	}
	return fmt.Sprintf("maxAge \"%ds\", staleWhileRevalidate \"%ds\" and %s", fits.MaxAge, fits.StaleWhileRevalidate, poll)
}
