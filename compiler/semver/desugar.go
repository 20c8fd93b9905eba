package semver

import "strings"

// piece is one word of a range: a sign or operator and a partial version.
type piece struct {
	sign string // "^", "~" or an operator
	partial
}

// parsePiece reads a word without white space; false if it is in no form that stands for bounds.
func parsePiece(word string) (p piece, ok bool) {
	rest := word
	switch {
	case strings.HasPrefix(word, "^"):
		p.sign, rest = "^", word[1:]
	case strings.HasPrefix(word, "~"):
		p.sign, rest = "~", strings.TrimPrefix(word[1:], ">")
	default:
		p.sign = leadingOperator(word)
		rest = word[len(p.sign):]
	}
	ok = p.parse(rest)
	return p, ok
}

// reading is what one piece of a range comes to: n bounds, none for any version.
type reading struct {
	bounds [2]comparator
	n      int
}

// read gives the bounds that the piece stands for; false for a full version with a prefix that no bound may have and for
// numbers that outgrow a version.
func (p *piece) read(r *reading) bool {
	known := p.known()
	r.n = 0
	ok := true
	switch {
	case known == 0:
		if p.sign == ">" || p.sign == "<" {
			r.only(nothing)
		}
	case p.sign == "^":
		r.between(p.floor(), p.caretLevel())
	case p.sign == "~", known < 3 && (p.sign == "" || p.sign == "="):
		r.between(p.floor(), min(1, known-1))
	case known < 3:
		r.only(p.comparedPartial())
	default:
		r.n = 1
		ok = p.comparator(&r.bounds[0], p.sign)
	}
	for i := range r.n {
		n := &r.bounds[i].numbers
		ok = ok && n[0].isWritable() && n[1].isWritable() && n[2].isWritable()
	}
	return ok
}

func (r *reading) only(c comparator) { r.bounds[0], r.n = c, 1 }

// between is not below from, and below where its number at the level is one more, and below that version's prereleases.
func (r *reading) between(from release, level int) {
	r.bounds[0] = comparator{operator: ">=", release: from}
	from.grow(level)
	from.pre = "0"
	r.bounds[1] = comparator{operator: "<", release: from}
	r.n = 2
}

// caretLevel is where the first number is that is not zero, or the last one that is given.
func (p *partial) caretLevel() int {
	level := 0
	for level < p.known()-1 && p.parts[level] == "0" {
		level++
	}
	return level
}

// nothing is the bound that no version meets.
var nothing = comparator{operator: "<", release: release{numbers: [3]number{zero, zero, zero}, pre: "0"}}

// comparedPartial moves a bound on a partial version to the end of the versions it stands for, or to their beginning.
func (p *piece) comparedPartial() comparator {
	c := comparator{operator: p.sign, release: p.floor()}
	switch p.sign {
	case ">":
		c.operator = ">="
		c.grow(p.known() - 1)
	case "<=":
		c.operator = "<"
		c.grow(p.known() - 1)
		c.pre = "0"
	case "<":
		c.pre = "0"
	}
	return c
}
