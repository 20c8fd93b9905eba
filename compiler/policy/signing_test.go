package policy

import (
	"strings"
	"testing"

	"muster/compiler/note"
	"muster/compiler/registry"
)

// TestKeys asks for the keys of policies, of which Check has judged all but one.
func TestKeys(t *testing.T) {
	t.Parallel()
	_, key, err := note.GenerateKey("acme-shop-2026")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := Keys(&registry.Policy{})
	if keys != nil || err != nil {
		t.Errorf("without signing: %v, %v", keys, err)
	}
	one := []registry.Text{{Value: key.String()}}
	keys, err = Keys(&registry.Policy{Signing: &registry.Signing{Keys: one, Threshold: 1}})
	if err != nil || !strings.HasPrefix(keys.String(), "acme-shop-2026+") {
		t.Errorf("got %v, %v", keys, err)
	}
	for _, s := range []registry.Signing{{Keys: one, Threshold: 2}, {Keys: []registry.Text{{Value: "acme"}}, Threshold: 1}} {
		if keys, err := Keys(&registry.Policy{Signing: &s}); err == nil {
			t.Errorf("%v: got %v", s, keys)
		}
	}
}
