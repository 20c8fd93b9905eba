package audit

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// trailerLines are of which messages are made that git is asked about, too.
var trailerLines = []string{"", "", " ", "\t", "Reviewed-by: Eve <eve@x>", "Co-authored-by: Ann <ann@x>", "Signed-off-by: Sam <s@x>", "prose", "more prose here",
	"  goes on", "\tgoes on", "Key : value", "Empty:", "lower: x", "-: y", "K=v", "# comment", "Conflicts:", "(cherry picked from commit 11)", "---", "a\rb: c", "x\r", "Äh: no"}

// TestTrailersAsGit holds the trailers of random messages against those that git interpret-trailers --parse finds.
func TestTrailersAsGit(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH")
	}
	random := rand.New(rand.NewPCG(1, 2))
	found := 0
	for range 300 {
		lines := []string{"subject"}
		for range 1 + random.IntN(9) {
			lines = append(lines, trailerLines[random.IntN(len(trailerLines))])
		}
		message := strings.Join(lines, "\n") + "\n"
		git := exec.Command("git", "interpret-trailers", "--parse", "--no-divider")
		git.Stdin = strings.NewReader(message)
		want, err := git.Output()
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, trailer := range ParseMessage(message).Trailers {
			fmt.Fprintf(&got, "%s: %s\n", trailer.Key, trailer.Value)
			found++
		}
		if diff := cmp.Diff(string(want), got.String()); diff != "" {
			t.Errorf("%q: -git +here:\n%s", message, diff)
		}
	}
	if found < 50 {
		t.Errorf("only %d trailers were found", found)
	}
}
