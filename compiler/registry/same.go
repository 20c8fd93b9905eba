package registry

import "slices"

// What follows compares declarations by what they say, wherever it is written.

func sameText(a, b Text) bool { return a.Value == b.Value && a.IsZero() == b.IsZero() }

func sameTexts(a, b []Text) bool { return sameLists(a, b, sameText) }

// sameLists compares two lists. Versions of a file share those of what stayed.
func sameLists[T any](a, b []T, same func(a, b T) bool) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0] || slices.EqualFunc(a, b, same))
}

// Differences names the fields in which two declarations of a remote differ, but for its releases and its description, in the
// order of the documentation.
func (r *Remote) Differences(o *Remote) (fields []string) {
	add := func(field string, same bool) {
		if !same {
			fields = append(fields, field)
		}
	}
	add("owner", sameText(r.Owner, o.Owner))
	add("kind", r.Host == o.Host && r.Gateway == o.Gateway)
	add("runtime", r.Runtime == o.Runtime)
	add("container", r.Container.Value == o.Container.Value)
	add("hosts", (r.Hosts == nil) == (o.Hosts == nil) && sameTexts(r.Hosts, o.Hosts))
	add("routes", sameLists(r.Routes, o.Routes, func(a, b Route) bool { return sameText(a.Path, b.Path) && sameText(a.Expose, b.Expose) }))
	add("capabilities", sameLists(r.Capabilities, o.Capabilities, func(a, b Capability) bool { return sameText(a.Place, b.Place) && sameText(a.Expose, b.Expose) }))
	add("load", r.Load.Timeout == o.Load.Timeout && r.Load.Retries == o.Load.Retries && r.Load.Prefetch == o.Load.Prefetch &&
		sameText(r.Load.Redirect, o.Load.Redirect) && sameText(r.Load.Message, o.Load.Message))
	return fields
}

// SameBuild reports whether two releases are the same files: what a browser loads, from where.
func (r *Release) SameBuild(o *Release) bool {
	return sameText(r.Entry, o.Entry) && r.Type == o.Type && sameText(r.Integrity, o.Integrity) && r.Size == o.Size &&
		sameLists(r.Files, o.Files, func(a, b Chunk) bool { return sameText(a.Path, b.Path) && sameText(a.Integrity, b.Integrity) })
}

// SameSharing reports whether two releases share packages alike.
func (r *Release) SameSharing(o *Release) bool {
	return sameText(r.Bundler.Name, o.Bundler.Name) && sameText(r.Bundler.Version, o.Bundler.Version) &&
		sameText(r.Bundler.Federation, o.Bundler.Federation) && sameText(r.Bundler.ShareStrategy, o.Bundler.ShareStrategy) &&
		sameLists(r.Shared, o.Shared, func(a, b Shared) bool {
			return sameText(a.Package, b.Package) && sameText(a.Version, b.Version) && sameText(a.RequiredVersion, b.RequiredVersion) &&
				a.Flags == b.Flags && a.Size == b.Size && (a.Scopes == nil) == (b.Scopes == nil) && sameTexts(a.Scopes, b.Scopes)
		})
}

// SameNeeds reports whether two releases use the same modules and services.
func (r *Release) SameNeeds(o *Release) bool {
	return sameLists(r.Consumes, o.Consumes, func(a, b Consumed) bool {
		return sameText(a.Remote, b.Remote) && sameText(a.Version, b.Version) && sameLists(a.Exposes, b.Exposes, sameExposed)
	}) && sameLists(r.Calls, o.Calls, sameAPI)
}

// SameContract reports whether two releases promise and need the same.
func (r *Release) SameContract(o *Release) bool {
	return r.SameNeeds(o) && sameLists(r.Exposes, o.Exposes, sameExposed) && sameLists(r.Provides, o.Provides, sameAPI) &&
		sameLists(r.Emits, o.Emits, sameEvent) && sameLists(r.Listens, o.Listens, sameEvent)
}

// SameState reports whether two releases are deprecated, revoked or neither alike.
func (r *Release) SameState(o *Release) bool {
	return sameText(r.Status, o.Status) && sameText(r.Reason, o.Reason)
}

func sameExposed(a, b Exposed) bool {
	return sameText(a.Text, b.Text) && (a.Props == nil) == (b.Props == nil) && (a.Props == nil || sameType(*a.Props, *b.Props))
}

func sameAPI(a, b API) bool { return sameText(a.Name, b.Name) && sameText(a.Version, b.Version) }

func sameEvent(a, b Event) bool { return sameText(a.Name, b.Name) && sameType(a.Payload, b.Payload) }

func sameType(a, b Type) bool {
	return a.Form == b.Form && sameText(a.Text, b.Text) && sameLists(a.Items, b.Items, sameType) &&
		sameLists(a.Fields, b.Fields, func(a, b Field) bool {
			return sameText(a.Name, b.Name) && a.Optional == b.Optional && sameType(a.Type, b.Type)
		})
}

// Same reports whether two pins say the same.
func (p *Pin) Same(o *Pin) bool {
	return sameText(p.Remote, o.Remote) && sameText(p.Range, o.Range) && sameText(p.Disabled, o.Disabled) && (p.Split == nil) == (o.Split == nil) &&
		sameLists(p.Split, o.Split, func(a, b Variant) bool {
			return sameText(a.Version, b.Version) && sameText(a.Percent, b.Percent) && sameText(a.Name, b.Name)
		})
}

// Same reports whether two proofs say the same.
func (p Proof) Same(o Proof) bool {
	return sameText(p.Kind, o.Kind) && sameText(p.Status, o.Status) && sameText(p.URL, o.URL) && sameText(p.Commit, o.Commit)
}

// Same reports whether two holds say the same.
func (h Hold) Same(o Hold) bool {
	return sameText(h.Remote, o.Remote) && sameText(h.Version, o.Version) && sameText(h.Because, o.Because) && sameText(h.Reason, o.Reason)
}

// Same reports whether two freezes of a cohort say the same; nil is none.
func (f *Frozen) Same(o *Frozen) bool {
	if f == nil || o == nil {
		return f == o
	}
	return sameText(f.At, o.At) && sameText(f.Reason, o.Reason) && sameText(f.Until, o.Until)
}

// Same reports whether two waivers say the same.
func (w Waiver) Same(o Waiver) bool {
	return sameText(w.Rule, o.Rule) && sameText(w.Remote, o.Remote) && sameText(w.Cohort, o.Cohort) && sameText(w.Until, o.Until) && sameText(w.Reason, o.Reason)
}

// Differences names the fields in which two declarations of a cohort differ, but for pins, holds, freezes, the audience and the
// description.
func (c *Cohort) Differences(o *Cohort) (fields []string) {
	add := func(field string, same bool) {
		if !same {
			fields = append(fields, field)
		}
	}
	choices := func(a, b []Choice) bool {
		return sameLists(a, b, func(a, b Choice) bool { return sameText(a.What, b.What) && sameText(a.Remote, b.Remote) })
	}
	add("extends", sameText(c.Extends, o.Extends))
	add("after", sameTexts(c.After, o.After))
	add("soak", sameText(c.Soak, o.Soak))
	add("requires", sameTexts(c.Requires, o.Requires))
	add("capabilities", choices(c.Capabilities, o.Capabilities))
	add("routes", choices(c.Routes, o.Routes))
	return fields
}

// Differences names the fields of registry and policy that differ, but for waivers, and "constraints" for the registry's own
// definitions.
func (p *Policy) Differences(o *Policy) (fields []string) {
	add := func(field string, same bool) {
		if !same {
			fields = append(fields, field)
		}
	}
	add("name", sameText(p.Name, o.Name))
	add("baseURL", sameText(p.BaseURL, o.BaseURL))
	add("ttl", p.TTL == o.TTL)
	add("cdn", p.CDN.Tiers == o.CDN.Tiers && sameText(p.CDN.MaxAge, o.CDN.MaxAge) && sameText(p.CDN.StaleWhileRevalidate, o.CDN.StaleWhileRevalidate) && sameText(p.CDN.Poll, o.CDN.Poll))
	add("adapters", sameTexts(p.Adapters, o.Adapters))
	add("signing", p.Signing.same(o.Signing))
	add("origins", sameTexts(p.Origins, o.Origins))
	add("frameOrigins", sameTexts(p.FrameOrigins, o.FrameOrigins))
	add("owners", sameTexts(p.Owners, o.Owners))
	add("singletons", p.SameSingletons(o))
	add("prereleases", sameTexts(p.Prereleases, o.Prereleases))
	add("budgets", sameText(p.EntryBytes, o.EntryBytes) && (p.Errors == nil) == (o.Errors == nil) && (p.Errors == nil ||
		sameText(p.Errors.Server, o.Errors.Server) && sameText(p.Errors.Query, o.Errors.Query) && sameText(p.Errors.Threshold, o.Errors.Threshold)))
	add("freezes", sameLists(p.Freezes, o.Freezes, func(a, b Freeze) bool {
		return sameText(a.From, b.From) && sameText(a.To, b.To) && sameText(a.Reason, b.Reason)
	}))
	add("signers", sameText(p.SSHSigners, o.SSHSigners) && sameText(p.GPGSigners, o.GPGSigners))
	add("constraints", p.Constraints == o.Constraints)
	return fields
}

func (s *Signing) same(o *Signing) bool {
	if s == nil || o == nil {
		return s == o
	}
	return sameTexts(s.Keys, o.Keys) && s.Threshold == o.Threshold && s.Expires == o.Expires
}

// SameSingletons reports whether two policies ask the same of singletons.
func (p *Policy) SameSingletons(o *Policy) bool {
	return sameLists(p.Singletons, o.Singletons, func(a, b SingletonRule) bool {
		return sameText(a.Package, b.Package) && sameText(a.Window, b.Window) && sameText(a.Owner, b.Owner) && a.Strict == b.Strict
	})
}
