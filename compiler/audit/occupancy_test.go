package audit

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"muster/compiler/registry"
	"muster/compiler/resolve"
)

// serving is a state of one cohort, staff, with one remote: its releases and the share of each, in hundredths of a percent.
func serving(releases map[string]int) *State {
	remote := &registry.Remote{Name: registry.Text{Value: "checkout"}}
	pin := resolve.Pin{Remote: remote, From: resolve.Source{Pin: &registry.Pin{}}}
	for _, version := range []string{"2.2.0", "2.3.0", "2.4.0", "2.5.0"} {
		if share := releases[version]; share > 0 {
			pin.Choices = append(pin.Choices, resolve.Choice{Release: &registry.Release{Version: registry.Text{Value: version}}, Hundredths: share})
		}
	}
	return &State{Cohorts: []*Served{{Declared: &registry.Cohort{Name: registry.Text{Value: "staff"}}, Pins: []*resolve.Pin{&pin}}}}
}

func only(version string) *State { return serving(map[string]int{version: 10000}) }

func hour(n int) time.Time { return time.Date(2026, 11, 20, n, 0, 0, 0, time.UTC) }

// line is a history: at each hour what is served from then on, nil for what was; the commits are named by their places.
type line []struct {
	at    int
	state *State
}

func (l line) timeline(p Place) *Timeline {
	t := NewTimeline(nil)
	t.Watch(p, &registry.Release{Version: registry.Text{Value: p.Version}})
	for i, c := range l {
		t.Date(hour(c.at))
		if c.state != nil {
			t.See(fmt.Sprint("commit", i), hour(c.at), c.state)
		}
	}
	return t
}

func TestBestStay(t *testing.T) {
	place := Place{"staff", "checkout", "2.4.0"}
	for name, c := range map[string]struct {
		line line
		now  int
		want string // "" for none
	}{
		"never there":            {line{{0, only("2.3.0")}, {5, only("2.5.0")}}, 9, ""},
		"there":                  {line{{0, only("2.3.0")}, {5, only("2.4.0")}}, 9, "4h0m0s "},
		"others do not end it":   {line{{0, only("2.4.0")}, {3, nil}, {4, only("2.4.0")}, {5, nil}}, 9, "9h0m0s "},
		"a step on keeps it":     {line{{0, only("2.4.0")}, {3, only("2.5.0")}}, 9, "3h0m0s "},
		"a step back ends it":    {line{{0, only("2.4.0")}, {3, only("2.3.0")}}, 9, ""},
		"begun anew":             {line{{0, only("2.4.0")}, {3, only("2.3.0")}, {4, only("2.4.0")}}, 9, "5h0m0s "},
		"none ends it":           {line{{0, only("2.4.0")}, {3, serving(nil)}}, 9, ""},
		"an arm of a split":      {line{{0, serving(map[string]int{"2.3.0": 9000, "2.4.0": 1000})}}, 9, "9h0m0s 10"},
		"the least arm":          {line{{0, only("2.4.0")}, {4, serving(map[string]int{"2.3.0": 7500, "2.4.0": 2500})}}, 9, "9h0m0s 25"},
		"the longest":            {line{{0, only("2.4.0")}, {5, only("2.5.0")}, {6, only("2.4.0")}, {7, only("2.5.0")}}, 9, "5h0m0s "},
		"one that goes on":       {line{{0, only("2.4.0")}, {5, only("2.5.0")}, {6, only("2.4.0")}}, 9, "3h0m0s "},
		"begun before its time":  {line{{4, only("2.3.0")}, {1, only("2.4.0")}}, 9, "5h0m0s "},
		"a future date before":   {line{{8, only("2.3.0")}, {2, only("2.4.0")}, {9, nil}}, 9, "1h0m0s "},
		"ended by a future date": {line{{0, only("2.4.0")}, {20, only("2.5.0")}, {2, nil}}, 22, "2h0m0s "},
		"now before it began":    {line{{0, only("2.3.0")}, {5, only("2.4.0")}}, 3, "0s "},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			if s, ok := c.line.timeline(place).Best(place, 24*time.Hour, hour(c.now)); ok {
				got = s.For(hour(c.now)).String() + " " + s.Percent
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestLiesNeverLengthen changes the date of one commit of a random history, to any other: no release then seems to have been live for
// longer than the commits beside it allow.
func TestLiesNeverLengthen(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	place := Place{"staff", "checkout", "2.4.0"}
	versions := []string{"2.3.0", "2.4.0", "2.5.0"}
	for range 3000 {
		var truth line
		for at := range 8 {
			var s *State
			if rng.IntN(3) > 0 {
				s = only(versions[rng.IntN(3)])
			}
			truth = append(truth, line{{at * 2, s}}...)
		}
		lie := append(line(nil), truth...)
		i := 1 + rng.IntN(len(lie)-1) // before the first there is nothing that it could be held against
		lie[i].at = rng.IntN(40) - 10
		now := hour(16)
		honest, _ := truth.timeline(place).Best(place, 24*time.Hour, now)
		lying, ok := lie.timeline(place).Best(place, 24*time.Hour, now)
		slack := 2 * time.Hour // that one date is worth, between those beside it
		if ok && lying.For(now) > honest.For(now)+slack {
			t.Fatalf("%v with the truth %v, %v with commit %d dated %d", honest.For(now), truth, lying.For(now), i, lie[i].at)
		}
	}
}

func TestMovedSplit(t *testing.T) {
	pin := func(releases map[string]int) *resolve.Pin { return serving(releases).Cohorts[0].Pins[0] }
	for name, c := range map[string]struct {
		was, is map[string]int
		want    int
	}{
		"raised":    {map[string]int{"2.3.0": 9500, "2.4.0": 500}, map[string]int{"2.3.0": 7500, "2.4.0": 2500}, 2000},
		"the same":  {map[string]int{"2.3.0": 9500, "2.4.0": 500}, map[string]int{"2.3.0": 9500, "2.4.0": 500}, 0},
		"begun":     {map[string]int{"2.3.0": 10000}, map[string]int{"2.3.0": 9000, "2.4.0": 1000}, 1000},
		"all of it": {map[string]int{"2.3.0": 9000, "2.4.0": 1000}, map[string]int{"2.5.0": 10000}, 10000},
		"ended":     {map[string]int{"2.3.0": 9000, "2.4.0": 1000}, map[string]int{"2.4.0": 10000}, 9000},
		"a third":   {map[string]int{"2.3.0": 5000, "2.5.0": 5000}, map[string]int{"2.3.0": 4000, "2.4.0": 2000, "2.5.0": 4000}, 2000},
		"the first": {nil, map[string]int{"2.3.0": 10000}, 10000},
	} {
		t.Run(name, func(t *testing.T) {
			if got := movedSplit(pin(c.was), pin(c.is)); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}
