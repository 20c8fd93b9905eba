package edit

import (
	"strings"
	"testing"
	"time"

	"muster/compiler/registry"
)

// TestHostile edits files at the limits of size and depth: each takes well under a second, and would take minutes if a
// line, or the comments between two entries, were read again for every value.
func TestHostile(t *testing.T) {
	t.Parallel()
	const room = registry.MaxFileSize - 2000
	for name, text := range map[string]string{
		"one line":  "a: [" + strings.Repeat("üüü, ", room/8) + "]\n",
		"comments":  "a:\n  b: 1\n" + strings.Repeat("  #\n", room/4) + "  c: 2\n",
		"blank":     "a: {b: 1," + strings.Repeat("\n", room) + "c: 2}\n",
		"long text": "a: {b: " + strings.Repeat("ü", room/2) + ", c: 1}\n",
		"spaces":    "a: b" + strings.Repeat(" ", room) + "c\n",
		"many keys": "a:\n" + manyKeys(room),
		"closing":   "a: " + strings.Repeat("[", 60) + strings.Repeat("\n", room) + strings.Repeat("]", 60) + "\n",
		"deep":      strings.Repeat("{a: ", 60) + "1" + strings.Repeat("}", 60) + "\n",
		"plain":     "a: b" + strings.Repeat("\n", room) + "  c\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			f := mustParse(t, []byte(text))
			path := pathsOf(f.tree, nil)
			for _, p := range [][]string{path[len(path)-1], {"new", "field"}} {
				if err := f.Set(Text("x"), p...); err != nil {
					t.Error(err)
				}
			}
			if err := f.Delete("new"); err != nil {
				t.Error(err)
			}
			if string(f.Bytes()) == text {
				t.Error("the text is the old one")
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
	f := mustParse(t, []byte("a: "+strings.Repeat("x", registry.MaxFileSize-10)+"\n"))
	if err := f.Set(Text("a long text"), "b"); err == nil || !strings.Contains(err.Error(), "the file would be too large to set \"b\" to a long text") {
		t.Errorf("got %v", err)
	}
}

func manyKeys(room int) string {
	var b strings.Builder
	for i := 0; b.Len() < room-20; i++ {
		b.WriteString("  k" + strings.Repeat("x", 5) + string(rune('a'+i%26)) + string(rune('a'+i/26%26)) + string(rune('a'+i/676%26)) + string(rune('a'+i/17576)) + ": 1\n")
	}
	return b.String()
}
