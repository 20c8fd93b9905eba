package folder

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"muster/compiler/store"
)

const (
	contending = "contend"
	contenders = 20
	rounds     = 50
)

// contend adds one to a counter in each round, and tries to be the one who creates an object. It prints the objects that it
// has created.
func contend(dir string) error {
	s := newObjects(folder{dir, dropping(osDisk(), always)})
	for round := range rounds {
		if err := increment(s); err != nil {
			return err
		}
		o := store.Object{Path: fmt.Sprintf("rounds/%d", round), Body: strconv.AppendInt(nil, int64(os.Getpid()), 10)}
		switch err := s.Create(context.Background(), o); {
		case err == nil:
			fmt.Printf("%s %s\n", o.Path, o.Body)
		case !errors.Is(err, store.ErrConflict):
			return err
		}
	}
	return nil
}

// increment reads and swaps until nobody else came between.
func increment(s store.Store) error {
	for {
		o, tag, err := s.Get(context.Background(), "counter")
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(o.Body))
		if err != nil {
			return err
		}
		o.Body = strconv.AppendInt(nil, int64(n)+1, 10)
		if err := s.Swap(context.Background(), o, tag); !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

// TestContention lets many processes write at once: no update is lost, and each object has one creator.
func TestContention(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "counter"), "0")
	outs := make([][]byte, contenders)
	var all sync.WaitGroup
	for i := range outs {
		all.Go(func() {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childTask+"="+contending, childDir+"="+dir)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v %s", err, out)
			}
			outs[i] = bytes.TrimPrefix(out, []byte(childStarted))
		})
	}
	all.Wait()
	found := filesIn(t, dir)
	if got, want := found["counter"], strconv.Itoa(contenders*rounds); got != want {
		t.Errorf("the counter is at %s, want %s", got, want)
	}
	creations := bytes.Split(bytes.TrimSpace(bytes.Join(outs, nil)), []byte("\n"))
	for _, line := range creations {
		if p, creator, _ := bytes.Cut(line, []byte(" ")); found[string(p)] != string(creator) {
			t.Errorf("%s has created %s, which is %q", creator, p, found[string(p)])
		}
	}
	if len(creations) != rounds || len(found) != rounds+1 {
		t.Errorf("%d objects were created, there are %d; want %d and a counter", len(creations), len(found), rounds)
	}
	t.Logf("points tried: %d swaps and %d creations by %d processes", contenders*rounds, contenders*rounds, contenders)
}
