package policy

import (
	"encoding/base64"
	"fmt"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

var integrityRule = Rule{
	Findings: []diag.Rule{{
		ID:       "integrity/missing",
		Summary:  "every entry that is code declares its integrity",
		Protects: "Without it, whoever can write to the CDN can run code in the page, and nobody can prove what was live.",
		Bad:      "entry: https://cdn.acme.example/checkout/2.4.0/remoteEntry.js",
		Good:     "entry: https://cdn.acme.example/checkout/2.4.0/remoteEntry.js\nintegrity: sha384-...",
	}, {
		ID:       "integrity/malformed",
		Summary:  "integrity is a subresource integrity value: an algorithm, a dash and the hash in base64",
		Protects: "Browsers ignore what they can't read in an integrity attribute, and then load anything.",
		Bad:      "integrity: sha384-deadbeef",
		Good:     "integrity: sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC",
	}, {
		ID:       "integrity/weak",
		Summary:  "integrity is sha384 or sha512",
		Protects: "Browsers take the strongest hash of an integrity value; the house rule is sha384 or better.",
		Bad:      "integrity: sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
		Good:     "integrity: sha384-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC",
	}, {
		ID:       "integrity/file",
		Summary:  "files are named by their path below the entry's folder",
		Protects: "The paths become keys of an import map: one that leads elsewhere would vouch for another origin's code.",
		Bad:      "files: {https://elsewhere.example/x.js: sha384-...}",
		Good:     "files: {./chunk-A1B2.js: sha384-...}",
	}},
	check: func(r *registry.Registry) (l diag.List) {
		for _, remote := range r.Remotes {
			for i := range remote.Releases {
				l.Add(checkIntegrity(remote, &remote.Releases[i])...)
			}
		}
		return l
	},
}

// hashSizes are the algorithms of https://www.w3.org/TR/SRI/ and the bytes of their hashes.
var hashSizes = map[string]int{"sha256": 32, "sha384": 48, "sha512": 64}

func checkIntegrity(r *registry.Remote, release *registry.Release) (l diag.List) {
	switch {
	case !release.Integrity.IsZero():
		l.Add(checkHashes(r, release.Integrity)...)
	case !release.Entry.IsZero() && r.Code():
		l.Add(fault(r, release.Entry, "integrity/missing", "this entry has no integrity",
			"add integrity: openssl dgst -sha384 -binary remoteEntry.js | openssl base64 -A, with sha384- before it"))
	}
	for _, f := range release.Files {
		if path, ok := strings.CutPrefix(f.Path.Value, "./"); !ok || path == "" || plainPath(path) != nil || strings.ContainsAny(path, "\\?#:") || strings.HasPrefix(path, "/") {
			l.Add(fault(r, f.Path, "integrity/file", diag.Quote(f.Path.Value)+" is not a path below the entry's folder", "write ./, then the path"))
		}
		l.Add(checkHashes(r, f.Integrity)...)
	}
	return l
}

func checkHashes(r *registry.Remote, t registry.Text) (l diag.List) {
	strong := false
	for _, hash := range strings.Fields(t.Value) {
		algorithm, encoded, _ := strings.Cut(hash, "-")
		size, known := hashSizes[algorithm]
		raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
		switch {
		case !known:
			l.Add(fault(r, t, "integrity/malformed", diag.Quote(hash)+" names no hash that browsers know",
				diag.DidYouMean(algorithm, []string{"sha384", "sha512"}, "write sha384-, then the hash in base64")))
		case err != nil:
			l.Add(fault(r, t, "integrity/malformed", diag.Quote(hash)+" is not base64 behind the dash", "write sha384-, then the hash in base64"))
		case len(raw) != size:
			l.Add(fault(r, t, "integrity/malformed", fmt.Sprintf("%s holds %d bytes; %s has %d", diag.Quote(hash), len(raw), algorithm, size),
				"the value was cut or mistyped: compute it again"))
		}
		strong = strong || size > hashSizes["sha256"]
	}
	switch {
	case len(l) > 0:
	case strings.TrimSpace(t.Value) == "":
		l.Add(fault(r, t, "integrity/malformed", "the integrity is empty", "write sha384-, then the hash in base64"))
	case !strong:
		l.Add(fault(r, t, "integrity/weak", "sha256 is weaker than the sha384 that is asked for", "compute it with sha384"))
	}
	return l
}
