package verify_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"muster/compiler/manifest"
)

// TestThief has somebody sign who has the key, and serve what they like.
func TestThief(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		serve func(s *scene)
		want  string
	}{
		{"a pointer for ever", func(s *scene) {
			p := *s.pointer()
			p.Expires = ""
			s.issue(&p)
		}, "served:ok history:ok rebuild:drift rebuild/expires entries:skipped"},
		{"a pointer for too long", func(s *scene) { s.issue(s.pointer().Issue(clock, lifetime+time.Second)) },
			"served:ok history:ok rebuild:drift rebuild/expires entries:skipped"},
		{"a pointer for less", func(s *scene) { s.issue(s.pointer().Issue(clock, time.Hour)) }, allRight},
		{"an entry of the pointer that is another when it is read again", func(s *scene) {
			p, entry := *s.pointer(), s.body("log/7.json")
			p.Previous = manifest.Sum(nil).String()
			s.issue(&p)
			s.hook = again("/log/7.json", entry)
		}, "served:ok history:drift history/chain rebuild:ok entries:skipped"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newWorld(t).newScene(t)
			tt.serve(s)
			if report, got := s.verify(); got != tt.want {
				t.Errorf("got  %s\nwant %s\n%+v", got, tt.want, report.Levels)
			}
		})
	}
}

// again answers with a body whoever asks for an object once more.
func again(path, body string) hook {
	var asked atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) bool {
		return r.URL.Path == path && asked.Add(1) > 1 && write(body)(w, r)
	}
}
