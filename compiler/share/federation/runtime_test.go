package federation

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"muster/compiler/tries"
	"muster/compiler/vectors"
)

// runtimeFolder holds the scripts that run the real runtime.
var runtimeFolder = filepath.Join("..", "testdata", "runtime")

// runtime runs one of those scripts; the test is skipped where its packages are not installed.
func runRuntime(t *testing.T, args ...string) []byte {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat(filepath.Join(runtimeFolder, "node_modules")); err != nil {
		t.Skip("the real runtime is not installed: npm ci in compiler/share/testdata/runtime")
	}
	c := exec.Command("node", args...)
	c.Dir = runtimeFolder
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("node %v: %v\n%s", args, err, stderr.Bytes())
	}
	return out
}

// TestRealRuntimeStaysInReach lets the real runtime run pages in random orders, and holds what happens in it against what was
// told to be reachable: thousands of orders of hundreds of contests.
func TestRealRuntimeStaysInReach(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 11))
	ranges := NewRanges()
	var contests []Contest
	var reaches []Reach
	var orders [][]act
	var input bytes.Buffer
	for range 200 / tries.Fewer {
		c := randomContest(rnd, ranges)
		reach, _ := Judge(c, 600)
		for range 15 {
			config, order := c.shuffled(rnd)
			line := map[string]any{"id": len(orders), "k": "order", "in": jsonPage(config, order)}
			b, err := json.Marshal(line)
			if err != nil {
				t.Fatal(err)
			}
			input.Write(append(b, '\n'))
			contests, reaches, orders = append(contests, c), append(reaches, reach), append(orders, order)
		}
	}
	file := filepath.Join(t.TempDir(), "orders.jsonl")
	if err := os.WriteFile(file, input.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for s := bufio.NewScanner(bytes.NewReader(runRuntime(t, "mf.mjs", "run", file))); s.Scan(); seen++ {
		var v struct {
			ID  int      `json:"id"`
			Out verdicts `json:"out"`
		}
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		contests[v.ID].inReach(t, orders[v.ID], v.Out.Steps, reaches[v.ID])
	}
	if t.Logf("%d orders run", seen); seen != len(orders) {
		t.Errorf("%d of %d orders came back", seen, len(orders))
	}
}

// inReach holds the steps of a page that the real runtime ran against what was told.
func (c Contest) inReach(t *testing.T, order []act, steps []vectors.Step, reach Reach) {
	t.Helper()
	used := map[Copy]bool{}
	for i, o := range order {
		if o.declared.Package == other {
			continue
		}
		got := Outcome{Copy: Copy{steps[i].Version, steps[i].From}, Own: steps[i].Own == 1, Warnings: steps[i].Warnings, Err: steps[i].Err}
		if strings.HasPrefix(got.Err, "Version ") {
			got.Refused = Copy{Version: "one that does not satisfy"}
		}
		told := reach.Outcomes[Consumer{o.group, o.index}]
		if !slices.ContainsFunc(told, func(r Reached) bool { return r.Same(got) }) {
			t.Fatalf("%+v got %+v in the order %v, and only %+v was told of %+v", o, got, order, told, c)
		}
		if o.declared.Singleton && got.Err == "" {
			used[got.Copy] = true
		}
	}
	if len(used) > 1 && len(reach.Apart) < 2 {
		t.Fatalf("singletons got %v in the order %v, and that was not told of %+v", used, order, c)
	}
}

// jsonPage is a page and an order of imports as the runtime's script reads them.
func jsonPage(c Config, order []act) map[string]any {
	var remotes []any
	for _, r := range c.Remotes {
		remotes = append(remotes, jsonOf(r))
	}
	var steps []any
	for _, o := range order {
		index := o.index
		if o.declared.Package == other {
			index = 0
		}
		steps = append(steps, []any{o.app, o.declared.Package, index})
	}
	return map[string]any{"strategy": VersionFirst, "host": jsonOf(c.Host), "remotes": remotes, "arrival": c.Arrival, "steps": steps}
}

func jsonOf(a App) map[string]any {
	shared := map[string]any{}
	for _, d := range a.Shared {
		j := map[string]any{"singleton": d.Singleton, "eager": d.Eager}
		if d.NoImport {
			j["import"] = false
		} else {
			j["version"] = d.Version
		}
		switch d.Required.Kind {
		case Anything:
			j["requiredVersion"] = false
		case Range:
			j["requiredVersion"] = d.Required.Range
		}
		if d.Strict != StrictUnset {
			j["strictVersion"] = d.Strict == Strict
		}
		if d.Scopes != nil {
			j["scope"] = d.Scopes
		}
		shared[d.Package] = j
	}
	return map[string]any{"name": a.Name, "shareStrategy": a.Strategy, "shared": shared}
}

// TestRealRuntimeVectors runs the committed cases through the real runtime again, so that they are what it says.
func TestRealRuntimeVectors(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"negotiation", "negotiation-more"} {
		out := runRuntime(t, "mf.mjs", "check", filepath.Join("..", "vectors", name+".jsonl.gz"))
		if !bytes.Contains(out, []byte(" 0 differ")) {
			t.Errorf("the real runtime says otherwise:\n%s", out)
		}
		fmt.Printf("%s", out)
	}
}
