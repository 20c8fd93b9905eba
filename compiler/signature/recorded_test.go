package signature

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"
)

// fixture is a case that was made with the real tools, kept so that machines without them test the same.
type fixture struct {
	keys   string // "allowed" or "ring", the name of the section with the keys
	text   string
	object string
	result Result
}

// record writes a fixture: MUSTER_UPDATE=1 go test ./compiler/signature. The keys are made for the test and thrown away.
func record(t *testing.T, name string, f fixture) {
	t.Helper()
	if name == "" || os.Getenv("MUSTER_UPDATE") == "" || t.Failed() {
		return
	}
	archive := txtar.Format(&txtar.Archive{Files: []txtar.File{
		{Name: f.keys, Data: []byte(f.text)}, {Name: "commit", Data: []byte(f.object)}, {Name: "verdict", Data: []byte(describe(f.result))},
	}})
	if err := os.WriteFile(filepath.Join("testdata", name+".txtar"), archive, 0o644); err != nil {
		t.Error(err)
	}
}

func describe(r Result) string {
	return fmt.Sprintf("%s\nscheme: %s\nsigner: %s\nkey: %s\nreason: %s\n", r.State, r.Scheme, r.Signer, r.Key, r.Reason)
}

func TestRecorded(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d fixtures, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			sections := map[string]string{}
			for _, f := range archive.Files {
				sections[f.Name] = string(f.Data)
			}
			var keys Keys
			var faults []Fault
			if ring, ok := sections["ring"]; ok {
				keys.PGP, faults = ParseKeyRing([]byte(ring))
			} else {
				keys.SSH, faults = ParseAllowedSigners([]byte(sections["allowed"]))
			}
			payload, armoured, at := split(sections["commit"])
			var together sync.WaitGroup // the race detector watches that keys are only read
			for range 2 {
				together.Go(func() {
					if got := describe(keys.Verify([]byte(payload), []byte(armoured), at)); got != sections["verdict"] {
						t.Errorf("the verdict is\n%s\nwant\n%s\nfaults of the keys: %v", got, sections["verdict"], faults)
					}
				})
			}
			together.Wait()
			if strings.Contains(sections["verdict"], "good\n") {
				if r := keys.Verify([]byte(strings.Replace(payload, "promote", "demote", 1)), []byte(armoured), at); r.State != Bad {
					t.Errorf("changed, the commit is %s", r.State)
				}
			}
		})
	}
}
