package audit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseMessage(t *testing.T) {
	const id = "3f2c91ab0123456789abcdef0123456789abcdef"
	for name, c := range map[string]struct {
		text string
		want Message
	}{
		"nothing":          {"", Message{}},
		"a subject":        {"general: promote checkout\n", Message{Subject: "general: promote checkout"}},
		"a wrapped one":    {"general: promote\n  checkout\n\nbody\n", Message{Subject: "general: promote checkout"}},
		"github merge":     {"Merge pull request #812 from acme/branch\n\nPromote\n", Message{Subject: "Merge pull request #812 from acme/branch", PullRequest: "#812"}},
		"github squash":    {"Promote checkout (#813)\n\n* one\n", Message{Subject: "Promote checkout (#813)", PullRequest: "#813"}},
		"a number in it":   {"Promote (#813) checkout\n", Message{Subject: "Promote (#813) checkout"}},
		"gitlab merge":     {"Merge branch 'x' into 'main'\n\nPromote\n\nSee merge request acme/shop!45\n", Message{Subject: "Merge branch 'x' into 'main'", PullRequest: "!45"}},
		"azure":            {"Merged PR 77: Promote\n", Message{Subject: "Merged PR 77: Promote", PullRequest: "#77"}},
		"bitbucket":        {"Merged in promote (pull request #9)\n", Message{Subject: "Merged in promote (pull request #9)", PullRequest: "#9"}},
		"a request's link": {"Promote\n\nPR-URL: https://git.acme.example/shop/pull/5\n", Message{Subject: "Promote", PullRequest: "#5", Trailers: []Trailer{{"PR-URL", "https://git.acme.example/shop/pull/5"}}}},
		"a revert": {"Revert \"Promote\"\n\nThis reverts commit " + id + ", reversing\nchanges made to 0000.\n",
			Message{Subject: `Revert "Promote"`, Reverts: []string{id}}},
		"a revert in prose":        {"Think\n\nIf This reverts commit " + id + " then no.\n", Message{Subject: "Think"}},
		"a revert by a short id":   {"Revert\n\nThis reverts commit 3f2c91a (Promote, 2026-11-02).\n", Message{Subject: "Revert", Reverts: []string{"3f2c91a"}}},
		"a short id and no more":   {"Think\n\nThis reverts commit 3f2c91a entirely\n", Message{Subject: "Think"}},
		"a request that reverts":   {"Revert \"Promote\" (#13)\r\n\r\nReverts acme/shop#12\r\n", Message{Subject: `Revert "Promote" (#13)`, PullRequest: "#13", Reverts: []string{"#12"}}},
		"a merge request":          {"Revert\n\nThis reverts merge request !45\n", Message{Subject: "Revert", Reverts: []string{"!45"}}},
		"a blank line with spaces": {"Promote\n \t\nReviewed-by: Edsger <e@x>\n", Message{Subject: "Promote", Approvers: []string{"Edsger <e@x>"}, Trailers: []Trailer{{"Reviewed-by", "Edsger <e@x>"}}}},
		"nothing after a zero":     {"Promote\n\nbody\n\x00\nReviewed-by: Edsger <e@x>\n", Message{Subject: "Promote"}},
		"people": {"Promote\n\nbody\n\nReviewed-by: Edsger <e@x>\nCo-Authored-By: Grace <g@x>\n  Hopper\nApproved-by: Edsger <e@x>\nSigned-off-by: Ada <a@x>\n",
			Message{Subject: "Promote", CoAuthors: []string{"Grace <g@x> Hopper"}, Approvers: []string{"Edsger <e@x>"},
				Trailers: []Trailer{{"Reviewed-by", "Edsger <e@x>"}, {"Co-Authored-By", "Grace <g@x> Hopper"}, {"Approved-by", "Edsger <e@x>"}, {"Signed-off-by", "Ada <a@x>"}}}},
		"no trailers in the subject":   {"Reviewed-by: Edsger <e@x>\n", Message{Subject: "Reviewed-by: Edsger <e@x>"}},
		"no trailers among other text": {"Promote\n\nthis is text\nReviewed-by: Edsger <e@x>\nand this\n", Message{Subject: "Promote"}},
		"carriage returns":             {"Promote\r\n\r\nMuster-Action: promote\r\n", Message{Subject: "Promote", Trailers: []Trailer{{"Muster-Action", "promote"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, ParseMessage(c.text)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A message of megabytes takes time in proportion: or this does not come to its end.
func TestParseMessageLong(t *testing.T) {
	const people = 100_000
	text := strings.Builder{}
	text.WriteString("Promote\n\n")
	for i := range people {
		fmt.Fprintf(&text, "Acked-by: p%d <p%d@x>\n", i, i)
	}
	if n := len(ParseMessage(text.String()).Approvers); n != people {
		t.Errorf("%d approvers, want %d", n, people)
	}
	folded := "Promote\n\nAcked-by: a" + strings.Repeat("\n b", 5*people)
	if got := ParseMessage(folded).Approvers; len(got) != 1 || len(got[0]) != 1+2*5*people {
		t.Errorf("%d approvers of a folded line", len(got))
	}
}

func FuzzParseMessage(f *testing.F) {
	f.Add("Merge pull request #812 from acme/branch\n\nReviewed-by: E <e@x>\n")
	f.Add("Revert \"x\"\n\nThis reverts commit 3f2c91ab0123456789abcdef0123456789abcdef.\n")
	f.Fuzz(func(t *testing.T, text string) {
		m := ParseMessage(text)
		for _, id := range m.Reverts {
			if !strings.HasPrefix(id, "#") && !strings.HasPrefix(id, "!") && (len(id) < 7 || len(id) > 40) {
				t.Errorf("reverts %q", id)
			}
		}
		for _, l := range [][]string{m.CoAuthors, m.Approvers, m.Reverts} {
			for i, s := range l {
				if s == "" || i > 0 && s == l[i-1] {
					t.Errorf("%q in %q", s, l)
				}
			}
		}
	})
}
