package registry

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unique"

	"gopkg.in/yaml.v3"
)

// Decoding turns nodes into values. It takes what fits the shape, and passes over what does not: the checker has reported
// that. Fields that no stage reads yet are left out (a test holds the names here against those in the schema).

func each(n *yaml.Node, f func(key Text, v *yaml.Node)) {
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		f(text(n.Content[i]), n.Content[i+1])
	}
}

func text(n *yaml.Node) Text { return Text{Value: n.Value, Mark: markOf(n)} }

// recurring keeps one copy of a text that stands in many files: a package's name, its range, an owner.
func recurring(t Text) Text {
	t.Value = unique.Make(t.Value).Value()
	return t
}

func texts(n *yaml.Node) []Text {
	if len(n.Content) == 0 {
		return nil
	}
	l := make([]Text, len(n.Content))
	for i, c := range n.Content {
		l[i] = text(c)
	}
	return l
}

func items[T any](n *yaml.Node, decode func(*yaml.Node) T) []T {
	l := make([]T, len(n.Content))
	for i, c := range n.Content {
		l[i] = decode(c)
	}
	return l
}

// pairs decodes a mapping into a list, in the order of the file.
func pairs[T any](n *yaml.Node, decode func(key Text, v *yaml.Node) T) []T {
	l := make([]T, 0, len(n.Content)/2)
	each(n, func(key Text, v *yaml.Node) { l = append(l, decode(key, v)) })
	return l
}

func truth(n *yaml.Node) bool { return strings.EqualFold(n.Value, "true") }

func decodeRemote(f File, top *yaml.Node) *Remote {
	r := &Remote{File: f, Runtime: ModuleFederation, Load: Loading{Timeout: 10 * time.Second, Retries: 1, Prefetch: "none"}}
	each(top, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "name":
			r.Name = text(v)
		case "owner":
			r.Owner = recurring(text(v))
		case "kind":
			r.Host, r.Gateway = v.Value == "host", v.Value == "gateway"
		case "runtime":
			r.Runtime = recurring(text(v)).Value
		case "container":
			r.Container = text(v)
		case "hosts":
			r.Hosts = texts(v)
		case "routes":
			r.Routes = items(v, decodeRoute)
		case "capabilities":
			r.Capabilities = pairs(v, func(place Text, v *yaml.Node) Capability { return Capability{place, text(v)} })
		case "load":
			decodeLoad(&r.Load, v)
		case "releases":
			r.Releases = decodeReleases(v)
		}
	})
	if r.Container.IsZero() {
		r.Container.Value = camelCase(r.Name.Value)
	}
	return r
}

// camelCase is "my-cart" as "myCart": the name of a container that declares none.
func camelCase(name string) string {
	parts := strings.Split(name, "-")
	for i, p := range parts[1:] {
		if p != "" {
			parts[i+1] = strings.ToUpper(p[:1]) + p[1:]
		}
	}
	return strings.Join(parts, "")
}

func decodeRoute(n *yaml.Node) (r Route) {
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "path":
			r.Path = text(v)
		case "expose":
			r.Expose = text(v)
		}
	})
	return r
}

func decodeLoad(l *Loading, n *yaml.Node) {
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "timeout":
			l.Timeout = Duration(v.Value)
		case "retries":
			l.Retries, _ = strconv.Atoi(v.Value)
		case "prefetch":
			l.Prefetch = recurring(text(v)).Value
		case "fallback":
			each(v, func(key Text, v *yaml.Node) {
				switch key.Value {
				case "redirect":
					l.Redirect = text(v)
				case "message":
					l.Message = text(v)
				}
			})
		}
	})
}

func decodeReleases(n *yaml.Node) []Release { return items(n, decodeRelease) }

func decodeRelease(n *yaml.Node) Release {
	r := Release{Type: "module"}
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "version":
			r.Version = text(v)
		case "entry":
			r.Entry = text(v)
		case "type":
			r.Type = recurring(text(v)).Value
		case "integrity":
			r.Integrity = text(v)
		case "size":
			r.SizeAt = text(v)
			r.Size, _ = strconv.ParseInt(v.Value, 10, 64)
		case "files":
			r.Files = pairs(v, func(path Text, v *yaml.Node) Chunk { return Chunk{path, text(v)} })
		case "status":
			r.Status = text(v)
		case "reason":
			r.Reason = text(v)
		case "exposes":
			r.Exposes = decodeExposes(v)
		case "consumes":
			r.Consumes = pairs(v, decodeConsumed)
		case "bundler":
			decodeBundler(&r.Bundler, v)
		case "source":
			each(v, func(key Text, v *yaml.Node) {
				switch key.Value {
				case "repository":
					r.Source.Repository = text(v)
				case "commit":
					r.Source.Commit = text(v)
				}
			})
		case "evidence":
			r.Evidence = pairs(v, decodeProof)
		case "events":
			decodeEvents(&r, v)
		case "apis":
			decodeAPIs(&r, v)
		case "shared":
			r.Shared = decodeSharedAll(v)
		}
	})
	return r
}

func decodeProof(kind Text, n *yaml.Node) Proof {
	p := Proof{Kind: recurring(kind)}
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "status":
			p.Status = recurring(text(v))
		case "url":
			p.URL = text(v)
		case "commit":
			p.Commit = text(v)
		}
	})
	return p
}

func decodeConsumed(remote Text, n *yaml.Node) Consumed {
	c := Consumed{Remote: remote}
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "version":
			c.Version = text(v)
		case "exposes":
			c.Exposes = decodeExposes(v)
		}
	})
	return c
}

func decodeBundler(b *Bundler, n *yaml.Node) {
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "name":
			b.Name = recurring(text(v))
		case "version":
			b.Version = recurring(text(v))
		case "federation":
			b.Federation = recurring(text(v))
		case "shareStrategy":
			b.ShareStrategy = recurring(text(v))
		}
	})
}

func decodeSharedAll(n *yaml.Node) []Shared {
	l := make([]Shared, 0, len(n.Content)/2)
	each(n, func(pkg Text, v *yaml.Node) {
		if v.Kind != yaml.SequenceNode {
			l = append(l, decodeShared(pkg, v))
			return
		}
		for _, c := range v.Content {
			l = append(l, decodeShared(pkg, c))
		}
	})
	return l
}

func decodeShared(pkg Text, n *yaml.Node) Shared {
	s := Shared{Package: recurring(pkg)}
	flag := func(v *yaml.Node, value, set SharedFlags) {
		if s.Flags |= set; truth(v) {
			s.Flags |= value
		}
	}
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "version":
			s.Version = recurring(text(v))
		case "requiredVersion":
			s.RequiredVersion = recurring(text(v))
			if kindOf(v) == kindBool {
				s.Flags |= AnyVersion
			}
		case "singleton":
			flag(v, Singleton, SingletonSet)
		case "strictVersion":
			flag(v, StrictVersion, StrictVersionSet)
		case "eager":
			flag(v, Eager, EagerSet)
		case "import":
			if kindOf(v) == kindBool {
				s.Flags |= NoImport
			}
		case "size":
			s.Size, _ = strconv.ParseInt(v.Value, 10, 64)
		case "shareScope":
			if s.Scopes = items(v, text); v.Kind == yaml.ScalarNode {
				s.Scopes = []Text{text(v)}
			}
		}
	})
	return s
}

func decodeCohort(f File, top *yaml.Node) *Cohort {
	c := &Cohort{File: f}
	choice := func(what Text, v *yaml.Node) Choice { return Choice{what, text(v)} }
	each(top, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "name":
			c.Name = text(v)
		case "extends":
			c.Extends = text(v)
		case "audience":
			c.Audience = decodeAudience(key, v)
		case "after":
			c.After = texts(v)
		case "soak":
			c.Soak = text(v)
		case "requires":
			c.Requires = texts(v)
		case "capabilities":
			c.Capabilities = pairs(v, choice)
		case "routes":
			c.Routes = pairs(v, choice)
		case "pins":
			c.Pins = decodePins(v)
		case "holds":
			c.Holds = items(v, decodeHold)
		case "frozen":
			c.Frozen = decodeFrozen(v)
		}
	})
	return c
}

func decodeAudience(at Text, n *yaml.Node) *Audience {
	a := &Audience{At: at}
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "percent":
			a.Percent = text(v)
		case "claims":
			a.Claims = pairs(v, func(name Text, v *yaml.Node) Claim { return Claim{name, texts(v)} })
		}
	})
	return a
}

func decodePins(n *yaml.Node) []Pin { return pairs(n, decodePin) }

func decodePin(remote Text, n *yaml.Node) Pin {
	p := Pin{Remote: remote}
	if n.Kind == yaml.ScalarNode {
		p.Range = text(n)
		return p
	}
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "disabled":
			p.Disabled = text(v)
		case "split":
			p.Split = items(v, decodeVariant)
		}
	})
	return p
}

func decodeVariant(n *yaml.Node) (r Variant) {
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "version":
			r.Version = text(v)
		case "percent":
			r.Percent = text(v)
		case "variant":
			r.Name = text(v)
		}
	})
	return r
}

func decodeHold(n *yaml.Node) (h Hold) {
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "remote":
			h.Remote = text(v)
		case "version":
			h.Version = text(v)
		case "because":
			h.Because = recurring(text(v))
		case "reason":
			h.Reason = text(v)
		}
	})
	return h
}

func decodeFrozen(n *yaml.Node) *Frozen {
	f := &Frozen{}
	each(n, func(key Text, v *yaml.Node) {
		switch key.Value {
		case "at":
			f.At = text(v)
		case "reason":
			f.Reason = text(v)
		case "until":
			f.Until = text(v)
		}
	})
	return f
}

// Duration reads the durations of the registry: days, hours, minutes, seconds and milliseconds in that order, as in
// "2d12h" or "500ms". A text of another form is 0; the shape lets none through.
func Duration(s string) time.Duration {
	units := map[string]time.Duration{"d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second, "ms": time.Millisecond}
	var total time.Duration
	for s != "" {
		digits := strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' })
		if digits <= 0 {
			return 0
		}
		n, _ := strconv.Atoi(s[:digits])
		s = s[digits:]
		end := strings.IndexAny(s, "0123456789")
		if end < 0 {
			end = len(s)
		}
		total, s = total+time.Duration(n)*units[s[:end]], s[end:]
	}
	return total
}

// Date reads a day, which stands for its first moment in UTC, or a time.
func Date(s string) (time.Time, error) {
	if len(s) == len(time.DateOnly) {
		return time.Parse(time.DateOnly, s)
	}
	return time.Parse(time.RFC3339, s)
}

// Over reports whether the day (in UTC), or the moment, that a text names has passed. Without a "now", the zero time, none
// has; nor has one that can't be read, which the policy reports.
func Over(until Text, now time.Time) bool {
	end, err := Date(until.Value)
	if len(until.Value) == len(time.DateOnly) {
		end = end.AddDate(0, 0, 1)
	}
	return err == nil && !now.IsZero() && !now.Before(end)
}

// find looks a name up in a list that is sorted by name.
func find[T any](sorted []*T, name string, nameOf func(*T) string) *T {
	i, ok := slices.BinarySearchFunc(sorted, name, func(v *T, name string) int { return cmp.Compare(nameOf(v), name) })
	if !ok {
		return nil
	}
	return sorted[i]
}
