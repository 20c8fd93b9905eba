package compiler_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// imports is the house: for each package the packages of this module that it may import, and the outside modules. Imports
// run one way, from the end of the line to its beginning.
var imports = map[string]struct{ own, outside []string }{
	"cmd/muster": {own: []string{"compiler", "compiler/audit", "compiler/budget", "compiler/build", "compiler/cdn", "compiler/diag", "compiler/edit", "compiler/evidence", "compiler/history",
		"compiler/manifest", "compiler/note", "compiler/policy", "compiler/provenance", "compiler/publish", "compiler/registry", "compiler/resolve", "compiler/semver", "compiler/share",
		"compiler/signature", "compiler/site", "compiler/store", "compiler/store/azure", "compiler/store/folder", "compiler/store/s3", "compiler/verify"},
		outside: []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "github.com/schollz/progressbar/v3"}},
	"cmd/muster-generate": {own: []string{"compiler/generate"}},
	"schema":              {},
	"compiler": {own: []string{"compiler/ahead", "compiler/audit", "compiler/contract", "compiler/diag", "compiler/history", "compiler/manifest", "compiler/policy", "compiler/publish", "compiler/recent",
		"compiler/registry", "compiler/resolve", "compiler/share", "compiler/signature", "compiler/store", "compiler/store/folder"}},
	"compiler/diag":     {outside: []string{"github.com/agext/levenshtein"}},
	"compiler/semver":   {own: []string{"compiler/codeunit"}, outside: []string{"github.com/Masterminds/semver/v3"}},
	"compiler/registry": {own: []string{"compiler/diag", "compiler/recent", "schema"}, outside: []string{"gopkg.in/yaml.v3", "cuelang.org/go"}},
	"compiler/policy":   {own: []string{"compiler/diag", "compiler/note", "compiler/registry", "compiler/semver"}},
	"compiler/resolve":  {own: []string{"compiler/diag", "compiler/policy", "compiler/registry", "compiler/semver"}},
	"compiler/share": {own: []string{"compiler/diag", "compiler/policy", "compiler/recent", "compiler/registry", "compiler/resolve", "compiler/semver", "compiler/share/federation",
		"compiler/share/native", "compiler/share/webpack"}},
	"compiler/share/federation": {own: []string{"compiler/codeunit", "compiler/semver"}},                              // the Module Federation 2.x runtime
	"compiler/share/webpack":    {own: []string{"compiler/codeunit", "compiler/semver", "compiler/share/federation"}}, // webpack's own containers
	"compiler/share/native":     {own: []string{"compiler/semver"}},                                                   // the runtimes of Native Federation
	"compiler/contract":         {own: []string{"compiler/contract/payload", "compiler/diag", "compiler/recent", "compiler/registry", "compiler/resolve", "compiler/semver"}},
	"compiler/contract/payload": {outside: []string{"cuelang.org/go"}},
	"compiler/audit":            {own: []string{"compiler/diag", "compiler/policy", "compiler/registry", "compiler/resolve", "compiler/semver"}},
	"compiler/canonical":        {own: []string{"compiler/codeunit"}}, // JSON that has one spelling
	"compiler/manifest":         {own: []string{"compiler/canonical", "compiler/policy", "compiler/recent", "compiler/registry", "compiler/resolve", "compiler/share", "compiler/share/federation"}},
	"compiler/history":          {own: []string{"compiler/ahead", "compiler/recent"}, outside: []string{"github.com/go-git/go-git/v5", "github.com/go-git/go-billy/v5", "golang.org/x/text"}},
	"compiler/note":             {own: []string{"compiler/canonical"}, outside: []string{"golang.org/x/mod"}}, // who signed a pointer
	"compiler/store":            {},                                                                           // what publishing asks of a place that holds objects
	"compiler/store/folder":     {own: []string{"compiler/store"}, outside: []string{"github.com/gofrs/flock"}},
	"compiler/store/s3":         {own: []string{"compiler/store"}, outside: []string{"github.com/minio/minio-go/v7"}},
	"compiler/store/azure":      {own: []string{"compiler/store"}, outside: []string{"github.com/Azure/azure-sdk-for-go/sdk"}},
	"compiler/store/storetest":  {own: []string{"compiler/store"}}, // the test that all stores pass, for tests
	"compiler/publish":          {own: []string{"compiler/canonical", "compiler/manifest", "compiler/store"}, outside: []string{"golang.org/x/sync"}},
	"compiler/provenance":       {own: []string{"compiler/canonical", "compiler/manifest", "compiler/store"}}, // where an output comes from, for others to sign
	"compiler/cdn":              {own: []string{"compiler/manifest", "compiler/policy"}},                      // what stands between a store and the browsers
	"compiler/cdn/cdntest":      {},                                                                           // real servers with such configurations, for tests
	"compiler/site":             {own: []string{"compiler/manifest", "compiler/note", "compiler/store"}},      // what is served
	"compiler/verify": {own: []string{"compiler", "compiler/canonical", "compiler/diag", "compiler/history", "compiler/manifest", "compiler/note", "compiler/policy",
		"compiler/registry", "compiler/site", "compiler/store"}, outside: []string{"golang.org/x/sync"}},
	"compiler/signature": {outside: []string{"golang.org/x/crypto", "github.com/ProtonMail/go-crypto"}}, // who signed a commit
	"compiler/build":     {},                                                                            // what a bundler wrote
	"compiler/evidence":  {},                                                                            // what a test report says
	"compiler/budget":    {outside: []string{"github.com/prometheus/client_golang", "github.com/prometheus/common"}},
	"compiler/edit":      {own: []string{"compiler/diag", "compiler/registry"}, outside: []string{"gopkg.in/yaml.v3"}}, // one change to a file, its other bytes left alone
	"compiler/ahead":     {},                                                                                           // iterations that run beside who takes their elements
	"compiler/recent":    {},                                                                                           // what was used lately
	"compiler/codeunit":  {},                                                                                           // the order of text in JavaScript and in canonical JSON
	"compiler/generate":  {},                                                                                           // registries for tests and measurements
	"compiler/tries":     {},                                                                                           // how many inputs a test makes up
	"compiler/vectors":   {},                                                                                           // what real engines answered, for tests
}

func TestImports(t *testing.T) {
	const module = "muster"
	for _, p := range listPackages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		allowed, ok := imports[name]
		if !ok {
			t.Errorf("package %s has no row in the import table", name)
			continue
		}
		for _, path := range p.Imports {
			own, isOwn := strings.CutPrefix(path, module+"/")
			switch {
			case isOwn && !slices.Contains(allowed.own, own):
				t.Errorf("%s imports %s, against the table", name, own)
			case !isOwn && strings.Contains(strings.Split(path, "/")[0], ".") && !slices.ContainsFunc(allowed.outside, func(m string) bool {
				return path == m || strings.HasPrefix(path, m+"/")
			}):
				t.Errorf("%s imports %s, against the table", name, path)
			}
		}
		for _, own := range allowed.own {
			if !slices.Contains(p.Imports, module+"/"+own) {
				t.Errorf("the table lets %s import %s, and it does not: drop the entry", name, own)
			}
		}
	}
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func listPackages(t *testing.T) (all []goPackage) {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "muster/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}
