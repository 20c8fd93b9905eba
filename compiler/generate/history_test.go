package generate_test

import (
	"bytes"
	"testing"

	"muster/compiler/generate"
)

func TestHistoryIsDeterministic(t *testing.T) {
	t.Parallel()
	size := generate.HistorySize{Remotes: 20, Cohorts: 5, Others: 30, Commits: 200, Merges: 0.1, Touching: 0.6}
	var streams [3]bytes.Buffer
	for i, seed := range []uint64{1, 1, 2} {
		if err := generate.History(&streams[i], seed, size); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(streams[0].Bytes(), streams[1].Bytes()) {
		t.Error("one seed gives two histories")
	}
	if bytes.Equal(streams[0].Bytes(), streams[2].Bytes()) {
		t.Error("two seeds give one history")
	}
	if n := bytes.Count(streams[0].Bytes(), []byte("\ncommit refs/heads/main\n")) + 1; n != size.Commits {
		t.Errorf("it has %d commits", n)
	}
}
