package publish

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/compiler/manifest"
	"muster/compiler/store"
	"muster/compiler/store/storetest"
)

// TestStory publishes as a shop does, and counts what that costs.
func TestStory(t *testing.T) {
	t.Parallel()
	m := &storetest.Memory{}
	for _, tt := range []struct {
		name    string
		release Release
		outcome Outcome
		passed  []int
		created []string // manifests by their folder
		swapped int
		read    int
	}{
		{"the first", at(5), Published, nil, []string{"log/5", "log/first", "manifests/general", "manifests/staff"}, 0, 7},
		{"the same again", at(5), Unchanged, nil, nil, 0, 4},
		{"the next; general has a new manifest too", at(6), Published, nil, []string{"log/6", "manifests/general", "manifests/staff"}, 1, 5},
		{"the next; general has not", at(7), Published, nil, []string{"log/7", "manifests/staff"}, 1, 5},
		{"three later", at(10), Published, []int{8, 9}, []string{"log/10", "log/8", "log/9", "manifests/general", "manifests/staff"}, 1, 7},
		{"too late", at(8), Superseded, nil, nil, 0, 2},
		{"too late by one", at(9), Superseded, nil, nil, 0, 2},
		{"too late, and published before", at(6), Superseded, nil, nil, 0, 2},
	} {
		f := &storetest.Faulty{Store: m}
		report := expect(t, f, tt.release, tt.outcome)
		var created []string
		for _, p := range report.Created {
			name := strings.TrimSuffix(p, ".json")
			if strings.HasPrefix(p, "manifests/") {
				name = path.Dir(p)
			}
			created = append(created, name)
		}
		slices.Sort(created)
		if !slices.Equal(created, tt.created) || !slices.Equal(report.PassedOver, tt.passed) {
			t.Errorf("%s: created %q, passed over %v", tt.name, created, report.PassedOver)
		}
		if n := f.Count(storetest.Swapping); n != tt.swapped+probes(report) {
			t.Errorf("%s: %d objects swapped", tt.name, n)
		}
		if n := f.Count(storetest.Reading); n != tt.read {
			t.Errorf("%s: %d objects read", tt.name, n)
		}
		if serial, err := broken(m.Objects()); err != nil || serial != report.Live.Serial {
			t.Errorf("%s: serial %d, and %v", tt.name, serial, err)
		}
	}
}

// TestRequests counts what a change to one cohort of six costs.
func TestRequests(t *testing.T) {
	t.Parallel()
	six := func(serial int) Release {
		r := at(serial)
		for i := range 4 {
			m := manifest.Manifest{Cohort: fmt.Sprintf("still-%d", i), ID: manifest.Sum([]byte("{}")), Bytes: []byte("{}")}
			r.Pointer.Cohorts = append(r.Pointer.Cohorts, manifest.PointerCohort{Name: m.Cohort, URL: "https://x.example/" + m.Path(), SHA256: m.ID.String(), Size: 2})
			r.Objects = append(r.Objects, Object(headers, m.Path(), m.Bytes))
		}
		return r
	}
	f := &storetest.Faulty{Store: &storetest.Memory{}}
	publish(t, f, six(6))
	before := []int{f.Count(storetest.Reading), f.Count(storetest.Creating), f.Count(storetest.Swapping)}
	publish(t, f, six(7)) // staff has a new manifest, general and the others have not
	after := []int{f.Count(storetest.Reading), f.Count(storetest.Creating), f.Count(storetest.Swapping)}
	for i, want := range []int{9, 2, 1} {
		if got := after[i] - before[i]; got != want {
			t.Errorf("%d requests of kind %d, want %d", got, i, want)
		}
	}
}

// probes is how many swaps a probe takes, which only a first publish makes.
func probes(r *Report) int {
	if r.Before == nil {
		return 2
	}
	return 0
}

// TestHeaders looks at every object that a publisher leaves: each has the fields that the table gives it.
func TestHeaders(t *testing.T) {
	t.Parallel()
	m := &storetest.Memory{}
	publish(t, m, at(1))
	for path, o := range m.Objects() {
		fields, _ := manifest.HeadersOf(headers, path)
		if o.CacheControl == "" || o.CacheControl != fields.Value("Cache-Control") || o.ContentType != fields.Value("Content-Type") {
			t.Errorf("%s has %q and %q", path, o.CacheControl, o.ContentType)
		}
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	m := &storetest.Memory{}
	p := publisher(m)
	p.Lifetime = time.Hour
	now := clock
	p.Now = func() time.Time { return now }
	do := func(serial int, want Outcome, expires string) {
		t.Helper()
		report, err := p.Publish(context.Background(), at(serial))
		if err != nil || report.Outcome != want || report.Live.Expires != expires {
			t.Fatalf("%v, %v; want %s and %s", report, err, want, expires)
		}
	}
	do(1, Published, "2026-11-02T15:00:00Z")
	now = now.Add(10 * time.Minute)
	do(1, Unchanged, "2026-11-02T15:00:00Z")
	p.Refresh = true
	do(1, Refreshed, "2026-11-02T15:10:00Z")
	p.Refresh, now = false, clock.Add(70*time.Minute)
	do(1, Refreshed, "2026-11-02T16:10:00Z") // it had expired this second
	do(2, Published, "2026-11-02T16:10:00Z")
	p.Refresh = true
	do(1, Superseded, "2026-11-02T16:10:00Z")
}

// TestDrift changes a store behind the publisher's back, or publishes what does not belong there.
func TestDrift(t *testing.T) {
	t.Parallel()
	edit := func(path, old, new string) func(*storetest.Memory) {
		return func(m *storetest.Memory) {
			o := m.Objects()[path]
			changed := strings.Replace(string(o.Body), old, new, 1)
			if changed == string(o.Body) {
				panic(fmt.Sprintf("%q is not in %s", old, o.Body))
			}
			o.Body = []byte(changed)
			m.Put(o)
		}
	}
	rewrite := func(change func(*manifest.Pointer)) func(*storetest.Memory) {
		return func(m *storetest.Memory) {
			o := m.Objects()["log/6.json"]
			e, err := manifest.ParseEntry(o.Body)
			if err == nil {
				change(e)
				o.Body, err = e.Encode()
			}
			if err != nil {
				panic(err)
			}
			m.Put(o)
		}
	}
	staff := at(6).Pointer.Cohorts[0].Path()
	for _, tt := range []struct {
		name   string
		change func(*storetest.Memory)
		next   Release
		want   string
		mended bool // by Repair
	}{
		{"a damaged manifest", edit(staff, `6`, `7`), at(6), "is there with other content", false},
		{"a pointer that is no JSON", edit("pointer.json", `{`, `<`), at(7), "reading a pointer", true},
		{"a pointer from a compile", edit("pointer.json", `"issued":"2026-11-02T14:00:00Z",`, ``), at(7), "copied here from a compile", true},
		{"a pointer with another commit", edit("pointer.json", commitOf("", 6).Commit, commitOf("x", 6).Commit), at(7), "history was rewritten", true},
		{"a pointer with another serial", edit("pointer.json", `"serial":6`, `"serial":5`), at(7), "history was rewritten", true},
		{"a pointer with another manifest", edit("pointer.json", `"size":6`, `"size":7`), at(7), "contradict each other about serial 6", false},
		{"a pointer with another manifest, of the same serial", edit("pointer.json", `"size":6`, `"size":7`), at(6), "with other content", false},
		{"another registry's pointer", edit("pointer.json", `acme-shop`, `other-shop`), at(7), `holds the registry "other-shop"`, false},
		{"a changed entry", edit("log/6.json", `"size":6`, `"size":7`), at(7), "contradict each other about serial 6", false},
		{"a later serial that the log lacks", edit("pointer.json", `"serial":6`, `"serial":999999`), at(7), "the log has no entry of it", true},
		{"an entry that says it was passed over", rewrite(func(e *manifest.Pointer) { *e = *manifest.PassedOver(e.Registry, commitOf("", 6), e.Previous) }), at(7), "the log says that it was passed over", false},
		{"an entry with another predecessor that could be one", rewrite(func(e *manifest.Pointer) { e.Previous = manifest.Sum(nil).String() }), at(7), "as the entry before it", false},
		{"an entry that is no JSON", edit("log/6.json", `{`, `<`), at(7), "reading a log entry", false},
		{"an entry with another predecessor", edit("log/6.json", `"previous":"`, `"previous":"0`), at(7), "its previous is", false},
		{"a rewritten history", nil, release("x", 4, 7), "history was rewritten", true},
		{"another branch, no further", nil, release("x", 5, 6), "history was rewritten", true},
	} {
		m := &storetest.Memory{}
		publish(t, m, at(5))
		publish(t, m, at(6))
		if tt.change != nil {
			tt.change(m)
		}
		before := m.Objects()
		_, err := publisher(m).Publish(context.Background(), tt.next)
		if !errors.Is(err, ErrDrift) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got error %v, want %q", tt.name, err, tt.want)
		}
		if after := m.Objects()["pointer.json"]; string(after.Body) != string(before["pointer.json"].Body) {
			t.Errorf("%s: the pointer is another one", tt.name)
		}
		repair := publisher(m)
		repair.Repair = true
		report, err := repair.Publish(context.Background(), tt.next)
		if mended := err == nil && report.Outcome == Published; mended != (tt.mended && tt.change != nil) {
			t.Errorf("%s: repaired %t, %v", tt.name, mended, err)
		}
		if _, err := broken(m.Objects()); tt.mended && tt.change != nil && err != nil {
			t.Errorf("%s: after the repair: %v", tt.name, err)
		}
	}
}

// TestUnproved meets a pointer of a later serial. It is believed only if its signature is.
func TestUnproved(t *testing.T) {
	t.Parallel()
	m := &storetest.Memory{}
	publish(t, m, at(5))
	later := at(1_000_000).Pointer.Issue(clock, 0)
	forged, err := later.Encode()
	if err != nil {
		t.Fatal(err)
	}
	o := m.Objects()["pointer.json"]
	o.Body = forged
	m.Put(o)
	p := publisher(m)
	p.Read = func(document []byte) ([]byte, error) {
		if string(document) == string(forged) {
			return document, errors.New("nobody has signed it")
		}
		return document, nil
	}
	if _, err := p.Publish(context.Background(), at(6)); !errors.Is(err, ErrDrift) || !strings.Contains(err.Error(), "nobody has signed it") {
		t.Errorf("got error %v", err)
	}
	p.Repair = true
	if report, err := p.Publish(context.Background(), at(6)); err != nil || report.Outcome != Published {
		t.Errorf("repaired: %v, %v", report, err)
	}
	if serial, err := broken(m.Objects()); serial != 6 || err != nil {
		t.Errorf("serial %d, %v", serial, err)
	}
}

// TestSignature publishes with signatures that would not be believed: nothing is swapped.
func TestSignature(t *testing.T) {
	t.Parallel()
	m := &storetest.Memory{}
	p := publisher(m)
	p.Sign = func(_ context.Context, text []byte) ([]byte, error) { return append(text, '!'), nil }
	p.Read = func(document []byte) ([]byte, error) {
		text, ok := strings.CutSuffix(string(document), "!")
		if !ok {
			return document, errors.New("it is not signed")
		}
		return []byte(text), nil
	}
	if report, err := p.Publish(context.Background(), at(1)); err != nil || report.Outcome != Published {
		t.Fatal(report, err)
	}
	p.Sign = nil
	before := len(m.Objects())
	if _, err := p.Publish(context.Background(), at(2)); err == nil || !strings.Contains(err.Error(), "would not be believed: it is not signed") {
		t.Errorf("got error %v", err)
	}
	if len(m.Objects()) != before {
		t.Error("objects were sent, and their pointer can't be")
	}
	if body := m.Objects()["pointer.json"].Body; !strings.Contains(string(body), `"serial":1,`) {
		t.Errorf("the pointer is %s", body)
	}
	o := m.Objects()["pointer.json"]
	o.Body = o.Body[:len(o.Body)-1]
	m.Put(o) // somebody has taken the signature off
	p.Sign = func(_ context.Context, text []byte) ([]byte, error) { return append(text, '!'), nil }
	if report, err := p.Publish(context.Background(), at(1)); err != nil || report.Outcome != Refreshed || report.Unproved == nil {
		t.Errorf("%v, %v", report, err)
	}
}

// TestLost has somebody delete what is published. Publishing again brings it back.
func TestLost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lost string
		next int
		want Outcome
	}{
		{"pointer.json", 6, Published},
		{"pointer.json", 9, Published},
		{"pointer.json", 5, Superseded},
		{"log/6.json", 6, Unchanged},
		{"log/6.json", 9, Published},
		{at(6).Objects[0].Path, 6, Unchanged},
	} {
		m := &storetest.Memory{}
		publish(t, m, at(3))
		publish(t, m, at(6))
		m.Delete(tt.lost)
		expect(t, m, at(tt.next), tt.want)
		if serial, err := broken(m.Objects()); err != nil || tt.want != Superseded && serial != tt.next {
			t.Errorf("%s was lost, and serial %d is published: serial %d, %v", tt.lost, tt.next, serial, err)
		}
	}
}

// TestLostFirst has somebody delete or damage what says where the log begins.
func TestLostFirst(t *testing.T) {
	t.Parallel()
	for _, next := range []int{6, 9} {
		m := &storetest.Memory{}
		publish(t, m, at(3))
		publish(t, m, at(6))
		want := string(m.Objects()[manifest.FirstPath].Body)
		p := publisher(m)
		p.Repair = true
		for _, change := range [][2]string{{`{`, `<`}, {"log-first/v1", "log-first/v2"}, {"acme-shop", "other-shop"}, {`:3}`, `:0}`}} {
			damaged := m.Objects()[manifest.FirstPath]
			damaged.Body = []byte(strings.Replace(want, change[0], change[1], 1))
			m.Put(damaged)
			if _, err := p.Publish(context.Background(), at(next)); !errors.Is(err, ErrDrift) || !strings.Contains(err.Error(), "delete it there and publish again with --repair") {
				t.Errorf("%s: got error %v", damaged.Body, err)
			}
		}
		m.Delete(manifest.FirstPath)
		if _, err := p.Publish(context.Background(), at(next)); err != nil {
			t.Error(err)
		}
		if got := string(m.Objects()[manifest.FirstPath].Body); got != want {
			t.Errorf("the log begins with %q, want %q", got, want)
		}
		if serial, err := broken(m.Objects()); serial != next || err != nil {
			t.Errorf("serial %d, %v", serial, err)
		}
	}
}

// TestLostAnswer has the answer to a swap get lost, and the store's own other try meet what the first has written.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	m := &storetest.Memory{}
	do := func(refresh bool, want Outcome) {
		t.Helper()
		writes := 0
		f := &storetest.Faulty{Store: m, After: func(q storetest.Request) error {
			if q.Path != manifest.PointerPath || q.Op == storetest.Reading {
				return nil
			}
			writes++
			return store.ErrConflict
		}}
		p := publisher(f)
		p.Refresh = refresh
		report, err := p.Publish(context.Background(), at(5))
		if err != nil || report.Outcome != want || writes != 1 {
			t.Errorf("%v, %v after %d writes; want %s after one", report, err, writes, want)
		}
	}
	do(false, Published)
	do(true, Refreshed)
}

// TestOvertaken has somebody else swap the pointer before this run does, three times: what it has found, made and passed over is
// told once.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	m := &storetest.Memory{}
	publish(t, m, at(5))
	overtaken := 0
	f := &storetest.Faulty{Store: m, Before: func(q storetest.Request) error {
		if q.Path == manifest.PointerPath && q.Op == storetest.Swapping && overtaken < 3 {
			overtaken++
			p := publisher(m)
			p.Refresh, p.Now = true, func() time.Time { return clock.Add(time.Duration(overtaken) * time.Second) }
			if report, err := p.Publish(context.Background(), at(5)); err != nil || report.Outcome != Refreshed {
				t.Errorf("%v, %v", report, err)
			}
		}
		return nil
	}}
	report := expect(t, f, at(8), Published)
	all := slices.Sorted(slices.Values(slices.Concat(report.Created, report.Found)))
	if len(all) != len(slices.Compact(slices.Clone(all))) || !slices.Contains(report.Created, "log/7.json") || !slices.Equal(report.PassedOver, []int{6, 7}) || overtaken != 3 {
		t.Errorf("after %d others: created %q, found %q, passed over %v", overtaken, report.Created, report.Found, report.PassedOver)
	}
}

// TestProved meets the pointer of an earlier serial, and of its own, that today's keys have not signed. It is believed if its own
// commit asked for no more; otherwise what it says may be forged, and is signed only if somebody says so.
func TestProved(t *testing.T) {
	t.Parallel()
	for _, serial := range []int{5, 6} {
		m := &storetest.Memory{}
		publish(t, m, at(5))
		before := string(m.Objects()["pointer.json"].Body)
		p := publisher(m)
		p.Read = func(document []byte) ([]byte, error) {
			if string(document) == before {
				return document, errors.New("nobody has signed it")
			}
			return document, nil
		}
		asked := ""
		p.Proved = func(commit string, document []byte) error {
			asked = commit
			return errors.New("somebody was to sign it")
		}
		p.Now = func() time.Time { return clock.Add(time.Minute) }
		_, err := p.Publish(context.Background(), at(serial))
		if !errors.Is(err, ErrDrift) || !strings.Contains(err.Error(), "somebody was to sign it") || asked != commitOf("", 5).Commit {
			t.Errorf("serial %d: asked about %q, got error %v", serial, asked, err)
		}
		if string(m.Objects()["pointer.json"].Body) != before {
			t.Errorf("serial %d: the pointer was replaced", serial)
		}
		p.Repair = true
		if report, err := p.Publish(context.Background(), at(serial)); err != nil || report.Live.Serial != serial || report.Unproved == nil {
			t.Errorf("serial %d, repaired: %v, %v", serial, report, err)
		}
		m.Put(Object(headers, "pointer.json", []byte(before)))
		p.Repair, p.Proved = false, func(string, []byte) error { return nil }
		if report, err := p.Publish(context.Background(), at(serial)); err != nil || report.Live.Serial != serial || report.Unproved != nil {
			t.Errorf("serial %d, believed: %v, %v", serial, report, err)
		}
	}
}

// TestSignedLater does not let a repair take back what was signed.
func TestSignedLater(t *testing.T) {
	t.Parallel()
	m := &storetest.Memory{}
	publish(t, m, at(5))
	publish(t, m, at(7))
	m.Delete("log/7.json")
	p := publisher(m)
	p.Sign = func(_ context.Context, text []byte) ([]byte, error) { return text, nil }
	p.Repair = true
	if _, err := p.Publish(context.Background(), at(6)); !errors.Is(err, ErrDrift) {
		t.Errorf("got error %v", err)
	}
	if body := m.Objects()["pointer.json"].Body; !strings.Contains(string(body), `"serial":7,`) {
		t.Errorf("the pointer is %s", body)
	}
}

func TestRefusesBeforeItSends(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Release){
		"dirty":              func(r *Release) { r.Pointer.Unpublishable = "the work tree differs" },
		"no serial":          func(r *Release) { r.Pointer.Serial = 0 },
		"another manifest":   func(r *Release) { r.Objects[0].Body = []byte("{}") },
		"one damaged byte":   func(r *Release) { r.Objects[0].Body = append([]byte("["), r.Objects[0].Body[1:]...) },
		"a missing manifest": func(r *Release) { r.Objects = r.Objects[1:] },
	} {
		f := &storetest.Faulty{Store: &storetest.Memory{}}
		r := at(5)
		change(&r)
		if _, err := publisher(f).Publish(context.Background(), r); err == nil || len(f.Requests()) > 0 {
			t.Errorf("%s: got error %v after %d requests", name, err, len(f.Requests()))
		}
	}
}

// unsafe is a store that does not honour one of the conditions.
type unsafe struct {
	*storetest.Memory
	create, swap bool
}

func (u unsafe) Create(ctx context.Context, o store.Object) error {
	if u.create {
		u.Put(o)
		return nil
	}
	return u.Memory.Create(ctx, o)
}

func (u unsafe) Swap(ctx context.Context, o store.Object, tag store.Tag) error {
	if u.swap {
		u.Put(o)
		return nil
	}
	return u.Memory.Swap(ctx, o, tag)
}

func TestProbe(t *testing.T) {
	t.Parallel()
	for _, u := range []unsafe{{&storetest.Memory{}, true, false}, {&storetest.Memory{}, false, true}} {
		for range 20 { // whatever an earlier probe has left
			if _, err := publisher(u).Publish(context.Background(), at(1)); !errors.Is(err, ErrUnsafe) {
				t.Fatalf("got error %v", err)
			}
		}
		if _, ok := u.Objects()["pointer.json"]; ok {
			t.Error("there is a pointer")
		}
	}
}

func TestDry(t *testing.T) {
	t.Parallel()
	m := &storetest.Memory{}
	for serial := range 12 {
		before := m.Objects()
		planned, err := publisher(Dry(m)).Publish(context.Background(), at(serial+1))
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Objects()) != len(before) {
			t.Fatal("something was written")
		}
		if serial%3 == 1 {
			continue
		}
		done := publish(t, m, at(serial+1))
		for _, r := range []*Report{planned, done} {
			slices.Sort(r.Created)
			slices.Sort(r.Found)
		}
		if fmt.Sprint(planned.Outcome, planned.Created, planned.Found, planned.PassedOver) != fmt.Sprint(done.Outcome, done.Created, done.Found, done.PassedOver) {
			t.Errorf("planned %v, done %v", planned, done)
		}
	}
	publish(t, m, at(20))
	f := &storetest.Faulty{Store: m}
	if _, err := publisher(Dry(f)).Publish(context.Background(), release("x", 3, 21)); !errors.Is(err, ErrDrift) {
		t.Errorf("got error %v", err)
	}
	if f.Count(storetest.Creating)+f.Count(storetest.Swapping) > 0 {
		t.Error("a dry run has written")
	}
}
