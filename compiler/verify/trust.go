package verify

import (
	"muster/compiler/manifest"
	"muster/compiler/policy"
	"muster/compiler/registry"
)

// TrustOf is what a registry's policy says of what is published of it. The error is that of a key that can't be read, which
// a check of the registry finds.
func TrustOf(p *registry.Policy) (Trust, error) {
	keys, err := policy.Keys(p)
	if err != nil {
		return Trust{}, err
	}
	return Trust{Registry: p.Name.Value, BaseURL: p.BaseURL.Value, Keys: keys, Headers: manifest.HeaderTable(policy.PromiseOf(p))}, nil
}
