package history

import (
	"bytes"
	"crypto/sha256"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// told is a commit of a line as it was added.
type told struct {
	header  header
	told    bool
	changes []Change
}

// someLine has a merge, all kinds of files, and at both ends a commit whose changes are not told.
func someLine() (line []told) {
	id := func(b byte) plumbing.Hash { return plumbing.Hash(bytes.Repeat([]byte{b}, 20)) }
	file := func(kind int) File { return File{ObjectID(id(byte(100 + kind))), kinds[kind]} }
	for i := range byte(6) {
		h := header{id: id(i + 1), time: time.Unix(int64(i)*1e9, 0).UTC(), parents: []plumbing.Hash{}}
		if i < 5 {
			h.parents = append(h.parents, id(i+2))
		}
		if i == 2 {
			h.parents = append(h.parents, id(51), id(52))
		}
		line = append(line, told{header: h, told: i > 0 && i < 5})
	}
	line[1].changes = []Change{{Path: "remotes/a", Before: file(1), After: file(2)}, {Path: "remotes/b", After: file(3)}}
	line[2].changes = []Change{{Path: "remotes/\xff", Before: file(4)}}
	line[4].changes = []Change{{Path: "remotes/a", After: file(1)}}
	return line
}

func written(line []told, scope string) []byte {
	var w keptWriter
	for _, c := range line {
		w.add(c.header, c.told, c.changes)
	}
	return w.bytes(scope)
}

func readBack(k *keptLine, from int) (line []told) {
	for c := range k.from(from) {
		line = append(line, told{c.header, c.told, k.changesOf(c)})
	}
	return line
}

func TestKeptLine(t *testing.T) {
	t.Parallel()
	line := someLine()
	data := written(line, "scope")
	k := parseLine(data, "scope")
	if k == nil {
		t.Fatal("what was written can't be read")
	}
	for from := range len(line) + 1 {
		if got := readBack(k, from); !slices.EqualFunc(got, line[from:], func(a, b told) bool { return reflect.DeepEqual(a, b) }) {
			t.Errorf("from %d: got %v, want %v", from, got, line[from:])
		}
	}
	for i, c := range line {
		if at, ok := k.find(c.header.id); at != i || !ok {
			t.Errorf("commit %d is at %d", i, at)
		}
	}
	if _, ok := k.find(plumbing.ZeroHash); ok {
		t.Error("a commit was found that is not in the line")
	}
	if parseLine(data, "another") != nil {
		t.Error("a line of another scope was taken")
	}
	for at := range data {
		for bit := range 8 {
			bad := slices.Clone(data)
			bad[at] ^= 1 << bit
			if parseLine(bad, "scope") != nil {
				t.Errorf("bit %d of byte %d makes no difference", bit, at)
			}
		}
		if parseLine(data[:at], "scope") != nil {
			t.Errorf("the first %d bytes do", at)
		}
	}
	if parseLine(append(slices.Clone(data), 0), "scope") != nil {
		t.Error("a byte too many makes no difference")
	}
}

// sealed is a file of any content with the right sum.
func sealed(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(slices.Clone(body), sum[:]...)
}

func TestKeptLineHostile(t *testing.T) {
	t.Parallel()
	start := keptMagic + "\x00"
	one := strings.Repeat("x", 20)
	good := start + "\x01\x00\x01\x01\x01p" + one + "\x00\x00\x01\x00\x01" + one
	if parseLine(sealed([]byte(good)), "") == nil {
		t.Fatal("a good line is not read")
	}
	for what, body := range map[string]string{
		"nothing":                 "",
		"no magic":                strings.Replace(good, "muster", "Muster", 1),
		"another version":         strings.Replace(good, "line 1", "line 2", 1),
		"no commits":              start + "\x00\x00\x00\x00",
		"very many commits":       start + "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00\x00\x00",
		"a number without an end": start + strings.Repeat("\xff", 20),
		"more told than there":    start + "\x01\x00\x02\x00" + one + "\x00\x00",
		"told backwards":          start + "\x01\x01\x00\x00" + one + "\x00\x00",
		"very many paths":         start + "\x01\x00\x00\xff\xff\xff\x7f" + one,
		"a long path":             start + "\x01\x00\x00\x01\xff\xff\xff\xff\x0f" + one,
		"too many parents":        start + "\x01\x00\x00\x00" + one + "\x00\xff\xff\xff\xff\x0f",
		"a root with a parent":    start + "\x01\x00\x00\x00" + one + "\x00\x01" + one,
		"a time after all times":  start + "\x01\x00\x00\x00" + one + "\xff\xff\xff\xff\xff\xff\x01\x00",
		"very many changes":       start + "\x01\x00\x01\x01\x01p" + one + "\x00\x00\xff\xff\x3f" + strings.Repeat("\x00\x01"+one, 10),
		"no such path":            strings.Replace(good, "\x01\x00\x01"+one, "\x01\x01\x01"+one, 1),
		"no such kind":            strings.Replace(good, "\x01\x00\x01"+one, "\x01\x00\x05"+one, 1),
		"no change at all":        start + "\x01\x00\x01\x01\x01p" + one + "\x00\x00\x01\x00\x00",
		"something behind":        good + "\x00",
	} {
		if body != good && parseLine(sealed([]byte(body)), "") != nil {
			t.Errorf("%s: read", what)
		} else if body == good {
			t.Errorf("%s: this is the good line", what)
		}
	}
}

// FuzzKeptLine reads any bytes under the right sum. What is read can be written and read again, and is the same.
func FuzzKeptLine(f *testing.F) {
	line := someLine()
	for n := range line {
		data := written(line[n:], "scope")
		f.Add(data[:len(data)-sha256.Size])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		k := parseLine(sealed(body), "scope")
		if k == nil {
			return
		}
		first := readBack(k, 0)
		again := parseLine(written(first, "scope"), "scope")
		if again == nil || !reflect.DeepEqual(readBack(again, 0), first) {
			t.Errorf("read as %v, written and read again as something else", first)
		}
		for i, c := range first {
			if at, ok := k.find(c.header.id); !ok || at < i && first[at].header.id != c.header.id {
				t.Errorf("commit %d is found at %d", i, at)
			}
		}
	})
}
