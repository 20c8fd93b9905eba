package canonical

import (
	"encoding/json"
	"fmt"
	"testing"
)

// sample is shaped like a manifest: many small structs of strings, below one map.
type sample struct {
	Cohort  string                  `json:"cohort"`
	Remotes map[string]sampleRemote `json:"remotes"`
}

type sampleRemote struct {
	Version   string            `json:"version"`
	Entry     string            `json:"entry"`
	Type      string            `json:"type"`
	Integrity string            `json:"integrity"`
	Container string            `json:"container"`
	Owner     string            `json:"owner"`
	Size      int64             `json:"size"`
	Disabled  string            `json:"disabled,omitempty"`
	Exposes   []string          `json:"exposes,omitempty"`
	Routes    []sampleRoute     `json:"routes,omitempty"`
	Load      *sampleLoad       `json:"load,omitempty"`
	Files     map[string]string `json:"files,omitempty"`
}

type sampleRoute struct {
	Path   string `json:"path"`
	Expose string `json:"expose"`
}

type sampleLoad struct {
	Timeout int  `json:"timeout"`
	Retries int  `json:"retries"`
	Eager   bool `json:"eager,omitzero"`
}

func newSample(remotes int) sample {
	s := sample{Cohort: "general", Remotes: map[string]sampleRemote{}}
	for i := range remotes {
		name := fmt.Sprintf("remote-%05d", i)
		hash := fmt.Sprintf("sha384-%064x", i)
		s.Remotes[name] = sampleRemote{
			Version: "2.4.0", Entry: "https://cdn.acme.example/" + name + "/2.4.0/remoteEntry.js", Type: "module",
			Integrity: hash, Container: name, Owner: "team-commerce", Size: int64(5000 + i),
			Exposes: []string{"./Routes", "./CartBadge"}, Routes: []sampleRoute{{"/" + name, "./Routes"}},
			Load: &sampleLoad{Timeout: 4000, Retries: 2}, Files: map[string]string{"./chunk-A1B2.js": hash},
		}
	}
	return s
}

// fragments is s with every remote encoded beforehand.
func (s sample) fragments() map[string]any {
	raw := map[string]Raw{}
	for name, r := range s.Remotes {
		raw[name], _ = JSON(r)
	}
	return map[string]any{"cohort": s.Cohort, "remotes": raw}
}

// BenchmarkJSON encodes 10,000 remotes, about 5 MB: as structs and from fragments, and the same structs by
// encoding/json followed by gowebpki/jcs.
func BenchmarkJSON(b *testing.B) {
	s := newSample(10000)
	fragments, few := s.fragments(), newSample(50)
	var buffer []byte
	again := func(v any) (_ []byte, err error) {
		buffer, err = Append(buffer[:0], v)
		return buffer, err
	}
	for _, bench := range []struct {
		name   string
		encode func() ([]byte, error)
	}{
		{"structs", func() ([]byte, error) { return JSON(s) }},
		{"structs-same-buffer", func() ([]byte, error) { return again(s) }},
		{"fragments", func() ([]byte, error) { return JSON(fragments) }},
		{"fragments-same-buffer", func() ([]byte, error) { return again(fragments) }},
		{"structs-50-same-buffer", func() ([]byte, error) { return again(few) }}, // 25 kB, so that memory sets no bound
		{"encoding-json-50", func() ([]byte, error) { return json.Marshal(few) }},
		{"encoding-json", func() ([]byte, error) { return json.Marshal(s) }},
		{"encoding-json-jcs", func() ([]byte, error) { return reference(s) }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				out, err := bench.encode()
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(len(out)))
			}
		})
	}
}
