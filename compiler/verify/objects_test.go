package verify

import (
	"testing"

	"muster/compiler/canonical"
	"muster/compiler/manifest"
)

// FuzzParse reads what a server may send as a manifest or as the beginning of a log.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"registry":"acme","schema":"muster/log-first/v1","serial":3}`))
	f.Add([]byte(`{"cohort":"general","remotes":{"a":{"entry":"https://x.example/a.js","files":{"./b.js":"sha384-x","http://[":""}}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if start, err := manifest.ParseFirst(text); err == nil {
			if again, err := canonical.JSON(start); err != nil || string(again) != string(text) || start.Serial < 1 {
				t.Errorf("%q is read as %+v", text, start)
			}
		}
		if d, err := parseManifest(text); err == nil {
			for _, w := range d.wanted() {
				if w.url == "" {
					t.Errorf("%q names a file without an address", text)
				}
			}
		}
	})
}
