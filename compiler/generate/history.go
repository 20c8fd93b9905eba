package generate

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// HistorySize is how large a history is.
type HistorySize struct {
	Remotes  int // besides one host; at least 1. Some come and go, up to a tenth more or fewer
	Cohorts  int // at least 1; every second one extends the first
	Releases int // that a remote keeps, and more where older ones are pinned; 0 stands for 3
	Shared   int // packages that each release shares; 0 stands for 4
	Others   int // files that have nothing to do with the registry
	Commits  int // at least 1, the first of which brings everything

	Merges   float64 // the share of commits that are merges of side branches, from 0 to 0.3
	Touching float64 // the share of commits that touch the registry, from 0 to 1
}

// History writes a stream for git-fast-import(1): a branch "main" that starts with a registry as Files makes it and goes on as
// registries do, with releases, promotions, rollbacks, splits and what else people commit. At every commit the registry is
// in order. One seed and size always give the same stream.
func History(w io.Writer, seed uint64, size HistorySize) error {
	if size.Releases == 0 {
		size.Releases = 3
	}
	if size.Shared == 0 {
		size.Shared = 4
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	h := historian{rand: rng, size: size, out: bufio.NewWriter(w), now: 1767225600, shop: newShop(rng, size)}
	files := h.shop.files()
	for i := range size.Others {
		files = append(files, h.other(i))
	}
	h.commit(h.person(), "Import the registry", files)
	for h.commits < size.Commits {
		if left := size.Commits - h.commits; left > 2 && h.rand.Float64() < h.branching() {
			h.branch(min(1+h.rand.IntN(1+h.rand.IntN(maxBranch)), left-1))
		} else {
			h.progress()
		}
	}
	fmt.Fprintf(h.out, "reset refs/heads/main\nfrom :%d\n", h.tip)
	return h.out.Flush()
}

// maxBranch is how many commits a side branch has at most; on average they are 2.
const maxBranch = 5

// historian writes commits.
type historian struct {
	rand *rand.Rand
	size HistorySize
	out  *bufio.Writer
	shop *shop

	now     int64 // seconds since 1970
	commits int   // so far; the last one's mark
	tip     int   // mark of the commit that the next one follows
	pulls   int
}

// branching is how often a branch has to start for the wanted share of merges: of 100 commits with m merges, 2m lie on
// branches, and a choice is made for each merge and each of the others.
func (h *historian) branching() float64 { return h.size.Merges / (1 - 2*h.size.Merges) }

// progress makes one commit of its own and returns what it changed.
func (h *historian) progress() []File {
	var files []File
	var message string
	if h.rand.Float64() < h.size.Touching {
		files, message = h.shop.event()
	} else {
		for range min(1+h.rand.IntN(3), h.size.Others) {
			files = append(files, h.other(h.rand.IntN(h.size.Others)))
		}
		message = unrelated[h.rand.IntN(len(unrelated))]
	}
	h.commit(h.person(), message+h.body(), files)
	return files
}

// branch makes a side branch of some commits and merges it. At times the mainline goes on in between.
func (h *historian) branch(length int) {
	main := h.tip
	var files []File
	for range length {
		files = append(files, h.progress()...)
	}
	side := h.tip
	h.tip = main
	if h.commits+1 < h.size.Commits && h.rand.IntN(4) == 0 {
		h.commit(h.person(), "Write down what was decided", []File{{"docs/decisions.md", fmt.Appendf(nil, "decision %d\n", h.commits)}})
	}
	h.pulls += 1 + h.rand.IntN(3)
	branch := branches[h.rand.IntN(len(branches))]
	h.commit(h.person(), fmt.Sprintf("Merge pull request #%d from team-%03d/%s\n\n%s", h.pulls, h.rand.IntN(5), branch, strings.ReplaceAll(branch, "-", " ")), files, side)
}

// commit writes a commit on top of the tip. Of files with one path the last counts; one without a text is removed.
func (h *historian) commit(author, message string, files []File, merged ...int) {
	h.commits++
	if h.now += int64(60 + h.rand.IntN(3600)); h.rand.IntN(50) == 0 {
		h.now -= 5000 // a clock that is slow
	}
	zone := zones[h.rand.IntN(len(zones))]
	committer := author
	if len(merged) > 0 || h.rand.IntN(3) == 0 {
		committer = "Forge <noreply@forge.example>"
	}
	fmt.Fprintf(h.out, "commit refs/heads/main\nmark :%d\nauthor %s %d %s\ncommitter %s %d %s\ndata %d\n%s\n",
		h.commits, author, h.now-int64(h.rand.IntN(90000)), zone, committer, h.now, zone, len(message), message)
	if h.tip > 0 {
		fmt.Fprintf(h.out, "from :%d\n", h.tip)
	}
	for _, m := range merged {
		fmt.Fprintf(h.out, "merge :%d\n", m)
	}
	for _, f := range files {
		if f.Text == nil {
			fmt.Fprintf(h.out, "D %s\n", f.Path)
			continue
		}
		fmt.Fprintf(h.out, "M 100644 inline %s\ndata %d\n%s\n", f.Path, len(f.Text), f.Text)
	}
	h.out.WriteByte('\n')
	h.tip = h.commits
}

// other is a new text for a file that has nothing to do with the registry.
func (h *historian) other(i int) File {
	var text strings.Builder
	for line := range 10 + i%30 {
		fmt.Fprintf(&text, "export const value%d = %d\n", line, h.rand.IntN(4)*line)
	}
	folder := [...]string{"src", "docs", "tools"}[i%3]
	return File{fmt.Sprintf("%s/part-%02d/file-%04d.ts", folder, i/40, i), []byte(text.String())}
}

func (h *historian) person() string {
	name := people[h.rand.IntN(len(people))]
	return fmt.Sprintf("%s <%s@acme.example>", name, strings.ToLower(name[:1]+name[strings.LastIndexByte(name, ' ')+1:]))
}

// body is what follows a subject: mostly nothing.
func (h *historian) body() string {
	switch h.rand.IntN(5) {
	case 0:
		return fmt.Sprintf("\n\nAs agreed in ACME-%d.\n\nReviewed-by: %s\n", h.rand.IntN(9000), h.person())
	case 1:
		return fmt.Sprintf("\n\nCo-authored-by: %s\nReviewed-by: %s\n", h.person(), h.person())
	}
	return "\n"
}

var (
	people    = []string{"Ada Weber", "Bram de Vries", "Chloé Martin", "Dmitri Orlov", "Elif Yılmaz", "Finn O'Brien", "Grace Hopper", "Hana Sato"}
	zones     = []string{"+0100", "+0200", "+0000", "-0500", "+0530"}
	unrelated = []string{"Tidy up", "Mend a test that failed at midnight", "Say how to build", "Use the new logger", "Drop what nobody calls"}
	branches  = []string{"new-checkout", "faster-start", "fix-layout", "quarterly-clean-up", "spring-campaign"}
)
