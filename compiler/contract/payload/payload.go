// Package payload compares what one micro-frontend sends with what another accepts: the payload of an event, or props. Both
// are types, written in CUE. Compare answers that all that may be sent is accepted, which it has proved; or that it is not, and
// shows a payload, of which CUE itself confirmed that it may be sent and is refused; or that it can't tell.
//
//	sent      {productId: string, qty: int & >0}
//	accepted  {productId: string, quantity: int & >0}
//
// is incompatible: {"productId":"","qty":1} may be sent, and quantity is required. Were it quantity: int that is sent, the
// witness would be {"productId":"","quantity":0}, the path quantity, and the reason "quantity may be 0, but must be int & >0".
// CUE's own Subsume is not asked: it calls pairs compatible that are not, such as [...number] and [...int].
//
// # What a type means
//
// A payload is JSON. A number is one number whether it is written 1 or 1.0, so float is the same as number, an int takes 1.0,
// and numbers are exact, of any size; bytes can't be sent. A text is Unicode characters, and its length is counted in these.
//
// A field is required, be it written a: T or a!: T, unless it is written a?: T; a literal or a default, as in a: *1 | int, does
// not make it optional, as nobody fills it in before the consumer's code reads it. A default mark means nothing at all.
//
// A producer sends the fields it declares and no others; those of all conjuncts together are declared, and so are those that a
// pattern such as [=~"^x-"]: T matches. If one of the conjuncts says "...", any other field may come. A consumer takes no
// notice of fields it does not name, except within close({...}), which closes one level, or at the top level of a type that is
// Closed: a component that is passed props knows the props it declares. Of a field that it does name, or that a pattern of its
// matches, it accepts no other type, also when a producer sends it by way of "..." or a pattern. _ and !=null say nothing of
// fields: alone they allow all of them, beside a structure none.
//
// # What is compared
//
// Literals; the kinds null, bool, string, number, int, those with a size such as uint8, and _; bounds (<, <=, >, >=, !=, =~, !~)
// against literals; & and |; lists [T, U], [...T] and [T, ...U]; structures with fields, patterns for names and "..."; close()
// around a structure; strings.MinRunes, strings.MaxRunes, list.MinItems and list.MaxItems, for which there is no import; _|_.
// A part that is other CUE, such as time.Time or a comprehension, is CUE's to evaluate. Parse asks it whether there is an error in
// the part, of which kind its values are, and for some values that are likely: nothing outside that kind is sent, and two parts
// that are written alike are the same. Beyond that Compare can't tell, and says so of that part alone. What might take CUE long is
// not evaluated, nor is what refers to fields around it; the values of such a part may be anything. Of a type that is too large
// nothing is read. A name that is no type's is a fault: a contract has nothing else that it could refer to.
//
// Parse makes of a type the set of payloads that fit it, apart by kind, and without any choice above a structure or a list: a
// union of alternatives. Numbers are ranges. Texts are words and conjunctions of tests, and whether a text passes some and not
// others is searched in the product of their automata, a regular expression's among them, which either finds one or
// proves that there is none. An alternative of the producer's fits if one of the consumer's takes it, field by field and
// element by element; if several take it together, because they differ in one part only, or because a part on which they differ
// can be split; if nothing shows either, the answer is Unknown. All that is bounded, so that no type takes more than some
// milliseconds, and some tens of them if CUE has to confirm a witness against a type that is as large as it may be.
package payload

import "fmt"

// Type is what a payload may be. It is not changed once it is parsed, and may be shared, also between goroutines. Whatever the
// zero value is compared with, the answer is Unknown.
type Type struct {
	source string
	expr   *expr
	set    *set
	opaque string // why nothing of it is compared, "" if it is
	closed bool
}

// Closed is t, as a consumer's, with its top level closed: an object with a field that t does not name is refused. A structure
// that says "..." stays open, and so does everything below the top. A producer's type is the same closed or not.
func (t Type) Closed() Type {
	if t.set != nil && !t.closed {
		t.set, t.closed = t.set.closed(), true
	}
	return t
}

// Answer is what a comparison comes to.
type Answer int

// The answers.
const (
	Unknown      Answer = iota // it could not be told: somebody has to look
	Compatible                 // the consumer accepts all that the producer may send
	Incompatible               // the producer may send what the consumer refuses
)

func (a Answer) String() string { return [...]string{"unknown", "compatible", "incompatible"}[a] }

// Verdict is an answer and what shows it.
type Verdict struct {
	Answer  Answer
	Witness string // Incompatible: a payload, in JSON on one line, that the producer may send and the consumer refuses
	Path    string // where in the payload, such as items[0].qty or ["x-id"]; "" for all of it, and if Compatible
	Reason  string // a sentence that names the path, without a full stop; "" if Compatible
}

// compareWork bounds a comparison to some milliseconds.
const compareWork = 500_000

// Compare says whether all that the producer may send is accepted by the consumer. It always is if the two are written alike.
func Compare(producer, consumer Type) Verdict {
	v := judged(producer, consumer)
	if v.Answer == Unknown && producer.source != "" && producer.source == consumer.source {
		return Verdict{Answer: Compatible}
	}
	return v
}

func judged(producer, consumer Type) Verdict {
	for _, side := range []struct {
		name string
		t    Type
	}{{"sent", producer}, {"accepted", consumer}} {
		if side.t.opaque != "" {
			return Verdict{Reason: fmt.Sprintf("can't tell: the type that is %s %s", side.name, side.t.opaque)}
		}
		if side.t.set == nil {
			return Verdict{Reason: fmt.Sprintf("can't tell: there is no type that is %s", side.name)}
		}
	}
	w := &work{compareWork}
	g := w.beyond(producer.set, consumer.set)
	switch {
	case g.finding == found:
		return incompatible(producer, consumer, g.value)
	case w.exhausted():
		return Verdict{Reason: "can't tell: the two types are too complicated to compare"}
	case g.finding == undecided:
		path := trimmed(g.path)
		return Verdict{Path: path, Reason: subject(path) + ": " + g.why}
	}
	return Verdict{Answer: Compatible}
}

// incompatible is the verdict on a payload that was found, if CUE takes the same view of it.
func incompatible(producer, consumer Type, v value) Verdict {
	path, why := consumer.set.refusal(v, "")
	path = trimmed(path)
	if !confirmed(producer, consumer, v) {
		return Verdict{Path: path, Reason: fmt.Sprintf("can't tell: CUE does not confirm that %s", why)}
	}
	return Verdict{Incompatible, encode(v, quoteJSON), path, why}
}
