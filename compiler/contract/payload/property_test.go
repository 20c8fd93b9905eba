package payload_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/cuecontext"

	"muster/compiler/contract/payload"
	"muster/compiler/tries"
)

// TestPairs makes up pairs of types, most of them alike, and holds every answer against CUE: what is compatible is tried with
// payloads of the producer's, many of them at the edge of what the consumer accepts, and what is incompatible by its witness.
// MUSTER_PAIRS sets how many, MUSTER_SEED where to begin; MUSTER_UNKNOWN shows those that can't be told.
func TestPairs(t *testing.T) {
	t.Parallel()
	pairs, seed := tries.Of(t, "MUSTER_PAIRS", 3000), seed(t)
	var all tally
	for i := range pairs {
		m := maker{rand.New(rand.NewPCG(seed, uint64(i)))}
		producer := m.parsed(t, &all, func() *node { return m.any(3) })
		consumer := producer
		for range m.IntN(4) {
			from := consumer.node
			consumer = m.parsed(t, &all, func() *node { return m.mutated(from) })
		}
		if m.chance(10) {
			consumer = m.parsed(t, &all, func() *node { return m.any(3) })
		}
		p := pair{producer, consumer, consumer.op != "and" && m.chance(15)}
		p.check(t, m, &all, fmt.Sprintf("pair %d of seed %d", i, seed))
	}
	judged := all.compatible + all.incompatible + all.unknown + all.foreign
	t.Logf("%+v; unknown: %.3f %%", all, 100*float64(all.unknown)/float64(judged))
	if all.unknown*200 > judged {
		t.Errorf("more than 0.5 %% of the answers are unknown")
	}
	if all.foreign*50 > judged {
		t.Errorf("there are %d pairs that only CUE can tell apart", all.foreign)
	}
	if min(all.compatible, all.incompatible)*5 < judged || all.payloads < 5*all.compatible {
		t.Errorf("the pairs are too much alike, or the payloads too few, to tell much")
	}
}

type tally struct{ compatible, incompatible, unknown, foreign, faulty, payloads int } // foreign: unknown as a part is CUE's alone

// parsed is a type that was made up, as it was written and read.
type parsed struct {
	*node
	source string
	typ    payload.Type
}

// parsed makes up types until one has no fault, and looks at some of the faults.
func (m maker) parsed(t *testing.T, all *tally, make func() *node) parsed {
	t.Helper()
	for {
		n := make()
		source := n.write(m)
		typ, err := payload.Parse(source)
		if err == nil {
			return parsed{n, source, typ}
		}
		if all.faulty++; all.faulty%8 == 0 {
			checkFault(t, m, n, source, err)
		}
	}
}

type pair struct {
	producer, consumer parsed
	closed             bool
}

func (p pair) check(t *testing.T, m maker, all *tally, name string) {
	t.Helper()
	consumer := p.consumer.typ
	if p.closed {
		consumer = consumer.Closed()
	}
	v := payload.Compare(p.producer.typ, consumer)
	name = fmt.Sprintf("%s, closed %v:\n  %s\n  %s\n  %+v\n", name, p.closed, p.producer.source, p.consumer.source, v)
	if p.producer.source == p.consumer.source && v.Answer != payload.Compatible {
		t.Errorf("%s  a type is not compatible with itself", name)
	}
	switch v.Answer {
	case payload.Unknown:
		if all.foreign++; !isForeign(p.producer.source) && !isForeign(p.consumer.source) {
			all.foreign--
			all.unknown++
		}
		if os.Getenv("MUSTER_UNKNOWN") != "" {
			t.Log(name)
		}
	case payload.Incompatible:
		all.incompatible++
		p.checkWitness(t, name, v)
	case payload.Compatible:
		all.compatible++
		o := newOracle(t, p.producer.source, p.consumer.source, p.closed)
		for range 8 {
			src := sample(m, p.producer.node, p.consumer.node)
			if x := o.payload(t, src); o.sends(x) {
				if all.payloads++; !o.accepts(x) {
					t.Errorf("%s  is not compatible: %s", name, src)
				}
			}
		}
	}
}

func (p pair) checkWitness(t *testing.T, name string, v payload.Verdict) {
	t.Helper()
	o := newOracle(t, p.producer.source, p.consumer.source, p.closed)
	x := o.payload(t, v.Witness)
	if !o.sends(x) {
		t.Errorf("%s  the producer never sends the witness", name)
	}
	if o.accepts(x) {
		t.Errorf("%s  the consumer accepts the witness", name)
	}
	if !strings.Contains(v.Reason, v.Path) || v.Reason == "" {
		t.Errorf("%s  the reason does not name the path", name)
	}
}

// checkFault holds it against CUE that nothing fits what a fault points at.
func checkFault(t *testing.T, m maker, n *node, source string, err error) {
	t.Helper()
	var fault *payload.Fault
	if !errors.As(err, &fault) {
		t.Fatalf("%s: %v is no fault", source, err)
	}
	if !strings.HasPrefix(fault.Message, "no value fits ") {
		t.Errorf("%s: %v", source, fault)
		return
	}
	part := string([]rune(source)[fault.Column-1 : fault.Column-1+fault.Length])
	o := &oracle{ctx: cuecontext.New(cuecontext.CUE_DEBUG("opendef=0"))}
	v := o.compile(t, "T", apply(t, parse(t, part), required, numbers, unmarked, matched))
	o.accepted = [][2]cue.Value{{v, v}}
	for range 20 {
		src := sample(m, pick(m, n.all()), n)
		if o.accepts(o.payload(t, src)) {
			t.Errorf("%s: %v; but %s fits", source, err, src)
		}
	}
}

// seed is where to begin.
func seed(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(cmp.Or(os.Getenv("MUSTER_SEED"), "1"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sample makes up a payload that p may send, with a liking for the edges of c.
func sample(m maker, p, c *node) string {
	s := sampler{maker: m}
	for _, n := range append(p.all(), c.all()...) {
		if n.op == "leaf" {
			s.edges(n.leaf.source)
		}
		for _, k := range n.keys {
			if !k.pattern {
				s.names = append(s.names, k.name)
			}
		}
	}
	s.names = append(s.names, "abc", "x-y", "")
	b, err := json.Marshal(s.value(p))
	if err != nil {
		panic(err)
	}
	return string(b)
}

type sampler struct {
	maker
	scalars []any
	names   []string
}

// edges adds the values at a bound and on both sides of it.
func (s *sampler) edges(source string) {
	s.scalars = append(s.scalars, numericEdges[source]...)
	if strings.HasSuffix(source, `"`) {
		for _, w := range spellings {
			if s.scalars = append(s.scalars, w); s.chance(30) {
				s.scalars = append(s.scalars, w+"a", w+"\x00")
			}
		}
	}
}

// numericEdges is the numbers to try for each bound and literal.
var numericEdges = map[string][]any{}

func init() {
	for _, lit := range literals {
		var all []any
		for _, d := range []string{"-1", "-0.5", "0", "0.5", "1"} {
			r := new(big.Rat).Add(rational(lit), rational(d))
			places, _ := r.FloatPrec()
			all = append(all, json.Number(r.FloatString(places)))
		}
		for _, op := range append(operators, "") {
			numericEdges[numeric(op, lit).source] = all
		}
	}
}

var common = []any{
	nil, true, false, "", "a", "abc", "EUR", "2026-01", json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("0.5"), json.Number("1000"),
	json.Number("128"), json.Number("-129"), json.Number("1e30"), map[string]any{}, []any{}, []any{nil}, map[string]any{"a": nil},
}

func (s *sampler) value(n *node) any {
	switch n.op {
	case "leaf":
		return s.leaf(n.leaf.fits)
	case "or":
		return s.value(pick(s.maker, n.parts))
	case "and":
		return s.both(n)
	case "list":
		return s.list(n, s.IntN(4))
	}
	return s.object(n)
}

func (s *sampler) leaf(fits func(any) bool) any {
	for range 60 {
		v := pick(s.maker, common)
		if len(s.scalars) > 0 && s.chance(70) {
			v = pick(s.maker, s.scalars)
		}
		if v == json.Number("1e30") {
			v = json.Number("1000000000000000000000000000000")
		}
		if fits(v) {
			return v
		}
	}
	return nil
}

// both is a value of the first part that the others might take, too: fields are put together.
func (s *sampler) both(n *node) any {
	if !slices.ContainsFunc(n.parts, func(p *node) bool { return p.op != "leaf" && p.op != "and" && p.op != "or" }) {
		return s.leaf(func(v any) bool { return fits(n, v) })
	}
	merged := map[string]any{}
	var other any
	for _, p := range n.parts {
		switch v := s.value(p).(type) {
		case map[string]any:
			for k, e := range v {
				merged[k] = e
			}
		default:
			if p.op != "leaf" || other == nil {
				other = v
			}
		}
	}
	if len(merged) > 0 {
		return merged
	}
	return other
}

// fits evaluates a type that is made of leaves.
func fits(n *node, v any) bool {
	switch n.op {
	case "leaf":
		return n.leaf.fits(v)
	case "or":
		return slices.ContainsFunc(n.parts, func(p *node) bool { return fits(p, v) })
	case "and":
		return !slices.ContainsFunc(n.parts, func(p *node) bool { return !fits(p, v) })
	}
	return false
}

func (s *sampler) list(n *node, more int) any {
	all := []any{}
	for _, p := range n.parts {
		all = append(all, s.value(p))
	}
	for ; n.rest != nil && more > 0; more-- {
		all = append(all, s.value(n.rest))
	}
	return all
}

func (s *sampler) object(n *node) any {
	all := map[string]any{}
	for _, k := range n.keys {
		if k.pattern {
			for range s.IntN(2) {
				if name := pick(s.maker, s.names); all[name] == nil {
					all[name] = s.value(k.value)
				}
			}
		}
	}
	if n.open && s.chance(60) {
		all[pick(s.maker, s.names)] = pick(s.maker, append(common, s.scalars...))
	}
	for _, k := range n.keys {
		if !k.pattern && (k.mark != "?" || s.chance(50)) {
			all[k.name] = s.value(k.value)
		}
	}
	return all
}
