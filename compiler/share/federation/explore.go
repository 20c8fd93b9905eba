package federation

import (
	"slices"

	"muster/compiler/codeunit"
)

// Contest is one package and the apps of a page that share it: what to explore load orders of. The apps' declarations are
// those of the package alone.
type Contest struct {
	Host    App
	Remotes []Group
	Starts  bool // the host shares something else in these scopes, so under version-first it loads all entries without this package
	First   bool // the host imports the package, and gets it, before it loads a remote
	Ranges  *Ranges
}

// Group is apps that share the package in the same way: App holds for each of Names, and has no name itself.
type Group struct {
	App
	Names []string
}

// Consumer is one of the declarations of the package: whose, and its place among theirs.
type Consumer struct {
	Group int // an index of Contest.Remotes, or Host
	Index int
}

// Host is the group of the host.
const Host = -1

// Reach is what the load orders of a contest lead to.
type Reach struct {
	Outcomes map[Consumer][]Reached // in the order in which the search met them: the shortest way first
	// Apart is a set of two or more copies that apps which declare the package a singleton get in one page, the largest that
	// was met; and the way there.
	Apart      []Copy
	ApartOrder []Event
}

// Reached is an outcome of an app, and the shortest order of events that leads there.
type Reached struct {
	Outcome            // of the app that met it first
	Providers []string // whose copies of that version it may be, by name; nil where it is the app's own, beside the scope
	Order     []Event  // nil if no order was tried
}

// Event is something that an app does. An order of them starts with what the host does first.
type Event struct {
	App  string
	Verb Verb
}

// Verb is what an app does.
type Verb uint8

// What apps do.
const (
	Starts   Verb = iota // the host begins to import the package, or another of the same scopes
	Arrives              // the remote's entry comes in
	Imports              // the app asks for the package, and is given a copy
	Finishes             // that copy has come in too
)

// String is the verb in a sentence about the package: "shell starts", "checkout loads".
func (v Verb) String() string {
	return [...]string{"starts", "loads", "imports it", "has it"}[v]
}

// Explore tries the load orders of a contest: every order in which entries can arrive and apps can import the package, and
// every moment at which a copy can come in. Where there are more than a few apps, two of each group stand for all, the
// first and the last by name, because names decide among them. It is false if there are more than limit states, or more than
// maxActors apps act.
func Explore(c Contest, limit int) (Reach, bool) {
	if len(c.Remotes) > maxActors {
		return Reach{}, false
	}
	x := explorer{contest: c, reach: Reach{Outcomes: map[Consumer][]Reached{}}, groups: map[string]int{c.Host.Name: Host}}
	first := x.begin()
	if len(first.consumers) > maxActors {
		return Reach{}, false
	}
	queue, seen := []*state{first}, map[string]bool{first.key(): true}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		for _, e := range s.events() {
			next := s.after(e)
			x.note(next)
			if key := next.key(); !seen[key] {
				if seen[key] = true; len(seen) > limit {
					return Reach{}, false
				}
				queue = append(queue, next)
			}
		}
	}
	x.spread()
	return x.reach, true
}

type explorer struct {
	contest Contest
	groups  map[string]int // by the names of the apps that act
	reach   Reach
}

const (
	few       = 4  // how many remotes all act, each for itself
	maxActors = 16 // how many may act
)

func (x *explorer) begin() *state {
	c := x.contest
	config := Config{Host: c.Host, Ranges: c.Ranges}
	s := &state{contest: &x.contest}
	for i := range c.Host.Shared {
		s.consumers = append(s.consumers, consumer{app: c.Host.Name, index: i})
	}
	all := 0
	for _, g := range c.Remotes {
		all += len(g.Names)
	}
	for n, g := range c.Remotes {
		names := g.Names
		if all > few {
			names = slices.Compact([]string{slices.MinFunc(names, codeunit.Compare), slices.MaxFunc(names, codeunit.Compare)})
		}
		for _, name := range names {
			a := g.App
			a.Name, x.groups[name] = name, n
			config.Remotes = append(config.Remotes, a)
			for i := range a.Shared {
				s.consumers = append(s.consumers, consumer{app: name, index: i, many: len(g.Names) > len(names)})
			}
		}
	}
	s.page = New(config)
	return s
}

// note keeps what a state's last event brought.
func (x *explorer) note(s *state) {
	if out := s.last.outcome; out != nil {
		of := Consumer{x.groups[s.last.app], s.last.index}
		list := x.reach.Outcomes[of]
		i := slices.IndexFunc(list, func(r Reached) bool { return r.Same(*out) })
		if i < 0 {
			i, list = len(list), append(list, Reached{Outcome: *out, Order: s.order()})
		}
		if !out.Own && out.Err == "" {
			list[i].provided(out.Copy.Provider)
		}
		x.reach.Outcomes[of] = list
	}
	if len(s.apart) > max(1, len(x.reach.Apart)) {
		x.reach.Apart, x.reach.ApartOrder = s.apart, s.order()
	}
}

// Same reports whether two outcomes are told as one: the same version and the same kind of complaint, whoever a message
// says it is from.
func (o Outcome) Same(p Outcome) bool {
	if o.Err != "" || p.Err != "" {
		return o.Missing() == p.Missing() && (o.Err == "") == (p.Err == "")
	}
	return o.Copy.Version == p.Copy.Version && o.Own == p.Own && len(o.Warnings) == len(p.Warnings)
}

func (r *Reached) provided(by string) {
	if at, known := slices.BinarySearch(r.Providers, by); !known {
		r.Providers = slices.Insert(r.Providers, at, by)
	}
}

// spread gives every member of a group a part in what those that stand for it provided.
func (x *explorer) spread() {
	for _, list := range x.reach.Outcomes {
		for i := range list {
			for _, name := range slices.Clone(list[i].Providers) {
				if g := x.groups[name]; g != Host {
					for _, member := range x.contest.Remotes[g].Names {
						list[i].provided(member)
					}
				}
			}
		}
	}
}
