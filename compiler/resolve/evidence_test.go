package resolve

import (
	"strings"
	"testing"
)

func TestSameCommit(t *testing.T) {
	whole := strings.Repeat("9f1c04d1", 5)
	for name, c := range map[string]struct {
		a, b string
		want bool
	}{
		"whole":                 {whole, whole, true},
		"a beginning":           {whole, whole[:7], true},
		"the other's beginning": {whole[:12], whole, true},
		"another":               {whole, "9f1c04d2", false},
		"too short to tell":     {whole, whole[:6], false},
		"longer than an id":     {whole, whole + "ab", false},
		"of SHA-256":            {strings.Repeat("9f1c04d1", 8), whole[:7], true},
		"nothing":               {whole, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := SameCommit(c.a, c.b); got != c.want {
				t.Errorf("%v", got)
			}
		})
	}
}
