package compiler

import (
	"fmt"
	"strings"
	"testing"
)

// TestIdentifierTellsOfBugs asks for manifests that can't be made: nobody waits for ever, and the panic comes to who asked.
func TestIdentifierTellsOfBugs(t *testing.T) {
	t.Parallel()
	i := newIdentifier()
	for n := range 10 * maxQuestions * maxIdentifiers {
		cohort := fmt.Sprint(n)
		if i.ask(&Live{ids: map[string]*identity{cohort: {}}}, cohort) == nil {
			t.Fatal("a cohort that is there has no answer")
		}
	}
	defer func() {
		if bug, _ := recover().(string); !strings.Contains(bug, "identify.go") {
			t.Errorf("the panic is %q", bug)
		}
	}()
	i.finish()
}

func TestIdentifierKnowsWhatIsNotThere(t *testing.T) {
	t.Parallel()
	i := newIdentifier()
	for _, answer := range []*identity{i.ask(nil, "general"), i.ask(&Live{}, "general")} {
		if id, err := answer.text(); id != "" || err != nil {
			t.Errorf("the id of nothing is %q, %v", id, err)
		}
	}
	i.finish()
}
