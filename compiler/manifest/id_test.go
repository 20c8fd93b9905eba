package manifest

import (
	"strings"
	"testing"
)

func TestID(t *testing.T) {
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // FIPS 180-4, the empty message
	if got := Sum(nil).String(); got != empty {
		t.Errorf("Sum(nil): got %s, want %s", got, empty)
	}
	if id, err := ParseID(empty); err != nil || id != Sum([]byte{}) {
		t.Errorf("ParseID: got %s, %v", id, err)
	}
	if Sum([]byte("a")) == Sum([]byte("b")) {
		t.Error("one id for two contents")
	}
}

func TestParseIDRefuses(t *testing.T) {
	id := Sum(nil).String()
	for _, s := range []string{"", id[:62], id[:63], id + "00", id + "0", strings.ToUpper(id), " " + id[1:], id[:63] + "g", strings.Repeat("é", 32)} {
		if got, err := ParseID(s); err == nil || got != (ID{}) || !strings.HasPrefix(err.Error(), `manifest id "`) {
			t.Errorf("%q: got %v, %v", s, got, err)
		}
	}
	if _, err := ParseID("x"); err.Error() != `manifest id "x" is not 64 lower-case hexadecimal digits` {
		t.Error(err)
	}
}
