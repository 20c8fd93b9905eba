package payload

import "math/big"

// listArm is one alternative of what a list may be.
type listArm struct {
	prefix []*set // the first elements, which must be there
	rest   *set   // the elements behind them, nil if there are none
	min    int    // elements, at least those of prefix
	max    int    // elements, below zero without limit; without a rest those of prefix
}

// at is the type of an element, nil if there can't be one.
func (l *listArm) at(i int) *set {
	switch {
	case i < len(l.prefix):
		return l.prefix[i]
	case l.max >= 0 && i >= l.max:
		return nil
	}
	return l.rest
}

func (l *listArm) holds(v list, how reading) bool {
	if len(v) < l.min || l.max >= 0 && len(v) > l.max {
		return false
	}
	for i, e := range v {
		if !l.at(i).holds(e, how) {
			return false
		}
	}
	return true
}

// free reports whether any list fits.
func (l *listArm) free() bool {
	return len(l.prefix) == 0 && l.rest == everything && l.min == 0 && l.max < 0
}

// bothLists is what fits both arms, nil if nothing does.
func (w *work) bothLists(a, b *listArm) *listArm {
	switch {
	case a.free() || a == b:
		return b
	case b.free():
		return a
	}
	w.spend(50)
	l := &listArm{min: max(a.min, b.min), max: a.max}
	if b.max >= 0 && (a.max < 0 || b.max < a.max) {
		l.max = b.max
	}
	if l.max >= 0 && l.min > l.max {
		return nil
	}
	for i := range max(len(a.prefix), len(b.prefix)) { // up to min, so both have an element there
		e := w.both(a.at(i), b.at(i))
		if w.vacant(e) || w.exhausted() {
			return nil
		}
		l.prefix = append(l.prefix, e)
	}
	if a.rest != nil && b.rest != nil {
		l.rest = w.both(a.rest, b.rest)
	}
	return w.trimmed(l)
}

// trimmed is l without a rest that can't be, nil if too few elements are left.
func (w *work) trimmed(l *listArm) *listArm {
	if l.rest == nil || l.max == len(l.prefix) || w.vacant(l.rest) {
		l.rest, l.max = nil, len(l.prefix)
	}
	if l.min > l.max && l.max >= 0 {
		return nil
	}
	return l
}

// listOf is the shortest list that fits l and has what is put into it in place. ok is false if there is none, or only too
// long a one.
func (w *work) listOf(l *listArm, put ...assignment) (v value, ok bool) {
	n := l.min
	for _, p := range put {
		if p.at.part == lengthPart {
			n = max(n, int(p.value.(*big.Rat).Num().Int64()))
		} else {
			n = max(n, p.at.index+1)
		}
	}
	if n > maxSize || l.max >= 0 && n > l.max {
		return nil, false
	}
	all := make(list, n)
	for i := range all {
		if all[i], ok = w.sample(l.at(i)); !ok {
			return nil, false
		}
	}
	for _, p := range put {
		if p.at.part == elementPart {
			all[p.at.index] = p.value
		}
	}
	return all, w.small(all)
}

// small reports whether an example is small enough to be shown and confirmed.
func (w *work) small(v value) bool {
	n := size(v)
	return w.spend(n) && n <= maxSize
}
