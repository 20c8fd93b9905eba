package history

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"

	"muster/compiler/recent"
)

// smallPack is a pack with deltas and its index, of a version.
func smallPack(t testing.TB, options ...string) (pack, index []byte) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not on the PATH, and it makes the pack")
	}
	dir := t.TempDir()
	git := func(stdin string, args ...string) string {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Stdin = dir, strings.NewReader(stdin)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("git %v: %v", args, err)
		}
		return string(out)
	}
	git("", "init", "-q", "--bare")
	var ids string
	for i := range 4 {
		ids += git(strings.Repeat("0123456789", 40)+strings.Repeat("x", i), "hash-object", "-w", "--stdin")
	}
	name := strings.TrimSpace(git(ids, append([]string{"pack-objects", "-q", "--no-reuse-delta", "--depth=5"}, append(options, "small")...)...))
	for extension, data := range map[string]*[]byte{".pack": &pack, ".idx": &index} {
		var err error
		if *data, err = os.ReadFile(filepath.Join(dir, "small-"+name+extension)); err != nil {
			t.Fatal(err)
		}
	}
	return pack, index
}

// FuzzPack reads what a pack and its index claim to have.
func FuzzPack(f *testing.F) {
	for _, options := range [][]string{{"--delta-base-offset"}, {}, {"--index-version=1"}, {"--index-version=2,0x40"}} {
		pack, index := smallPack(f, options...)
		f.Add(pack, index)
	}
	f.Fuzz(func(t *testing.T, data, index []byte) {
		x, err := parsePackIndex(index)
		if err != nil {
			return
		}
		p := &pack{data: data, index: x}
		if len(data) < packHeader+idLength || x.count(255) > 1000 {
			return
		}
		reader := readerOf(p)
		for i := range x.count(255) {
			at := spot{p, x.place(i)}
			o, err := reader.read(at)
			if err != nil {
				continue
			}
			if o.size <= maxObject && int64(len(o.data)) != o.size {
				t.Errorf("object %d has %d bytes, and says %d", i, len(o.data), o.size)
			}
			if b, err := reader.brief(at); err != nil || b.kind != o.kind || b.size != o.size {
				t.Errorf("object %d: %v %d, in brief %v %d, %v", i, o.kind, o.size, b.kind, b.size, err)
			}
			reader.ask(plumbing.Hash(x.id(i)), whole)
		}
	})
}

// TestPack reads all objects of packs of all forms, and finds none that is not there.
func TestPack(t *testing.T) {
	t.Parallel()
	for _, options := range [][]string{{"--delta-base-offset"}, {}, {"--index-version=1"}, {"--index-version=2,0x40"}} {
		data, index := smallPack(t, options...)
		x, err := parsePackIndex(index)
		if err != nil {
			t.Fatal(err)
		}
		p := &pack{data: data, index: x}
		if x.count(255) != 4 || !p.fits() {
			t.Fatalf("%v: %d objects", options, x.count(255))
		}
		deltas := 0
		reader := readerOf(p)
		for i := range 4 {
			id := plumbing.Hash(x.id(i))
			o, err := reader.ask(id, whole)
			if err != nil || o.kind != plumbing.BlobObject || !bytes.HasPrefix(o.data, []byte("0123456789")) {
				t.Errorf("%v: %s is %v, %v", options, id, o, err)
			}
			if e, _ := p.at(x.place(i)); e.isDelta() {
				deltas++
			}
			for _, at := range []int{0, 4, 19} {
				other := id
				other[at] ^= 1
				if _, err := reader.ask(other, whole); !errors.Is(err, errMissing) {
					t.Errorf("%v: %s, which is not there: %v", options, other, err)
				}
			}
		}
		if deltas != 3 {
			t.Errorf("%v: %d deltas", options, deltas)
		}
	}
}

// TestPackCircle has deltas whose bases are each other, by id.
func TestPackCircle(t *testing.T) {
	t.Parallel()
	data, index := smallPack(t)
	x, err := parsePackIndex(bytes.Clone(index))
	if err != nil {
		t.Fatal(err)
	}
	p := &pack{data: data, index: x}
	delta := -1
	for i := range 4 {
		if e, _ := p.at(x.place(i)); e.isDelta() {
			delta = i
		}
	}
	for i := range 4 { // all ids lead to one delta, and so does its base
		copy(x.places[4*i:4*i+4], x.places[4*delta:4*delta+4])
	}
	reader := readerOf(p)
	for name, q := range map[string]question{"whole": whole, "brief": brief} {
		if _, err := reader.ask(plumbing.Hash(x.id(0)), q); !errors.Is(err, errChain) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzDelta(f *testing.F) {
	f.Add([]byte("0123456789"), []byte("\x0a\x0d\x91\x02\x05\x03abc\x90\x05"))
	f.Add([]byte("0123456789"), []byte("\x0a\x14\x90\x0a\x90\x0a"))
	f.Add([]byte(""), []byte("\x00\x00"))
	f.Add([]byte("ab"), []byte("\x02\x01\x90\x01\x00"))
	f.Fuzz(func(t *testing.T, base, delta []byte) {
		result, err := applyDelta(base, delta)
		if err != nil {
			return
		}
		from, to, _, err := deltaSizes(delta)
		if err != nil || from != uint64(len(base)) || to != uint64(len(result)) {
			t.Errorf("%d bytes become %d, by a delta from %d to %d (%v)", len(base), len(result), from, to, err)
		}
	})
}

func FuzzRecord(f *testing.F) {
	tree := "tree " + strings.Repeat("ab", 20) + "\n"
	for _, rest := range []string{
		"author A <a@b> 1 +0000\ncommitter C <c@d> 1767225600 +0545\nencoding ISO-8859-1\n\ncaf\xe9\n",
		"author A <a@b> 1 +0000\ncommitter C <c@d> 1 -9999\ngpgsig -----BEGIN\n \n x\ngpgsig-sha256 y\n z\n\nmessage\n",
		"author >< -1\ncommitter\nencoding UTF-16\n\n\x00\xd8", "gpgsig ", "gpgsig x", "\ngpgsig x\n", "",
	} {
		f.Add([]byte(tree + rest))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		h, err := parseHeader(object)
		if err != nil {
			return
		}
		rec := parseRecord(h, object)
		for _, text := range []string{rec.Author.Name, rec.Author.Email, rec.Committer.Name, rec.Committer.Email, rec.Message} {
			if !utf8.ValidString(text) || len(text) > 4*len(object)+3 {
				t.Errorf("%q", text)
			}
		}
		if len(rec.Signed)+len(rec.Signature) > len(object) || rec.Signature == nil && !bytes.Contains(object, []byte("\ngpgsig")) && !bytes.Equal(rec.Signed, object) {
			t.Errorf("%q is signed by %q", rec.Signed, rec.Signature)
		}
		if again, same := unsign(rec.Signed); again == nil && !bytes.Equal(same, rec.Signed) && rec.Signature != nil {
			t.Errorf("%q is signed, and without signatures %q", rec.Signed, same)
		}
	})
}

// readerOf reads one pack, with little room for bases.
func readerOf(p *pack) *packs {
	return &packs{all: []*pack{p}, bases: recent.New[spot](1<<16, object.weight)}
}
