package policy

import (
	"fmt"
	"time"

	"muster/compiler/diag"
	"muster/compiler/registry"
	"muster/compiler/semver"
)

var settingsRule = Rule{
	Findings: []diag.Rule{{
		ID:       "settings/ttl",
		Summary:  "ttl is 1 to 60 whole seconds",
		Protects: "ttl is the longest time until a page load sees a change, and so how long a rollback takes.",
		Bad:      "ttl: \"0s\"",
		Good:     "ttl: \"60s\"",
	}, {
		ID:      "settings/promise",
		Summary: "what caches and pages may keep of the pointer adds up to no more than ttl",
		Protects: "A change is seen when every cache on the way has let go of the old pointer and the page asks again. The longest that takes is " +
			"tiers × (maxAge + staleWhileRevalidate + 1s) + poll: a tier serves what it has for maxAge, an old one for staleWhileRevalidate more while " +
			"it asks, and counts in whole seconds. What registry.cdn leaves out is derived so that the sum keeps the ttl: with one tier and 60s " +
			"that is 1 × (5s + 10s + 1s) + 44s.",
		Bad:  "ttl: \"60s\"\ncdn: {tiers: 2, maxAge: \"15s\", staleWhileRevalidate: \"20s\", poll: \"20s\"}    # 2 × (15s + 20s + 1s) + 20s = 92s",
		Good: "ttl: \"60s\"\ncdn: tiers: 2    # 2 × (5s + 10s + 1s) + 28s = 60s",
	}, {
		ID:       "settings/date",
		Summary:  "dates exist, and a freeze ends after it begins",
		Protects: "A date that does not exist never comes.",
		Bad:      "until: 2026-02-30",
		Good:     "until: 2026-02-28",
	}, {
		ID:       "settings/window",
		Summary:  "a singleton's window is a version range",
		Protects: "A window that can't be read lets nothing or everything through.",
		Bad:      "window: \">=21 <\"",
		Good:     "window: \">=21.0.0 <23.0.0\"",
	}},
	check: checkSettings,
}

func checkSettings(r *registry.Registry) (l diag.List) {
	p := r.Policy
	if p.TTL < time.Second || p.TTL > time.Minute || p.TTL%time.Second != 0 {
		l.Add(policyFault(p, p.TTLAt, "settings/ttl", fmt.Sprintf("ttl is %s; it must be 1s to 60s", p.TTLAt), "write \"60s\""))
	} else {
		l.Add(checkPromise(p)...)
	}
	for _, s := range p.Singletons {
		if _, err := semver.ParseRange(s.Window.Value); err != nil && !s.Window.IsZero() {
			l.Add(policyFault(p, s.Window, "settings/window", diag.Quote(s.Window.Value)+" is not a version range", "write a range such as \">=21.0.0 <23.0.0\""))
		}
	}
	date := func(f registry.File, t registry.Text) time.Time {
		at, err := registry.Date(t.Value)
		if err != nil && !t.IsZero() {
			l.Add(f.Fault(t, diag.Diagnostic{Rule: "settings/date", Message: "there is no date " + diag.Quote(t.Value), Help: "write a date such as 2026-12-01"}))
		}
		return at
	}
	for _, f := range p.Freezes {
		if from, to := date(p.File, f.From), date(p.File, f.To); !from.IsZero() && !to.IsZero() && !to.After(from) {
			l.Add(policyFault(p, f.To, "settings/date", "the freeze ends before it begins", "swap from and to"))
		}
	}
	for _, w := range p.Waivers {
		date(p.File, w.Until)
	}
	for _, c := range r.Cohorts {
		if c.Frozen != nil {
			date(c.File, c.Frozen.Until)
		}
	}
	return l
}
