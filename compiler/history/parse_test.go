package history

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func FuzzParseRevision(f *testing.F) {
	for _, rev := range []string{"HEAD", "main~2^2", "v1.0^0~", "HEAD@{1}", "a..b", ":/x", "-1", "", "~", "HEAD^{}", "ü~1", "a\xff", "x~099"} {
		f.Add(rev)
	}
	f.Fuzz(func(t *testing.T, rev string) {
		base, steps, err := parseRevision(rev)
		if err != nil {
			if !errors.Is(err, ErrUnknownRevision) || base != "" || steps != nil {
				t.Errorf("%q: %q, %v, %v", rev, base, steps, err)
			}
			return
		}
		if base == "" || strings.ContainsAny(base, "~^: \\*?[\x7f\n") || strings.Contains(base, "..") || base[0] == '-' {
			t.Errorf("%q has the base %q", rev, base)
		}
		again := base
		for _, s := range steps {
			again += fmt.Sprintf("%c%d", s.sign, s.n)
		}
		base2, steps2, err := parseRevision(again)
		if err != nil || base2 != base || !slices.Equal(steps2, steps) {
			t.Errorf("%q becomes %q, which is %q, %v, %v", rev, again, base2, steps2, err)
		}
	})
}

func FuzzParseFolder(f *testing.F) {
	id := strings.Repeat("\x01", 20)
	for _, object := range []string{"", "100644 a\x00" + id, "40000 a\x00" + id + "100644 a.b\x00" + id, "100644 \x00" + id, "100644 a\x00" + id[1:], "8 a\x00" + id} {
		f.Add([]byte(object))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		entries, err := parseFolder(object)
		if err != nil {
			return
		}
		size := 0
		for i, e := range entries {
			if i > 0 && entries[i-1].name >= e.name {
				t.Errorf("%q comes after %q", e.name, entries[i-1].name)
			}
			if e.name == "" || e.name == "." || e.name == ".." || strings.ContainsAny(e.name, "/\x00") {
				t.Errorf("an entry named %q", e.name)
			}
			size += len(e.name) + 22
		}
		if size > len(object) {
			t.Errorf("%d entries of %d bytes", len(entries), len(object))
		}
	})
}

func FuzzParseHeader(f *testing.F) {
	id := strings.Repeat("ab", 20)
	for _, object := range []string{
		"tree " + id + "\nparent " + id + "\nauthor A <a@b> 1 +0000\ncommitter C <c@d> 1767225600 +0100\n\nmessage\n",
		"tree " + id + "\nauthor\ncommitter C <c@d> 253402300800 +0100", "tree " + id, "parent " + id, "",
	} {
		f.Add([]byte(object))
	}
	f.Fuzz(func(t *testing.T, object []byte) {
		h, err := parseHeader(object)
		if err != nil {
			return
		}
		if year := h.time.Year(); year < 1970 || year > 9999 {
			t.Errorf("it is of %d", year)
		}
		if len(h.parents) > len(object)/47 {
			t.Errorf("%d parents in %d bytes", len(h.parents), len(object))
		}
		if c := h.commit(); len(c.Parents) != len(h.parents) || len(c.ID) != 40 {
			t.Errorf("got %+v", c)
		}
	})
}

func FuzzUnixLines(f *testing.F) {
	for _, text := range []string{"", "a\r\nb\r\n", "\r\r\n", "\r", "a\r", "\n\r", strings.Repeat("\r\n", 5000)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want := strings.ReplaceAll(text, "\r\n", "\n")
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(text), "by bytes": iotest.OneByteReader(strings.NewReader(text))} {
			got, err := io.ReadAll(&unixLines{bufio.NewReaderSize(r, 16)})
			if string(got) != want || err != nil {
				t.Errorf("%s: %q becomes %q, %v", name, text, got, err)
			}
		}
	})
}
