package registry

// What follows says where declarations stand that are so many lines further down in their file, or up. Nothing is changed in place:
// versions of a file share what they have in common.

func (m Mark) moved(lines int) Mark {
	if !m.IsZero() {
		m.line = uint32(int(m.line) + lines)
	}
	return m
}

func (t Text) moved(lines int) Text { return Text{t.Value, t.Mark.moved(lines)} }

// movedAll moves each of a list. A nil list stays nil.
func movedAll[T any](list []T, move func(T, int) T, lines int) []T {
	if len(list) == 0 {
		return list
	}
	all := make([]T, len(list))
	for i, v := range list {
		all[i] = move(v, lines)
	}
	return all
}

func (r Release) moved(lines int) Release {
	for _, t := range []*Text{&r.Version, &r.Entry, &r.Integrity, &r.SizeAt, &r.Status, &r.Reason, &r.Bundler.Name, &r.Bundler.Version,
		&r.Bundler.Federation, &r.Bundler.ShareStrategy, &r.Source.Repository, &r.Source.Commit} {
		t.Mark = t.Mark.moved(lines)
	}
	r.Files = movedAll(r.Files, Chunk.moved, lines)
	r.Evidence = movedAll(r.Evidence, Proof.moved, lines)
	r.Exposes = movedAll(r.Exposes, Exposed.moved, lines)
	r.Consumes = movedAll(r.Consumes, Consumed.moved, lines)
	r.Emits = movedAll(r.Emits, Event.moved, lines)
	r.Listens = movedAll(r.Listens, Event.moved, lines)
	r.Calls = movedAll(r.Calls, API.moved, lines)
	r.Provides = movedAll(r.Provides, API.moved, lines)
	r.Shared = movedAll(r.Shared, Shared.moved, lines)
	return r
}

func (c Chunk) moved(lines int) Chunk { return Chunk{c.Path.moved(lines), c.Integrity.moved(lines)} }

func (p Proof) moved(lines int) Proof {
	return Proof{p.Kind.moved(lines), p.Status.moved(lines), p.URL.moved(lines), p.Commit.moved(lines)}
}

func (e Exposed) moved(lines int) Exposed {
	e.Text = e.Text.moved(lines)
	if e.Props != nil {
		props := e.Props.moved(lines)
		e.Props = &props
	}
	return e
}

func (c Consumed) moved(lines int) Consumed {
	return Consumed{c.Remote.moved(lines), c.Version.moved(lines), movedAll(c.Exposes, Exposed.moved, lines)}
}

func (e Event) moved(lines int) Event { return Event{e.Name.moved(lines), e.Payload.moved(lines)} }

func (a API) moved(lines int) API { return API{a.Name.moved(lines), a.Version.moved(lines)} }

func (t Type) moved(lines int) Type {
	return Type{t.Text.moved(lines), t.Form, movedAll(t.Items, Type.moved, lines), movedAll(t.Fields, Field.moved, lines)}
}

func (f Field) moved(lines int) Field {
	return Field{f.Name.moved(lines), f.Optional, f.Type.moved(lines)}
}

func (s Shared) moved(lines int) Shared {
	s.Package, s.Version, s.RequiredVersion = s.Package.moved(lines), s.Version.moved(lines), s.RequiredVersion.moved(lines)
	s.Scopes = movedAll(s.Scopes, Text.moved, lines)
	return s
}

func (p Pin) moved(lines int) Pin {
	return Pin{p.Remote.moved(lines), p.Range.moved(lines), p.Disabled.moved(lines), movedAll(p.Split, Variant.moved, lines)}
}

func (v Variant) moved(lines int) Variant {
	return Variant{v.Version.moved(lines), v.Percent.moved(lines), v.Name.moved(lines)}
}
