package history_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"muster/compiler/history"
)

// TestDamagedLoose cuts each object of a small repository, empties it, and puts another in its place.
func TestDamagedLoose(t *testing.T) {
	t.Parallel()
	r := shop(t)
	objects, err := filepath.Glob(r.dir + "/.git/objects/??/*")
	if err != nil || len(objects) == 0 {
		t.Fatal("no objects", err)
	}
	want := everything(r)
	for i, path := range objects {
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		other, err := os.ReadFile(objects[(i+1)%len(objects)])
		if err != nil {
			t.Fatal(err)
		}
		os.Chmod(path, 0o644)
		flipped := append([]byte{}, good...)
		flipped[len(flipped)/2] ^= 0x10
		for what, bad := range map[string][]byte{
			"empty": {}, "cut to 1": good[:1], "cut to 2": good[:2], "cut in half": good[:len(good)/2], "cut by 1": good[:len(good)-1],
			"flipped": flipped, "zeros": make([]byte, len(good)), "another object": other,
		} {
			if err := os.WriteFile(path, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			survives(t, r, what+" "+filepath.Base(path), want)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		survives(t, r, "removed "+filepath.Base(path), want)
		if err := os.WriteFile(path, good, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDamagedHeader has objects whose size is out of all reason.
func TestDamagedHeader(t *testing.T) {
	t.Parallel()
	r := shop(t)
	id := r.git("rev-parse", "HEAD:sub/cohorts/g.yaml")
	path := r.dir + "/.git/objects/" + id[:2] + "/" + id[2:]
	files := tree(t, r.open(), "HEAD")
	os.Chmod(path, 0o644)
	for _, header := range []string{"blob -5\x00", "blob 9223372036854775807\x00", "blob 99999999999999999999\x00", "blob\x00", "blob 1", "nonsense 1\x00g", "tree 1\x00g"} {
		var object bytes.Buffer
		z := zlib.NewWriter(&object)
		z.Write([]byte(header))
		z.Close()
		if err := os.WriteFile(path, object.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := fs.ReadFile(files, "sub/cohorts/g.yaml"); !errors.Is(err, history.ErrUnusable) {
			t.Errorf("%q: got %v", header, err)
		}
		if info, err := fs.Stat(files, "sub/cohorts/g.yaml"); err == nil && info.Size() < 0 {
			t.Errorf("%q: has %d bytes", header, info.Size())
		}
	}
}

// TestDamagedPack cuts a pack and its index at many places, and flips bits in them.
func TestDamagedPack(t *testing.T) {
	t.Parallel()
	r := shop(t)
	large := strings.Repeat("0123456789 some text\n", 3000)
	r.commit("large", large)
	r.commit("large", large+"x")
	r.git("gc", "-q", "--prune=now")
	if delta := r.git("verify-pack", "-v", r.dir+"/.git/objects/pack/"+filepath.Base(pack(t, r, ".idx"))); !strings.Contains(delta, "chain length = 1") {
		t.Fatal("the pack has no deltas")
	}
	want := everything(r)
	for _, extension := range []string{".pack", ".idx"} {
		path := pack(t, r, extension)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		os.Chmod(path, 0o644)
		rng := rand.New(rand.NewPCG(1, 2))
		for i := range 90 {
			at := rng.IntN(len(good))
			bad := append([]byte{}, good...)
			what := fmt.Sprintf("%s flipped at %d", extension, at)
			if i%3 == 0 {
				bad, what = bad[:at], fmt.Sprintf("%s cut at %d", extension, at)
			} else {
				bad[at] ^= 1 << rng.IntN(8)
			}
			if err := os.WriteFile(path, bad, 0o644); err != nil {
				t.Fatal(err)
			}
			survives(t, r, what, want)
		}
		if err := os.WriteFile(path, good, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if bad := compare(r, want); bad != "" {
		t.Errorf("mended: %s", bad)
	}
}

func pack(t *testing.T, r repo, extension string) string {
	t.Helper()
	found, err := filepath.Glob(r.dir + "/.git/objects/pack/*" + extension)
	if err != nil || len(found) != 1 {
		t.Fatal("not one pack", found, err)
	}
	return found[0]
}

// everything is what a repository says: for each commit of HEAD's first parents, each path with its content, or the error.
func everything(r repo) map[string]string {
	said := map[string]string{}
	h, err := history.Open(r.dir, history.Options{})
	if err != nil {
		return map[string]string{"open": failed + err.Error()}
	}
	defer h.Close()
	for n := 0; n < 10; n++ {
		rev := fmt.Sprintf("HEAD~%d", n)
		c, err := h.Resolve(rev)
		if err != nil {
			said[rev] = note(err)
			continue
		}
		said[rev] = c.ID
		recorded(h, c, said)
		files, err := h.Tree(c)
		if err != nil {
			said[rev+":"] = note(err)
			continue
		}
		fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				said[rev+":"+path] = note(err)
				return nil
			}
			if d.Type().IsRegular() {
				data, err := fs.ReadFile(files, path)
				said[rev+":"+path] = string(data)
				if err != nil {
					said[rev+":"+path] = note(err)
				}
			}
			return nil
		})
	}
	return said
}

// recorded notes what the record of a commit says, and the step that it takes with the contents of what it changed.
func recorded(h *history.Repository, c history.Commit, said map[string]string) {
	id, _ := history.ParseID(c.ID)
	if rec, err := h.Record(id); err != nil {
		said["record "+c.ID] = note(err)
	} else {
		said["record "+c.ID] = fmt.Sprintf("%+v", rec)
	}
	for s, err := range h.Steps(c, []string{"sub", "large"}) {
		if err != nil {
			said["step "+c.ID] = note(err)
			break
		}
		said["step "+c.ID] = changesText(s.Changes)
		for _, change := range s.Changes {
			data, err := h.Blob(change.After.Blob)
			if said["blob "+change.After.Blob.String()] = string(data); err != nil {
				said["blob "+change.After.Blob.String()] = note(err)
			}
		}
		break
	}
}

const failed = "\x00failed: "

func note(err error) string {
	if !errors.Is(err, history.ErrUnusable) && !errors.Is(err, history.ErrUnknownRevision) {
		return "\x00neither unusable nor unknown: " + err.Error()
	}
	return failed + err.Error()
}

// compare finds what a repository says differently than it did, other than with an error.
func compare(r repo, want map[string]string) string {
	for at, got := range everything(r) {
		if got != want[at] && !strings.HasPrefix(got, failed) {
			return fmt.Sprintf("%s: got %q, want %q", at, got, want[at])
		}
	}
	return ""
}

// survives requires a damaged repository to say either what it said before or that it is damaged, and to do so in time.
func survives(t *testing.T, r repo, what string, want map[string]string) {
	t.Helper()
	answer := make(chan string, 1)
	go func() { answer <- compare(r, want) }()
	select {
	case bad := <-answer:
		if bad != "" {
			t.Errorf("%s: %s", what, bad)
		}
	case <-time.After(time.Minute):
		t.Fatalf("%s: it hangs", what)
	}
}
