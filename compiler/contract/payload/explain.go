package payload

import (
	"fmt"
	"slices"
	"strings"
)

// refusal is where in v the set refuses it, and a sentence that says why.
func (s *set) refusal(v value, path string) (where, why string) {
	switch v := v.(type) {
	case list:
		if l := closest(s.lists, v, func(l *listArm) bool { return l.tells(v) }); l != nil {
			return l.refusal(v, path, s)
		}
	case object:
		if o := closest(s.objects, v, func(o *objectArm) bool { return o.tells(v) }); o != nil {
			return o.refusal(v, path, s)
		}
		if name, wanted := s.undecidedBy(v); name != "" {
			e, _ := v.get(name)
			return wanted.refusal(e, path+fieldStep(name))
		}
	}
	return path, s.mismatch(v, path)
}

// undecidedBy is the field that tells the alternatives apart, and what they want of it together, if v has none of that there.
func (s *set) undecidedBy(v object) (name string, wanted *set) {
	for _, m := range v {
		wanted = &set{}
		for _, o := range s.objects {
			f := o.field(m.name)
			if f == nil || f.optional || !f.set.single() || f.set.contains(m.value) {
				wanted = nil
				break
			}
			wanted.text = join(wanted.text, " | ", f.set.text)
		}
		if wanted != nil && len(s.objects) > 0 {
			return m.name, wanted
		}
	}
	return "", nil
}

func (s *set) mismatch(v value, path string) string {
	if s.state == empty {
		return fmt.Sprintf("%s may be sent, but is not accepted", subject(path))
	}
	return fmt.Sprintf("%s may be %s, but must be %s", subject(path), short(encode(v, quoteJSON)), short(s.text))
}

// closest is the alternative that was meant: the only one, or the only one of which the telling fields agree.
func closest[T any](arms []*T, v value, tells func(*T) bool) *T {
	if len(arms) == 1 {
		return arms[0]
	}
	var meant []*T
	for _, a := range arms {
		if tells(a) {
			meant = append(meant, a)
		}
	}
	if len(meant) == 1 {
		return meant[0]
	}
	return nil
}

// tells reports whether v has what only one value is allowed for, such as {kind: "a"}.
func (o *objectArm) tells(v object) bool {
	told := false
	for _, f := range o.fields {
		if !f.optional && f.set.single() {
			e, there := v.get(f.name)
			if !there || !f.set.contains(e) {
				return false
			}
			told = true
		}
	}
	return told
}

func (l *listArm) tells(v list) bool {
	told := false
	for i, s := range l.prefix {
		if s.single() {
			if i >= len(v) || !s.contains(v[i]) {
				return false
			}
			told = true
		}
	}
	return told
}

// single reports whether only one text, number or the like is in s.
func (s *set) single() bool {
	if s.null || len(s.lists)+len(s.objects)+len(s.foreign)+len(s.texts.forms)+len(s.numbers.broken) > 0 {
		return false
	}
	n := len(s.texts.words)
	if s.true {
		n++
	}
	if s.false {
		n++
	}
	for _, span := range s.numbers.whole {
		if n++; span.lo == nil || span.hi == nil || span.lo.Cmp(span.hi) != 0 {
			return false
		}
	}
	return n == 1
}

func (l *listArm) refusal(v list, path string, s *set) (where, why string) {
	switch {
	case len(v) < l.min:
		return path, fmt.Sprintf("%s may have %s, but must have at least %d", subject(path), count(len(v), "element"), l.min)
	case l.max >= 0 && len(v) > l.max:
		return path, fmt.Sprintf("%s may have %s, but must have at most %d", subject(path), count(len(v), "element"), l.max)
	}
	for i, e := range v {
		if want := l.at(i); !want.contains(e) {
			return want.refusal(e, fmt.Sprintf("%s[%d]", path, i))
		}
	}
	return path, s.mismatch(v, path)
}

func (o *objectArm) refusal(v object, path string, s *set) (where, why string) {
	for _, m := range v {
		step := path + fieldStep(m.name)
		f := o.field(m.name)
		switch {
		case f != nil && !f.set.contains(m.value):
			return f.set.refusal(m.value, step)
		case f == nil && !o.admits(m.name):
			return step, nothing.mismatch(m.value, step)
		}
		for _, p := range o.patterns {
			if f == nil && p.keys.contains(m.name) && !p.set.contains(m.value) {
				return p.set.refusal(m.value, step)
			}
		}
	}
	for _, f := range o.fields {
		if _, there := v.get(f.name); !there && !f.optional {
			step := path + fieldStep(f.name)
			return step, fmt.Sprintf("%s may be absent, but is required%s", subject(step), o.unused(v))
		}
	}
	return path, s.mismatch(v, path)
}

// unused is a hint at fields that are sent and not looked at: one of them may be what is missing, under another name.
func (o *objectArm) unused(v object) string {
	var names []string
	for _, m := range v {
		if o.field(m.name) == nil && !slices.ContainsFunc(o.patterns, func(p pattern) bool { return p.keys.contains(m.name) }) {
			names = append(names, trimmed(fieldStep(m.name)))
		}
	}
	if len(names) == 0 || len(names) > 3 {
		return ""
	}
	verb := "is"
	if len(names) > 1 {
		verb = "are"
	}
	return fmt.Sprintf(" (%s %s sent, but not looked at)", strings.Join(names, ", "), verb)
}

func count(n int, thing string) string {
	switch n {
	case 0:
		return "no " + thing + "s"
	case 1:
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// subject is what a sentence about a path speaks of.
func subject(path string) string {
	if path == "" {
		return "the payload"
	}
	return trimmed(path)
}

// trimmed is a path without the dot before its first step.
func trimmed(path string) string { return strings.TrimPrefix(path, ".") }
