package provenance_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	slsa "github.com/in-toto/attestation/go/predicates/provenance/v1"
	intoto "github.com/in-toto/attestation/go/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"muster/compiler/canonical"
	"muster/compiler/provenance"
	"muster/compiler/store"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

func objects() []store.Object {
	return []store.Object{
		{Path: "pointer.json", Body: []byte(`{"schema":"muster/pointer/v1"}`)},
		{Path: "manifests/general/é.json", Body: []byte("{}")},
		{Path: "_headers", Body: nil},
	}
}

// everything is an input that says all that can be said.
func everything() provenance.Input {
	return provenance.Input{Objects: objects(), Registry: "acme-shop", Commit: commit, Folder: "apps/shop", Keep: 20,
		Repository: "https://riley:hunter2@git.acme.example:8443/platform/registry.git?token=hunter2#hunter2",
		Builder:    "https://git.acme.example/platform/registry/.ci/publish@refs/heads/main", Muster: "v1.2.3", Go: "go1.26.8"}
}

// little is one that says no more than it must.
func little() provenance.Input {
	return provenance.Input{Objects: objects()[:1], Registry: "acme-shop", Commit: commit, Muster: "(devel)", Go: "go1.26.8"}
}

func state(t *testing.T, in provenance.Input) []byte {
	t.Helper()
	b, err := provenance.Statement(in)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestGolden shows whole statements, in lines: MUSTER_UPDATE=1 writes them anew.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]provenance.Input{"everything": everything(), "little": little()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got bytes.Buffer
			if err := json.Indent(&got, state(t, in), "", "  "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			file := filepath.Join("testdata", name+".json")
			if os.Getenv("MUSTER_UPDATE") != "" {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestOfficialModule has in-toto's own module read the statements. It knows no field besides those of the specifications, and
// judges what they ask of each.
func TestOfficialModule(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]provenance.Input{"everything": everything(), "little": little()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s intoto.Statement
			if err := protojson.Unmarshal(state(t, in), &s); err != nil {
				t.Fatal(err)
			}
			if err := s.Validate(); err != nil {
				t.Error(err)
			}
			if s.Type != intoto.StatementTypeUri || s.PredicateType != "https://slsa.dev/provenance/v1" {
				t.Errorf("a statement of the type %q, with a predicate of the type %q", s.Type, s.PredicateType)
			}
			b, err := protojson.Marshal(s.Predicate)
			if err != nil {
				t.Fatal(err)
			}
			var p slsa.Provenance
			if err := protojson.Unmarshal(b, &p); err != nil {
				t.Fatal(err)
			}
			if err := p.Validate(); err != nil {
				t.Error(err)
			}
			if got := p.BuildDefinition.ResolvedDependencies[0].Digest["gitCommit"]; got != commit {
				t.Errorf("the commit is %q", got)
			}
		})
	}
}

// TestSubjects: they are the files, each with its hash and once, in the order of their names.
func TestSubjects(t *testing.T) {
	t.Parallel()
	var s intoto.Statement
	in := everything()
	if err := protojson.Unmarshal(state(t, in), &s); err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, o := range in.Objects {
		sum := sha256.Sum256(o.Body)
		want = append(want, o.Path+" "+hex.EncodeToString(sum[:]))
	}
	slices.Sort(want)
	for _, r := range s.Subject {
		if len(r.Digest) != 1 {
			t.Errorf("%s has %d digests", r.Name, len(r.Digest))
		}
		got = append(got, r.Name+" "+r.Digest["sha256"])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-files +subjects:\n%s", diff)
	}
}

// TestSameBytes: whatever the order of the files, and read and written again by anybody's canonical JSON.
func TestSameBytes(t *testing.T) {
	t.Parallel()
	in := everything()
	want := state(t, in)
	slices.Reverse(in.Objects)
	if got := state(t, in); !bytes.Equal(got, want) {
		t.Errorf("in another order:\n%s\nand:\n%s", got, want)
	}
	var v map[string]any
	if err := json.Unmarshal(want, &v); err != nil {
		t.Fatal(err)
	}
	parameters := v["predicate"].(map[string]any)["buildDefinition"].(map[string]any)["externalParameters"].(map[string]any)
	parameters["keep"] = int64(parameters["keep"].(float64)) // canonical.JSON takes no other numbers
	again, err := canonical.JSON(v)
	if err != nil || !bytes.Equal(again, want) {
		t.Errorf("written again, %v:\n%s\nand:\n%s", err, again, want)
	}
}

// TestRepository: a URL as anybody may read it.
func TestRepository(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"https://git.acme.example/registry":                         "git+https://git.acme.example/registry",
		"https://ci-token:hunter2@git.acme.example/registry.git":    "git+https://git.acme.example/registry.git",
		"https://hunter2@git.acme.example/registry.git":             "git+https://git.acme.example/registry.git",
		"https://git.acme.example/registry?private_token=hunter2":   "git+https://git.acme.example/registry",
		"https://git.acme.example/registry#hunter2":                 "git+https://git.acme.example/registry",
		"https://hunter2:@[2001:db8::1]:8443/a%2Fb/c%20d":           "git+https://[2001:db8::1]:8443/a%2Fb/c%20d",
		"http://git.acme.example/registry/":                         "git+http://git.acme.example/registry/",
		"ssh://git:hunter2@git.acme.example:2222/platform/registry": "git+ssh://git.acme.example:2222/platform/registry",
		"git@git.acme.example:platform/registry.git":                "git+ssh://git.acme.example/platform/registry.git",
		"git.acme.example:/srv/registry.git":                        "git+ssh://git.acme.example/srv/registry.git",
		"git://git.acme.example/registry":                           "git+git://git.acme.example/registry",
		"":                                                          "",
	} {
		in := little()
		in.Repository = from
		var s intoto.Statement
		if err := protojson.Unmarshal(state(t, in), &s); err != nil {
			t.Fatal(err)
		}
		source := s.Predicate.Fields["buildDefinition"].GetStructValue().Fields["resolvedDependencies"].GetListValue().Values[0].GetStructValue()
		if got := source.Fields["uri"].GetStringValue(); got != want {
			t.Errorf("%q became %q, want %q", from, got, want)
		}
		if _, there := source.Fields["uri"]; there != (want != "") {
			t.Errorf("%q: is there a uri? %v", from, there)
		}
	}
}

// TestRefused: each error says what is wrong, and shows no secret.
func TestRefused(t *testing.T) {
	t.Parallel()
	const repository = "stating the provenance: the repository is to be a URL of https, http, ssh or git, or host:path"
	const builder = "stating the provenance: the builder is to be a URI without a user name or a password, such as https://ci.acme.example/publish"
	for i, c := range []struct {
		change func(*provenance.Input)
		want   string
	}{
		{func(in *provenance.Input) { in.Objects = nil }, "stating the provenance: an output without files has no provenance"},
		{func(in *provenance.Input) { in.Objects[1].Path = in.Objects[0].Path }, `stating the provenance: "pointer.json": two files have this path`},
		{func(in *provenance.Input) { in.Objects[1].Path = "../etc" }, `stating the provenance: "../etc": ` + store.ErrPath.Error()},
		{func(in *provenance.Input) { in.Commit = "" }, `stating the provenance: "" is not the id of a commit, 40 lower-case hexadecimal digits`},
		{func(in *provenance.Input) { in.Commit = strings.ToUpper(commit) }, `stating the provenance: "` + strings.ToUpper(commit) + `" is not the id of a commit, 40 lower-case hexadecimal digits`},
		{func(in *provenance.Input) { in.Commit = commit + "\n" }, `stating the provenance: "` + commit + `\n" is not the id of a commit, 40 lower-case hexadecimal digits`},
		{func(in *provenance.Input) { in.Folder = "\xff" }, `stating the provenance: $.predicate.buildDefinition.externalParameters.folder: "\xff" is not valid UTF-8`},
		{func(in *provenance.Input) { in.Repository = "file:///home/hunter2/registry" }, repository},
		{func(in *provenance.Input) { in.Repository = "/home/hunter2/registry" }, repository},
		{func(in *provenance.Input) { in.Repository = "https://" }, repository},
		{func(in *provenance.Input) { in.Repository = "https:hunter2@git.acme.example/registry" }, repository},
		{func(in *provenance.Input) { in.Repository = "https://riley:hunter2@git.acme.example:https/registry" }, repository},
		{func(in *provenance.Input) { in.Repository = "git@git.acme.example:hunter2\x00" }, repository},
		{func(in *provenance.Input) { in.Builder = "hunter2" }, builder},
		{func(in *provenance.Input) { in.Builder = "https://hunter2@ci.acme.example/" }, builder},
		{func(in *provenance.Input) { in.Builder = "https://riley:hunter2@ci.acme.example:https/" }, builder},
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			in := everything()
			in.Objects = objects()
			c.change(&in)
			b, err := provenance.Statement(in)
			if b != nil || err == nil || err.Error() != c.want {
				t.Errorf("got %s, %v\nwant %s", b, err, c.want)
			}
		})
	}
}

// FuzzRepository: what stands before an @ that ends the user's part of a URL, and behind a ? or a #, is in no statement and no error.
func FuzzRepository(f *testing.F) {
	for _, s := range []string{"hunter2", "a:b", "ci-job-token:hunter2", "%40", "a@b", "[::1]", "\x7f"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, user, query string) {
		const marker = "Qp7zSecret" // in every part that is to be left out
		if strings.ContainsAny(user, "/?#") {
			return // those end the user's part: git would ask another host
		}
		in := little()
		in.Repository = "https://" + marker + user + marker + "@git.acme.example/registry?" + marker + query
		b, err := provenance.Statement(in)
		if strings.Contains(string(b)+fmt.Sprint(err), marker) {
			t.Errorf("%q: %s, %v", in.Repository, b, err)
		}
		if err == nil && !strings.Contains(string(b), `"uri":"git+https://git.acme.example/registry"`) {
			t.Errorf("%q: %s", in.Repository, b)
		}
	})
}
