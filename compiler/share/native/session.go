package native

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// slot is a package within a share scope.
type slot struct{ scope, name string }

// session is one page under the orchestrator.
type session struct {
	options Options
	now     parts   // what the page works on
	kept    parts   // what is stored
	changed changes // in now since it was stored
	log     []Line
	maps    []ImportMap
	actions map[string]map[string]*ruling // of apps added after init: by app and package
	files   []listing                     // the apps that were in force, each with the address it had
	chosen  []slot                        // the externals of pools where it had to be chosen which build serves whom; that goes by order
}

// failure is an error as the orchestrator throws it.
func failure(format string, args ...any) error { return fmt.Errorf("NFError: "+format, args...) }

func (s *session) say(level Level, step int, text string, details ...error) {
	text = fmt.Sprintf("[NF][%d]: %s", step, text)
	for _, err := range details {
		text += " " + err.Error()
	}
	s.log = append(s.log, Line{level, text})
}

func newSession(page Page) *session {
	s := &session{options: page.Options, kept: page.Stored.parts(), actions: map[string]map[string]*ruling{}}
	s.now = s.kept.clone()
	return s
}

func orchestrate(page Page) Outcome {
	s := newSession(page)
	documents, err := s.fetch(page)
	if err == nil {
		err = s.settle(documents)
	}
	if err != nil {
		return Outcome{Err: err.Error(), Log: s.log, Stored: page.Stored}
	}
	for name, a := range s.now.apps.all() {
		s.files = append(s.files, listing{name, a})
	}
	out := Outcome{Later: make([]string, len(page.Later))}
	for i := range page.Later {
		if err := s.add(&page.Later[i]); err != nil {
			out.Later[i] = err.Error()
		}
	}
	out.Log, out.Maps, out.Stored = s.log, s.maps, Storage{&s.kept}
	out.Got = s.got(page.Base)
	return out
}

// settle is initFederation from the moment when the documents are there.
func (s *session) settle(documents []*document) error {
	if err := s.storeAll(documents); err != nil {
		return err
	}
	s.markPools()
	decided, err := s.elect()
	if err != nil {
		return err
	}
	if err := s.poolShared(decided); err != nil {
		return err
	}
	m, err := s.generate()
	if err != nil {
		return err
	}
	s.commit(m)
	return nil
}

// commit hands the map to the browser and keeps what has changed.
func (s *session) commit(m ImportMap) {
	s.maps = append(s.maps, m)
	if s.changed.apps {
		s.kept.apps = s.now.apps.clone(same)
	}
	if s.changed.private {
		s.kept.private = clonePrivate(s.now.private)
	}
	if s.changed.shared {
		s.kept.shared = cloneShared(s.now.shared)
	}
	if s.changed.chunks {
		s.kept.chunks = s.now.chunks.clone(same)
	}
	s.changed = changes{}
}

// manifest lists the apps by name as the orchestrator sees them: the host comes last, unless a remote has its name.
func manifest(page Page) *table[*App] {
	apps := newObject[*App]()
	for i := range page.Remotes {
		apps.set(page.Remotes[i].Name, &page.Remotes[i])
	}
	if page.Host != nil {
		apps.set(cmp.Or(page.Host.Name, hostName), page.Host)
	}
	return apps
}

// request is an app whose document is asked for.
type request struct {
	name     string
	app      *App
	override bool
}

// fetch gets the documents of the manifest. They are taken in manifest order however they arrive; only the lines of the log, and
// which of several failures is thrown, follow the order of arrival.
func (s *session) fetch(page Page) ([]*document, error) {
	requests := newObject[request]()
	for name, app := range manifest(page).all() {
		before, there := s.now.apps.get(name)
		if !there || s.overrides(before, app.URL) {
			requests.set(name, request{name, app, there})
		}
	}
	arrived := map[string]*document{}
	var thrown error
	for _, name := range byArrival(requests.names(), page.Arrival) {
		d, err := s.receive(requests.at(name), page)
		arrived[name] = d
		thrown = cmp.Or(thrown, err)
	}
	var documents []*document
	for name := range requests.all() {
		if arrived[name] != nil {
			documents = append(documents, arrived[name])
		}
	}
	return documents, thrown
}

// overrides reports whether init asks anew for the document of an app that is stored. By default it does so only if its address
// has changed.
func (s *session) overrides(before installed, url string) bool {
	return s.options.Override != Never && (s.options.OverrideSameURL || url != join(before.home, "remoteEntry.json"))
}

// byArrival sorts names by the order of arrival; those not named come last.
func byArrival(all, order []string) []string {
	rank := func(name string) int {
		if i := slices.Index(order, name); i >= 0 {
			return i
		}
		return len(order)
	}
	return slices.SortedStableFunc(slices.Values(all), func(a, b string) int { return rank(a) - rank(b) })
}

// receive reads one document, nil if it is done without.
func (s *session) receive(r request, page Page) (*document, error) {
	isHost := page.Host != nil && r.name == cmp.Or(page.Host.Name, hostName)
	tag := s.options.CacheTag
	if isHost {
		tag = cmp.Or(s.options.HostCacheTag, tag)
	}
	d := &document{name: cmp.Or(r.app.Declares, r.app.Name), url: tagged(r.app.URL, "cacheTag", tag), app: r.app, host: isHost, override: r.override}
	if isHost {
		d.name = r.name
	}
	err := fetchError(r.app, d.url)
	other := fmt.Sprintf("Fetched remote '%s' does not match requested '%s'.", d.name, r.name)
	if err == nil && d.name != r.name && s.options.Strict.RemoteEntry {
		err = failure("%s", other)
	}
	switch {
	case err != nil && s.options.Strict.RemoteEntry:
		s.say(Error, 1, fmt.Sprintf("Could not fetch remote '%s'.", r.name), err)
		return nil, failure("Could not fetch remote '%s'", r.name)
	case err != nil:
		s.say(Warn, 1, fmt.Sprintf("Could not fetch remote '%s'. skipping init.", r.name), err)
		return nil, nil
	case d.name != r.name:
		s.say(Warn, 1, other+" Omitting expected name.")
	}
	d.shared = s.dense(r.app.Shared)
	return d, nil
}

// fetchError is what asking for an app's document throws, nil if it is there.
func fetchError(app *App, url string) error {
	if app.Fails == "" {
		return nil
	}
	why := app.Fails
	if _, message, named := strings.Cut(why, ": "); named {
		why = message
	}
	return failure("Fetch of '%s' returned %s", url, why)
}

func (s *session) storeAll(documents []*document) error {
	seen, repeated, gone := newMap[struct{}](), newMap[struct{}](), newMap[struct{}]()
	for _, d := range documents {
		if seen.has(d.name) {
			repeated.set(d.name, struct{}{})
		}
		seen.set(d.name, struct{}{})
		if d.override {
			gone.set(d.name, struct{}{})
		}
	}
	for name := range repeated.all() {
		gone.drop(name)
	}
	s.evict(gone)
	for _, d := range documents {
		if d.override && repeated.has(d.name) {
			s.evict(only(d.name))
		}
		if err := s.store(2, d, s.joinAtInit); err != nil {
			return err
		}
	}
	return nil
}

func only(name string) *names {
	set := newMap[struct{}]()
	set.set(name, struct{}{})
	return set
}

// joinAtInit puts a copy among the versions that the election will decide on.
func (s *session) joinAtInit(a *arrival) error {
	e := a.external
	action := Skip
	if a.scope == strictScope {
		action = Share
	} else {
		e.dirty = true
	}
	v := e.find(a.tag)
	if v == nil {
		e.versions = append(e.versions, &version{tag: a.tag, action: action, host: a.document.host, copies: []*appCopy{a.copy}})
		s.keep(a)
		return nil
	}
	if err := s.sameRange(2, a, v); err != nil {
		return err
	}
	if a.document.host && !v.host {
		v.host = true
		v.addFirst(a.copy)
	} else {
		v.add(a.copy)
	}
	s.keep(a)
	return nil
}
