package manifest

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"muster/compiler/canonical"
)

// published is a pointer with everything in it.
func published() *Pointer {
	return &Pointer{Schema: PointerName, Registry: "acme-shop", Serial: 12, Commit: strings.Repeat("9f", 20), Time: "2026-11-02T14:01:00Z",
		TTL: 60, Poll: 44, Previous: Sum([]byte("11")).String(), Issued: "2026-11-02T14:02:00Z", Expires: "2026-11-09T14:02:00Z",
		Cohorts: []PointerCohort{
			{"canary", &Audience{canonical.Raw("2.5"), map[string][]string{"group": {"staff"}}}, "https://x.example/a.json", Sum([]byte("a")).String(), 1},
			{"general", nil, "https://x.example/b.json", Sum([]byte("b")).String(), 1<<53 - 1},
		}}
}

func encode(t *testing.T, p *Pointer) []byte {
	t.Helper()
	b, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPointerRoundTrip(t *testing.T) {
	t.Parallel()
	b := encode(t, published())
	p, err := ParsePointer(b)
	if err != nil {
		t.Fatal(err)
	}
	if again := encode(t, p); !bytes.Equal(again, b) {
		t.Errorf("read and written again: %s\nwas %s", again, b)
	}
	entry := encode(t, p.Entry())
	if _, err := ParseEntry(entry); err != nil {
		t.Error(err)
	}
	if _, err := ParsePointer(entry); err == nil {
		t.Error("a log entry was read as a pointer")
	}
	at, _ := Moment(p.Issued)
	e, _ := ParseEntry(entry)
	if again := encode(t, e.Issue(at, 7*24*time.Hour)); !bytes.Equal(again, b) {
		t.Errorf("issued again: %s\nwas %s", again, b)
	}
	passed := PassedOver("acme-shop", Origin{Commit: p.Commit, Serial: 11, Time: at}, p.Previous)
	if _, err := ParseEntry(encode(t, passed)); err != nil {
		t.Errorf("an entry of a commit that was passed over: %v", err)
	}
}

// TestParsePointerRefuses changes one thing in a good pointer.
func TestParsePointerRefuses(t *testing.T) {
	t.Parallel()
	good := string(encode(t, published()))
	for _, tt := range []struct{ old, new, want string }{
		{`"serial":12`, `"serial":0`, "its serial is 0"},
		{`"serial":12`, `"serial":-1`, "its serial is -1"},
		{`"serial":12`, `"serial":12.5`, "cannot unmarshal"},
		{`"serial":12`, `"serial":99007199254740993`, "its serial is"},
		{`"serial":12`, `"serial":11,"serial":12`, "a member twice"},
		{`"serial":12`, `"serial": 12`, "not canonical"},
		{`"serial":12`, `"Serial":12`, "not canonical"},
		{`"serial":12`, `"serial":12,"shadow":1`, "unknown field"},
		{`"ttl":60`, `"ttl":61`, "its ttl is 61"},
		{`"ttl":60`, `"ttl":0`, "its ttl is 0"},
		{`"poll":44`, `"poll":4400`, "its poll is 4400"},
		{`"registry":"acme-shop"`, `"registry":"../x"`, "its registry is"},
		{`"commit":"9f`, `"commit":"9F`, "its commit is"},
		{`14:02:00Z"`, `14:02:00+00:00"`, "its expires is"},
		{`"time":"2026-11-02T14:01:00Z"`, `"time":"2026-11-02"`, "its time is"},
		{`"previous":"`, `"previous":"z`, "its previous is"},
		{`"name":"general"`, `"name":"canary"`, "is there twice"},
		{`"name":"general"`, `"name":"a/b"`, "a cohort's name is"},
		{`"size":1,`, `"size":0,`, "the size of cohort canary is 0"},
		{`"sha256":"`, `"sha256":"A`, "is not 64"},
		{`muster/pointer/v1`, `muster/pointer/v2`, "its schema is"},
		{`"ttl":60}`, `"ttl":60,"unpublishable":"dirty"}`, "it says that it must not be published"},
		{`}`, `}}`, ""},
		{`"ttl":60}`, `"ttl":60`, "it ends in the middle"},
		{`"percent":2.5`, `"percent":[]`, "the percentage of cohort canary is"},
		{`"percent":2.5`, `"percent":2.50`, "the percentage of cohort canary is"},
	} {
		bad := strings.Replace(good, tt.old, tt.new, 1)
		if bad == good {
			t.Fatalf("%q is not in %s", tt.old, good)
		}
		if _, err := ParsePointer([]byte(bad)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got error %v, want %q", tt.new, err, tt.want)
		}
	}
	for _, bad := range []string{"", "null", "{}", "[]", good + "\n", good + good, strings.Repeat("[", 100000)} {
		if _, err := ParsePointer([]byte(bad)); err == nil {
			t.Errorf("%.40q was read", bad)
		}
	}
}

// FuzzParsePointer looks for documents that are read and then written differently, or that stop the program.
func FuzzParsePointer(f *testing.F) {
	b, err := published().Encode()
	if err != nil {
		f.Fatal(err)
	}
	entry, _ := published().Entry().Encode()
	f.Add(b)
	f.Add(entry)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, read := range []func([]byte) (*Pointer, error){ParsePointer, ParseEntry} {
			p, err := read(b)
			if err != nil {
				continue
			}
			if again := encode(t, p); !bytes.Equal(again, b) {
				t.Fatalf("%s\nis written again as\n%s", b, again)
			}
			for _, c := range p.Cohorts {
				if want := fmt.Sprintf("manifests/%s/%s.json", c.Name, c.SHA256); c.Path() != want {
					t.Fatalf("path %q, want %q", c.Path(), want)
				}
			}
		}
	})
}
