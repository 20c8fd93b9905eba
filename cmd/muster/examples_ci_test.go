package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"muster/compiler/note"
)

// The recipes of examples/ci are held against the program itself: each of their command lines must be one that it takes. What
// they promise in their comments is asked as well. actionlint looks at the rest of the workflow, in CI.

type workflow struct {
	On          map[string]any
	Permissions map[string]string
	Env         map[string]string
	Jobs        map[string]workflowJob
}

type workflowJob struct {
	If          string
	Environment string
	Timeout     int `yaml:"timeout-minutes"`
	Permissions map[string]string
	Concurrency struct {
		Group  string
		Cancel bool `yaml:"cancel-in-progress"`
	}
	Env   map[string]string
	Steps []workflowStep
}

type workflowStep struct {
	Name, Uses, Run string
	With, Env       map[string]string
}

type pipeline struct {
	Stages    []string
	Variables map[string]string
	Jobs      map[string]pipelineJob `yaml:",inline"`
}

// pipelineJob is a job of GitLab; `workflow` reads as one too, which has no script.
type pipelineJob struct {
	Extends, Stage, Image, Environment string
	ResourceGroup                      string `yaml:"resource_group"`
	Interruptible                      *bool
	Rules                              []struct{ If string }
	BeforeScript                       []string       `yaml:"before_script"`
	IDTokens                           map[string]any `yaml:"id_tokens"`
	Script                             []string
}

func readRecipe(t *testing.T, name string, into any) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "examples", "ci", name))
	if err == nil {
		err = yaml.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return string(b)
}

// scripts are what a workflow runs in shells, by job.
func (w workflow) scripts() map[string]string {
	all := map[string]string{}
	for name, job := range w.Jobs {
		for _, step := range job.Steps {
			all[name] += step.Run + "\n"
		}
	}
	return all
}

// scripts are what a pipeline runs in shells, by job, with what that inherits.
func (p pipeline) scripts() map[string]string {
	all := map[string]string{}
	for name, job := range p.Jobs {
		if len(job.Script) > 0 {
			all[name] = strings.Join(append(p.inherited(job).BeforeScript, job.Script...), "\n") + "\n"
		}
	}
	return all
}

// inherited fills what a job says nothing about from those that it extends.
func (p pipeline) inherited(job pipelineJob) pipelineJob {
	if job.Extends == "" {
		return job
	}
	from := p.inherited(p.Jobs[job.Extends])
	if job.Stage == "" {
		job.Stage = from.Stage
	}
	if job.BeforeScript == nil {
		job.BeforeScript = from.BeforeScript
	}
	if job.IDTokens == nil {
		job.IDTokens = from.IDTokens
	}
	job.Environment += from.Environment
	job.ResourceGroup += from.ResourceGroup
	if job.Interruptible == nil {
		job.Interruptible = from.Interruptible
	}
	return job
}

// musterLines are the command lines of a script that run muster, in words.
func musterLines(t *testing.T, script string) (all [][]string) {
	t.Helper()
	for line := range strings.Lines(strings.ReplaceAll(script, "\\\n", " ")) {
		var words []string
		for _, m := range shellWord.FindAllStringSubmatch(line, -1) {
			if m[2] != "" { // an operator ends the command
				all, words = withMuster(all, words), nil
				continue
			}
			words = append(words, strings.NewReplacer(`"`, "", "'", "").Replace(m[1]))
		}
		all = withMuster(all, words)
	}
	if got, want := len(all), len(anyMuster.FindAllString(script, -1)); got != want {
		t.Errorf("%d command lines of muster were found where there may be %d:\n%s", got, want, script)
	}
	return all
}

var (
	shellWord = regexp.MustCompile(`((?:"[^"]*"|'[^']*'|[^\s"'|&;<>()])+)|([|&;<>()]+)`)
	anyMuster = regexp.MustCompile(`(?m)(?:^|[\s;&|(])muster +[a-z]`)
)

func withMuster(all [][]string, words []string) [][]string {
	if len(words) > 1 && words[0] == "muster" {
		return append(all, words[1:])
	}
	return all
}

// expanded are words with the values of the recipe's own variables; what only CI knows stays as it is.
func expanded(words []string, variables map[string]string) (all []string) {
	for _, word := range words {
		all = append(all, os.Expand(word, func(name string) string {
			if value, ours := variables[name]; ours {
				return value
			}
			return "$" + name
		}))
	}
	return all
}

// taken is why the program would not take a command line; nil if it would.
func taken(words []string) error {
	top := newRoot()
	cmd, rest, err := top.Find(words)
	if err != nil {
		return err
	}
	if cmd == top {
		return noCommand(top, words[:1])
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	return errors.Join(cmd.ValidateArgs(cmd.Flags().Args()), top.PersistentPreRunE(cmd, nil))
}

// TestRecipeCommands: the program takes each command line of the recipes, and both recipes say the same.
func TestRecipeCommands(t *testing.T) {
	t.Parallel()
	var w workflow
	var p pipeline
	readRecipe(t, "github-actions.yml", &w)
	readRecipe(t, "gitlab-ci.yml", &p)
	said := map[string]map[string][]string{"github": {}, "gitlab": {}}
	for _, r := range []struct {
		name               string
		scripts, variables map[string]string
	}{{"github", w.scripts(), w.Env}, {"gitlab", p.scripts(), p.Variables}} {
		for job, script := range r.scripts {
			for _, words := range musterLines(t, script) {
				if err := taken(expanded(words, r.variables)); err != nil {
					t.Errorf("%s, %s: muster %s: %v", r.name, job, strings.Join(words, " "), err)
				}
				if words[0] == "compile" { // each has its own names for who builds
					words = words[:3]
				}
				said[r.name][job] = append(said[r.name][job], strings.Join(words, " "))
			}
		}
	}
	if diff := cmp.Diff(said["github"], said["gitlab"]); diff != "" {
		t.Errorf("-github +gitlab:\n%s", diff)
	}
	if diff := cmp.Diff(map[string][]string{
		"check":      {"check --base $BASE", "plan $BASE HEAD -o markdown"},
		"provenance": {"compile --out dist"},
		"publish":    {"publish $DESTINATION --key env:MUSTER_SIGNING_KEY --wait", "verify $URL --key $PUBLIC_KEY"},
		"refresh":    {"publish $DESTINATION --key env:MUSTER_SIGNING_KEY --refresh --wait", "verify $URL --key $PUBLIC_KEY --entries"},
	}, said["github"]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestRecipeVariables: what a reader is to change is the same in both, and of the form that it has to be.
func TestRecipeVariables(t *testing.T) {
	t.Parallel()
	var w workflow
	var p pipeline
	readRecipe(t, "github-actions.yml", &w)
	readRecipe(t, "gitlab-ci.yml", &p)
	for _, name := range []string{"MUSTER_REPOSITORY", "MUSTER_COMMIT", "DESTINATION", "URL", "PUBLIC_KEY"} {
		if w.Env[name] != p.Variables[name] || w.Env[name] == "" {
			t.Errorf("%s is %q and %q", name, w.Env[name], p.Variables[name])
		}
	}
	if _, err := note.ParseKey(w.Env["PUBLIC_KEY"]); err != nil {
		t.Error(err)
	}
	if image := p.Jobs[".muster"].Image; image != "golang:"+w.Env["GO_VERSION"] {
		t.Errorf("the image is %s, and on GitHub it is Go %s", image, w.Env["GO_VERSION"])
	}
}

// TestRecipeChecker: it finds the command lines, and those that the program does not take.
func TestRecipeChecker(t *testing.T) {
	t.Parallel()
	lines := musterLines(t, "cd /tmp/muster && muster check \\\n  --base \"$A B\" || status=$?\nmuster plan 'a b' >> \"$OUT\"\n(muster log -n 2 | head)\necho ./cmd/muster\n")
	want := [][]string{{"check", "--base", "$A B"}, {"plan", "a b"}, {"log", "-n", "2"}}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for line, want := range map[string]bool{
		"check --base HEAD": true, "plan a b -o markdown": true, "compile --out=dist": true,
		"chek": false, "check --bas HEAD": false, "check HEAD": false, "plan": false, "check -o markdown": false, "compile --out": false,
	} {
		if err := taken(strings.Fields(line)); (err == nil) != want {
			t.Errorf("muster %s: %v", line, err)
		}
	}
}

// TestRecipeScripts has a shell read the scripts, and not run them.
func TestRecipeScripts(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("sh is not on the PATH")
	}
	var w workflow
	var p pipeline
	readRecipe(t, "github-actions.yml", &w)
	readRecipe(t, "gitlab-ci.yml", &p)
	for _, scripts := range []map[string]string{w.scripts(), p.scripts()} {
		for job, script := range scripts {
			cmd := exec.Command("sh", "-n")
			cmd.Stdin = strings.NewReader(script)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s\n%s", job, err, out, script)
			}
		}
	}
}

var pinned = regexp.MustCompile(`(?m)uses: ([\w.-]+/[\w./-]+@[0-9a-f]{40}) # v\d+\.\d+\.\d+$`)

// TestGitHubRecipe asks what its comments promise.
func TestGitHubRecipe(t *testing.T) {
	t.Parallel()
	var w workflow
	text := readRecipe(t, "github-actions.yml", &w)
	if got, want := slices.Sorted(maps.Keys(w.On)), []string{"merge_group", "pull_request", "push", "schedule"}; !slices.Equal(got, want) {
		t.Errorf("it runs on %q, want %q", got, want)
	}
	if w.Permissions == nil || len(w.Permissions) > 0 {
		t.Errorf("the workflow itself has permissions: %v", w.Permissions)
	}
	if all, exact := strings.Count(text, "uses: "), pinned.FindAllStringSubmatch(text, -1); len(exact) != all || all == 0 {
		t.Errorf("%d of %d actions are named by commit, with their version", len(exact), all)
	}
	installs, actions := map[string]bool{}, map[string]string{}
	for name, job := range w.Jobs {
		t.Run(name, func(t *testing.T) { checkWorkflowJob(t, name, job) })
		for _, step := range job.Steps {
			if step.Name == "Install muster" {
				installs[step.Run] = true
			}
			action, commit, _ := strings.Cut(step.Uses, "@")
			if before := actions[action]; before != "" && before != commit {
				t.Errorf("%s is named by two commits", action)
			}
			actions[action] = commit
		}
	}
	if len(installs) != 1 {
		t.Errorf("muster is installed in %d ways", len(installs))
	}
}

func checkWorkflowJob(t *testing.T, name string, job workflowJob) {
	want := map[string]map[string]string{
		"check":      {"contents": "read"},
		"provenance": {"contents": "read", "id-token": "write", "attestations": "write"},
		"publish":    {"contents": "read", "id-token": "write"},
		"refresh":    {"contents": "read", "id-token": "write"},
	}[name]
	if diff := cmp.Diff(want, job.Permissions); diff != "" {
		t.Errorf("permissions, -want +got:\n%s", diff)
	}
	if forks := strings.Contains(job.If, "pull_request"); forks != (name == "check") || job.If == "" || job.Timeout == 0 {
		t.Errorf("it runs if %q, for %d minutes", job.If, job.Timeout)
	}
	publishes := name == "publish" || name == "refresh"
	if (job.Environment == "production") != publishes || publishes && (job.Concurrency.Cancel || job.Concurrency.Group != "muster-"+name) {
		t.Errorf("environment %q, concurrency %+v", job.Environment, job.Concurrency)
	}
	if checkout := job.Steps[0]; !strings.HasPrefix(checkout.Uses, "actions/checkout@") || checkout.With["fetch-depth"] != "0" || checkout.With["persist-credentials"] != "false" {
		t.Errorf("it starts with %+v", checkout)
	}
	if strings.Contains(fmt.Sprint(job.Env), "secrets.") {
		t.Error("a secret reaches more than a step")
	}
	for _, step := range job.Steps {
		if strings.Contains(step.Run, "${{") {
			t.Errorf("%s: an expression in a script is a way to write it", step.Name)
		}
		if strings.Contains(fmt.Sprint(step), "secrets.") != strings.Contains(step.Run, "muster publish") {
			t.Errorf("%s: only what signs gets the key", step.Name)
		}
	}
}

var signingKey = regexp.MustCompile(`(?m)^ *MUSTER_SIGNING_KEY:`)

// TestGitLabRecipe asks what its comments promise.
func TestGitLabRecipe(t *testing.T) {
	t.Parallel()
	var p pipeline
	text := readRecipe(t, "gitlab-ci.yml", &p)
	if p.Variables["GIT_DEPTH"] != "0" {
		t.Errorf("GIT_DEPTH is %q", p.Variables["GIT_DEPTH"])
	}
	if signingKey.MatchString(text) {
		t.Error("the key is the project's to hold, not the file's")
	}
	for name, job := range p.Jobs {
		if _, there := p.Jobs[job.Extends]; !there && job.Extends != "" {
			t.Errorf("%s extends %q, which is not there", name, job.Extends)
		}
		if len(job.Script) > 0 {
			t.Run(name, func(t *testing.T) { p.checkJob(t, name) })
		}
	}
}

func (p pipeline) checkJob(t *testing.T, name string) {
	job := p.inherited(p.Jobs[name])
	if !slices.Contains(p.Stages, job.Stage) {
		t.Errorf("there is no stage %q", job.Stage)
	}
	if len(job.Rules) != 1 {
		t.Fatalf("%d rules", len(job.Rules))
	}
	if (job.Rules[0].If == `$CI_PIPELINE_SOURCE == "merge_request_event"`) != (name == "check") {
		t.Errorf("it runs if %s", job.Rules[0].If)
	}
	publishes := name == "publish" || name == "refresh"
	if (job.Environment == "production" && job.ResourceGroup == "muster-publish") != publishes {
		t.Errorf("environment %q, resource group %q", job.Environment, job.ResourceGroup)
	}
	if interruptible := job.Interruptible != nil && *job.Interruptible; interruptible != (name == "check") {
		t.Errorf("may it be interrupted? %v", interruptible)
	}
	want := map[string][]string{"provenance": {"SIGSTORE_ID_TOKEN"}, "publish": {"AWS_TOKEN"}, "refresh": {"AWS_TOKEN"}}[name]
	if got := slices.Sorted(maps.Keys(job.IDTokens)); !slices.Equal(got, want) {
		t.Errorf("it takes the tokens %q, want %q", got, want)
	}
}
