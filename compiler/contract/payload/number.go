package payload

import (
	"cmp"
	"math/big"
	"slices"

	"cuelang.org/go/cue/token"
)

// numbers is a set of decimal numbers, held exactly: the whole ones and the others apart, so that "int & >1" and
// "number & !=2" are as plain to compare as ranges. Both lists are sorted, and no two of their spans touch.
type numbers struct {
	whole  []span // both ends are whole numbers, and belong to it
	broken []span // of a span only what is not whole counts; a whole end does not belong to it
}

// span is a range of numbers; an end that is nil is not bounded.
type span struct {
	lo, hi         *big.Rat
	loOpen, hiOpen bool // the end itself does not belong to it
}

var (
	one        = big.NewRat(1, 1)
	allNumbers = numbers{whole: []span{{}}, broken: []span{{}}}
	allWhole   = numbers{whole: []span{{}}}
)

func (n numbers) empty() bool { return len(n.whole) == 0 && len(n.broken) == 0 }

// within is the numbers of a span.
func within(s span) numbers {
	var n numbers
	w, b := s, s
	if s.lo != nil {
		if w.lo = ceil(s.lo); s.loOpen && s.lo.IsInt() {
			w.lo = new(big.Rat).Add(s.lo, one)
		}
		w.loOpen, b.loOpen = false, s.loOpen || s.lo.IsInt()
	}
	if s.hi != nil {
		if w.hi = floor(s.hi); s.hiOpen && s.hi.IsInt() {
			w.hi = new(big.Rat).Sub(s.hi, one)
		}
		w.hiOpen, b.hiOpen = false, s.hiOpen || s.hi.IsInt()
	}
	if !w.empty() {
		n.whole = []span{w}
	}
	if !b.empty() {
		n.broken = []span{b}
	}
	return n
}

// bounded is the numbers that a bound such as ">=5" takes.
func bounded(op token.Token, limit *big.Rat) numbers {
	switch op {
	case token.GTR:
		return within(span{lo: limit, loOpen: true})
	case token.GEQ:
		return within(span{lo: limit})
	case token.LSS:
		return within(span{hi: limit, hiOpen: true})
	case token.LEQ:
		return within(span{hi: limit})
	case token.NEQ:
		return unite([]numbers{within(span{hi: limit, hiOpen: true}), within(span{lo: limit, loOpen: true})})
	}
	return within(span{lo: limit, hi: limit})
}

// compare orders numbers; it is a little faster than Cmp.
func compare(a, b *big.Rat) int {
	if a.IsInt() && b.IsInt() {
		return a.Num().Cmp(b.Num())
	}
	return a.Cmp(b)
}

func floor(r *big.Rat) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Div(r.Num(), r.Denom())) // Euclidean, and the denominator is positive
}

func ceil(r *big.Rat) *big.Rat {
	f := floor(new(big.Rat).Neg(r))
	return f.Neg(f)
}

func (s span) empty() bool {
	if s.lo == nil || s.hi == nil {
		return false
	}
	c := compare(s.lo, s.hi)
	return c > 0 || c == 0 && (s.loOpen || s.hiOpen)
}

func (s span) contains(r *big.Rat) bool {
	if s.lo != nil {
		if c := compare(s.lo, r); c > 0 || c == 0 && s.loOpen {
			return false
		}
	}
	if s.hi != nil {
		if c := compare(s.hi, r); c < 0 || c == 0 && s.hiOpen {
			return false
		}
	}
	return true
}

// compareLo orders by where spans begin.
func compareLo(a, b span) int {
	switch {
	case a.lo == b.lo && a.loOpen == b.loOpen:
		return 0
	case a.lo == nil:
		return -1
	case b.lo == nil:
		return 1
	}
	return cmp.Or(compare(a.lo, b.lo), order(a.loOpen, b.loOpen))
}

// compareHi orders by where spans end.
func compareHi(a, b span) int {
	switch {
	case a.hi == b.hi && a.hiOpen == b.hiOpen:
		return 0
	case a.hi == nil:
		return 1
	case b.hi == nil:
		return -1
	}
	return cmp.Or(compare(a.hi, b.hi), order(b.hiOpen, a.hiOpen))
}

// order puts false before true.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (n numbers) contains(r *big.Rat) bool {
	spans := n.broken
	if r.IsInt() {
		spans = n.whole
	}
	return slices.ContainsFunc(spans, func(s span) bool { return s.contains(r) })
}

// subset reports whether all of n is in m.
func (n numbers) subset(m numbers) bool {
	return covered(n.whole, m.whole) && covered(n.broken, m.broken)
}

// covered reports whether every span lies within one of the others: these do not touch, so two can't share one.
func covered(spans, others []span) bool {
	i := 0
	for _, s := range spans {
		for i < len(others) && compareHi(others[i], s) < 0 {
			i++
		}
		if i == len(others) || compareLo(others[i], s) > 0 {
			return false
		}
	}
	return true
}

func (n numbers) intersect(m numbers) numbers {
	return numbers{common(n.whole, m.whole), common(n.broken, m.broken)}
}

func common(a, b []span) (all []span) {
	for len(a) > 0 && len(b) > 0 {
		s := a[0]
		if compareLo(b[0], s) > 0 {
			s.lo, s.loOpen = b[0].lo, b[0].loOpen
		}
		shorter := compareHi(a[0], b[0])
		if shorter > 0 {
			s.hi, s.hiOpen = b[0].hi, b[0].hiOpen
		}
		if !s.empty() {
			all = append(all, s)
		}
		if shorter <= 0 {
			a = a[1:]
		} else {
			b = b[1:]
		}
	}
	return all
}

// minus is what of n is not in m.
func (n numbers) minus(m numbers) numbers { return n.intersect(m.others()) }

// others is every number that is not in n.
func (n numbers) others() numbers {
	var o numbers
	for _, s := range gaps(n.whole) {
		if s.lo != nil {
			s.lo, s.loOpen = new(big.Rat).Add(s.lo, one), false
		}
		if s.hi != nil {
			s.hi, s.hiOpen = new(big.Rat).Sub(s.hi, one), false
		}
		o.whole = append(o.whole, s)
	}
	for _, s := range gaps(n.broken) {
		s.loOpen = s.lo != nil && (s.loOpen || s.lo.IsInt())
		s.hiOpen = s.hi != nil && (s.hiOpen || s.hi.IsInt())
		if !s.empty() {
			o.broken = append(o.broken, s)
		}
	}
	return o
}

// gaps is what lies between sorted spans, before them and behind.
func gaps(spans []span) (all []span) {
	next, open := span{}, true
	for _, s := range spans {
		if s.lo != nil {
			next.hi, next.hiOpen = s.lo, !s.loOpen
			all = append(all, next)
		}
		if open = s.hi != nil; !open {
			break
		}
		next = span{lo: s.hi, loOpen: !s.hiOpen}
	}
	if open {
		all = append(all, next)
	}
	return all
}

// unite is what is in any of the parts.
func unite(parts []numbers) numbers {
	var n numbers
	for _, p := range parts {
		n.whole, n.broken = append(n.whole, p.whole...), append(n.broken, p.broken...)
	}
	n.whole = merge(n.whole, func(hi, lo span) bool { return new(big.Rat).Add(hi.hi, one).Cmp(lo.lo) >= 0 })
	n.broken = merge(n.broken, func(hi, lo span) bool {
		c := hi.hi.Cmp(lo.lo)
		return c > 0 || c == 0 && (!hi.hiOpen || !lo.loOpen || hi.hi.IsInt())
	})
	return n
}

// merge sorts spans and makes one of those that touch.
func merge(spans []span, touch func(hi, lo span) bool) []span {
	slices.SortFunc(spans, compareLo)
	all := spans[:0]
	for _, s := range spans {
		if len(all) == 0 || all[len(all)-1].hi != nil && s.lo != nil && !touch(all[len(all)-1], s) {
			all = append(all, s)
		} else if last := &all[len(all)-1]; compareHi(*last, s) < 0 {
			last.hi, last.hiOpen = s.hi, s.hiOpen
		}
	}
	return all
}

// pick is the plainest number of a set that is not empty: a whole one near zero, or else one of few digits.
func (n numbers) pick() *big.Rat {
	var best *big.Rat
	consider := func(r *big.Rat) {
		if best == nil || cmp.Or(new(big.Rat).Abs(r).Cmp(new(big.Rat).Abs(best)), best.Cmp(r)) < 0 {
			best = r
		}
	}
	for _, s := range n.whole {
		consider(s.nearest())
	}
	if best == nil {
		for _, s := range n.broken {
			consider(s.shortest())
		}
	}
	return best
}

// nearest is the end that is nearer to zero, or zero if s holds it.
func (s span) nearest() *big.Rat {
	switch {
	case s.lo != nil && s.lo.Sign() > 0:
		return s.lo
	case s.hi != nil && s.hi.Sign() < 0:
		return s.hi
	}
	return new(big.Rat)
}

// shortest is a number within s that is not whole and has the fewest places.
func (s span) shortest() *big.Rat {
	if s.lo == nil && s.hi == nil {
		return big.NewRat(1, 2)
	}
	if s.lo == nil || s.hi != nil && s.hi.Sign() <= 0 {
		mirror := span{lo: new(big.Rat).Neg(s.hi), loOpen: s.hiOpen, hiOpen: s.loOpen}
		if s.lo != nil {
			mirror.hi = new(big.Rat).Neg(s.lo)
		}
		r := mirror.shortest()
		return r.Neg(r)
	}
	if !s.loOpen && !s.lo.IsInt() {
		return new(big.Rat).Set(s.lo)
	}
	for scale := big.NewRat(10, 1); ; scale.Mul(scale, big.NewRat(10, 1)) {
		r := floor(new(big.Rat).Mul(s.lo, scale))
		if r.Add(r, one).Quo(r, scale); !r.IsInt() && s.contains(r) {
			return r
		}
	}
}
