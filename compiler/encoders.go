package compiler

import (
	"muster/compiler/manifest"
	"muster/compiler/recent"
	"muster/compiler/registry"
	"muster/compiler/resolve"
	"muster/compiler/share"
)

// encoders encode cohorts under one policy after another, and remember what remotes and packages come to. They are not for concurrent
// use. A replay uses none of its own: the manifests of what it yields may be asked for beside it.
type encoders struct {
	known *recent.Map[*registry.Policy, *encoder]
	last  *encoder // nil: none yet
}

// maxPolicies is how many policies each half of known holds: today's, and those of the commits at which cohorts are frozen.
const maxPolicies = 32

// encoder encodes cohorts under one policy.
type encoder struct {
	manifest *manifest.Encoder
	share    *share.Negotiator
}

func newEncoders() *encoders {
	return &encoders{known: recent.New[*registry.Policy, *encoder](maxPolicies, nil)}
}

// encodersOf are encoders that begin with a policy and a negotiator under it, which has met its cohorts.
func encodersOf(p *registry.Policy, n *share.Negotiator) *encoders {
	e := newEncoders()
	e.known.Put(p, &encoder{manifest.NewEncoder(p), n})
	return e
}

// encode encodes a resolved cohort under a policy.
func (e *encoders) encode(c *resolve.Cohort, rules *registry.Policy) (manifest.Manifest, error) {
	one := e.under(rules)
	one.share.Age()
	return one.manifest.Encode(c, one.share)
}

// under is the encoder for a policy, which goes on with what the last one knows.
func (e *encoders) under(p *registry.Policy) *encoder {
	one, known := e.known.Get(p)
	if !known {
		one = &encoder{manifest.NewEncoder(p), share.New(p)}
		if e.last != nil {
			one = &encoder{e.last.manifest.Next(p), e.last.share.Next(p)}
		}
		e.known.Put(p, one)
	}
	e.last = one
	return one
}
