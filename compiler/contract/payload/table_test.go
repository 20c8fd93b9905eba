package payload_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"muster/compiler/contract/payload"
)

const casesFile = "testdata/cases.txt"

// TestTable runs the cases of testdata/cases.txt, which says how it is written.
func TestTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(casesFile)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	pairs := 0
	for _, b := range strings.Split(strings.TrimSpace(string(text)), "\n\n") {
		got := runBlock(t, b, &pairs)
		out.WriteString(got + "\n\n")
	}
	if pairs < 250 {
		t.Errorf("only %d pairs", pairs)
	}
	want := strings.TrimSpace(string(text)) + "\n"
	got := strings.TrimSpace(out.String()) + "\n"
	if got == want {
		return
	}
	if os.Getenv("MUSTER_UPDATE") != "" {
		if err := os.WriteFile(casesFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			t.Fatalf("%s:%d:\ngot  %s\nwant %s", casesFile, i+1, g[i], w[i])
		}
	}
	t.Fatalf("%s has other lines than expected", casesFile)
}

// runBlock is a block as it should be.
func runBlock(t *testing.T, text string, pairs *int) string {
	t.Helper()
	var kept []string
	var sent, accepted, answer string
	closed := false
	for _, line := range strings.Split(text, "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "sent":
			sent = rest
		case "accepted", "closed":
			accepted, closed = rest, word == "closed"
		case "compatible", "incompatible", "unknown":
			answer = word
			continue
		case "because", "error", "help":
			continue
		case "fault":
			kept = append(kept, line)
			kept = append(kept, faultOf(t, rest)...)
			continue
		}
		kept = append(kept, line)
	}
	if answer == "" {
		return strings.Join(kept, "\n")
	}
	*pairs++
	return strings.Join(append(kept, verdictOf(t, sent, accepted, answer, closed)...), "\n")
}

func faultOf(t *testing.T, source string) []string {
	t.Helper()
	_, err := payload.Parse(source)
	var fault *payload.Fault
	if !errors.As(err, &fault) {
		t.Errorf("%s: no fault", source)
		return nil
	}
	lines := []string{"error " + fault.Error()}
	if fault.Help != "" {
		lines = append(lines, "help "+fault.Help)
	}
	return lines
}

// verdictOf is the lines that say what comes of a pair, which CUE confirms where that can be.
func verdictOf(t *testing.T, sent, accepted, answer string, closed bool) []string {
	t.Helper()
	consumer := mustParse(t, accepted)
	if closed {
		consumer = consumer.Closed()
	}
	v := payload.Compare(mustParse(t, sent), consumer)
	if v.Answer.String() != answer {
		t.Errorf("%s into %s is %v: %s %s", sent, accepted, v.Answer, v.Witness, v.Reason)
	}
	switch v.Answer {
	case payload.Compatible:
		return []string{answer}
	case payload.Unknown:
		return []string{answer, "because " + v.Reason}
	}
	o := newOracle(t, sent, accepted, closed)
	if x := o.payload(t, v.Witness); !o.sends(x) || o.accepts(x) {
		t.Errorf("%s into %s: CUE does not confirm %s", sent, accepted, v.Witness)
	}
	if !strings.Contains(v.Reason, v.Path) {
		t.Errorf("%s into %s: %q does not name %s", sent, accepted, v.Reason, v.Path)
	}
	return []string{answer + " " + v.Witness, "because " + v.Reason}
}
