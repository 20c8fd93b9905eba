package semver

import "math"

// number is a part of a version. The engines that read npm's grammar compare parts as float64s but print them as texts.
type number struct {
	digits string // as written, without leading zeros; "" for a part that was computed
	value  float64
}

var zero = number{digits: "0"}

func parseNumber(digits string) number {
	return number{digits: digits, value: toNumber(digits)}
}

// next is the number plus one, with the rounding of a float64.
func (n number) next() number { return number{value: n.value + 1} }

// exact is the bound below which a float64 and the digits of an integer tell the same.
const exact = 1 << 53

// sameText reports whether both print alike.
func (n *number) sameText(m *number) bool {
	return n.value == m.value && (n.value < exact || n.text() == m.text())
}

func (n *number) text() string {
	if n.digits != "" {
		return n.digits
	}
	return formatNumber(n.value)
}

// isWritable reports whether the number prints as digits. A computed one of 1e21 or more prints with an exponent, which no
// version may have.
func (n *number) isWritable() bool { return n.digits != "" || n.value < 1e21 }

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// release is a version of three numbers and, where pre is not empty, its prerelease identifiers joined with dots.
type release struct {
	numbers [3]number
	pre     string
}

func (r *release) compareNumbers(s *release) int {
	for i := range r.numbers {
		if r.numbers[i].value != s.numbers[i].value {
			return compareFloats(r.numbers[i].value, s.numbers[i].value)
		}
	}
	return 0
}

func (r *release) sameText(s *release) bool {
	for i := range r.numbers {
		if !r.numbers[i].sameText(&s.numbers[i]) {
			return false
		}
	}
	return r.pre == s.pre
}

// grow adds one to the number at the level, 0 for the major one, and makes zeros of those below it.
func (r *release) grow(level int) {
	r.numbers[level] = r.numbers[level].next()
	for i := level + 1; i < len(r.numbers); i++ {
		r.numbers[i] = zero
	}
	r.pre = ""
}

// comparator is one bound of a range.
type comparator struct {
	operator string // "", "=", ">", ">=", "<" or "<="
	release
	extra int // characters written besides: a v before the version, build metadata after it
}

// isFloor reports whether the bound prints as ">=0.0.0", which the engines that read npm's grammar take out of a range.
func (c *comparator) isFloor() bool {
	n := &c.numbers
	return c.operator == ">=" && c.pre == "" && c.extra == 0 && n[0].value == 0 && n[1].value == 0 && n[2].value == 0
}

// maxSafe is JavaScript's Number.MAX_SAFE_INTEGER.
const maxSafe = 1<<53 - 1

// unlimited is a count no text reaches.
const unlimited = math.MaxInt
