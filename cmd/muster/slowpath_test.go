package main

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// between tells what lies between two states that compile; before is nil for the first.
func between(before, after *served) (events []told) {
	if before == nil {
		before = &served{}
	}
	renamed := renamedRemotes(before, after)
	events = append(events, policyEvents(before, after)...)
	events = append(events, remoteEvents(before, after, renamed)...)
	for _, name := range sortedNames(before.declared, after.declared) {
		was, is := before.declared[name], after.declared[name]
		switch {
		case is == nil:
			events = append(events, told{Kind: "cohort-removed", Cohort: name})
			continue
		case was == nil:
			events = append(events, told{Kind: "cohort-added", Cohort: name, To: after.audience(name)})
		}
		events = append(events, cohortEvents(before, after, name)...)
		events = append(events, pinEvents(before, after, name, renamed)...)
	}
	return events
}

// sortedNames are the keys of two mappings.
func sortedNames(a, b map[string]fields) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]fields{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// listed is a list in a document, nil for none.
func listed(d fields, key string) []any {
	l, _ := d[key].([]any)
	return l
}

// lacking are those of a that are not in b, as often as there are more of them.
func lacking(a, b []any) (left []fields) {
	b = slices.Clone(b)
	for _, v := range a {
		if i := slices.IndexFunc(b, same(v)); i >= 0 {
			b = slices.Delete(b, i, i+1)
		} else {
			left = append(left, v.(fields))
		}
	}
	return left
}

func waiverText(w fields) string { return fmt.Sprintf("%v until %v", w["rule"], w["until"]) }

// policyEvents tells what became of the policy: all but the waivers is one event.
func policyEvents(before, after *served) (events []told) {
	a, b := listed(before.policy, "waivers"), listed(after.policy, "waivers")
	for _, w := range lacking(b, a) {
		events = append(events, told{Kind: "waiver-granted", Remote: w["remote"].(string), To: waiverText(w)})
	}
	for _, w := range lacking(a, b) {
		events = append(events, told{Kind: "waiver-ended", Remote: w["remote"].(string), From: waiverText(w)})
	}
	rest := func(s *served) []any { return []any{s.registry, without(s.policy, "waivers"), s.constraints} }
	if before.policy != nil && !reflect.DeepEqual(rest(before), rest(after)) {
		events = append(events, told{Kind: "policy-changed"})
	}
	return events
}

// renamedRemotes are the names of remotes before that go by another name now: one is gone, and another that is new has an
// entry of its. The new by the old. A host's releases name no entries: it is known again by one that is the same to the last field.
func renamedRemotes(before, after *served) map[string]string {
	renamed := map[string]string{}
	for _, old := range sortedNames(before.remotes, nil) {
		for _, now := range sortedNames(after.remotes, nil) {
			if after.remotes[old] == nil && before.remotes[now] == nil && shareEntry(before.remotes[old], after.remotes[now]) {
				renamed[old] = now
			}
		}
	}
	return renamed
}

func shareEntry(a, b fields) bool {
	hosts := a["kind"] == "host" && b["kind"] == "host"
	return slices.ContainsFunc(releasesOf(a), func(r fields) bool {
		return slices.ContainsFunc(releasesOf(b), func(s fields) bool {
			return r["entry"] != nil && r["entry"] == s["entry"] || hosts && reflect.DeepEqual(r, s)
		})
	})
}

func remoteEvents(before, after *served, renamed map[string]string) (events []told) {
	old := map[string]string{}
	for o, now := range renamed {
		old[now] = o
		events = append(events, told{Kind: "remote-renamed", Remote: now, From: o, To: now})
	}
	for _, name := range sortedNames(before.remotes, after.remotes) {
		was, is := before.remotes[cmp.Or(old[name], name)], after.remotes[name]
		switch {
		case is == nil && renamed[name] == "":
			events = append(events, told{Kind: "remote-removed", Remote: name})
		case is == nil:
		case was == nil:
			events = append(events, told{Kind: "remote-added", Remote: name})
			fallthrough
		default:
			events = append(events, changesOf(was, is, name)...)
		}
	}
	return events
}

// changesOf tells what became of a remote's declaration; was is nil for a new one.
func changesOf(was, is fields, name string) (events []told) {
	if was != nil && was["owner"] != is["owner"] {
		events = append(events, told{Kind: "owner-changed", Remote: name, From: was["owner"].(string), To: is["owner"].(string)})
	}
	if was != nil && !reflect.DeepEqual(otherFields(was), otherFields(is)) {
		events = append(events, told{Kind: "remote-changed", Remote: name})
	}
	old, now := byVersion(was), byVersion(is)
	for _, v := range sortedNames(old, now) {
		a, b := old[v], now[v]
		switch {
		case a == nil:
			events = append(events, told{Kind: "released", Remote: name, To: v})
			a = fields{}
		case b == nil:
			events = append(events, told{Kind: "release-dropped", Remote: name, From: v})
			continue
		}
		for _, kind := range releaseChanges(a, b) {
			events = append(events, told{Kind: kind, Remote: name, To: v})
		}
	}
	return events
}

// otherFields are those of a remote that nothing else tells of. Its container is, if not declared, the name in camelCase;
// of the random names that is the name itself.
func otherFields(remote fields) fields {
	d := without(remote, "name", "owner", "releases", "description")
	if d["container"] == nil {
		d["container"] = remote["name"]
	}
	return d
}

// releaseChanges are what became of a release; a is empty for a new one.
func releaseChanges(a, b fields) (kinds []string) {
	if a["status"] != b["status"] || b["status"] != nil && a["reason"] != b["reason"] {
		kinds = append(kinds, cmp.Or(map[any]string{"deprecated": "deprecated", "revoked": "revoked"}[b["status"]], "reinstated"))
	}
	was, _ := a["evidence"].(fields)
	is, _ := b["evidence"].(fields)
	for kind, proof := range is {
		if len(a) > 0 && !reflect.DeepEqual(was[kind], proof) {
			kinds = append(kinds, "evidence-added")
		}
	}
	if len(a) > 0 && !reflect.DeepEqual(without(a, "status", "reason", "evidence"), without(b, "status", "reason", "evidence")) {
		kinds = append(kinds, "release-changed")
	}
	return kinds
}

func without(d fields, keys ...string) fields {
	d = maps.Clone(d)
	for _, k := range keys {
		delete(d, k)
	}
	return d
}

func byVersion(remote fields) map[string]fields {
	releases := map[string]fields{}
	for _, r := range releasesOf(remote) {
		releases[fmt.Sprint(r["version"])] = r
	}
	return releases
}

// cohortEvents tells what became of a cohort, but for its pins; was is nil for a new one.
func cohortEvents(before, after *served, name string) (events []told) {
	was, is := before.declared[name], after.declared[name]
	add := func(kind, from, to string) {
		events = append(events, told{Kind: kind, Cohort: name, From: from, To: to})
	}
	if a, b := before.audience(name), after.audience(name); was != nil && a != b {
		add("audience-changed", a, b)
	}
	a, _ := was["frozen"].(fields)
	b, _ := is["frozen"].(fields)
	switch from, _ := a["at"].(string); {
	case b != nil && !reflect.DeepEqual(a, b):
		add("frozen", from, b["at"].(string))
	case a != nil && b == nil:
		add("thawed", from, "")
	}
	for _, h := range lacking(listed(is, "holds"), listed(was, "holds")) {
		events = append(events, told{Kind: "held", Cohort: name, Remote: h["remote"].(string), To: h["version"].(string)})
	}
	for _, h := range lacking(listed(was, "holds"), listed(is, "holds")) {
		events = append(events, told{Kind: "hold-lifted", Cohort: name, Remote: h["remote"].(string), From: h["version"].(string)})
	}
	others := func(d fields) fields { return without(d, "audience", "frozen", "holds", "pins", "description") }
	if was != nil && !reflect.DeepEqual(others(was), others(is)) {
		add("cohort-changed", "", "")
	}
	return events
}

// audience is who is in a cohort, in words, by the pointer.
func (s *served) audience(cohort string) string {
	a, _ := s.entry(cohort)["audience"].(fields)
	if a == nil {
		return "everybody else"
	}
	var words []string
	if p, ok := a["percent"].(float64); ok {
		words = append(words, strconv.FormatFloat(p, 'f', -1, 64)+" %")
	}
	claims, _ := a["claims"].(fields)
	for name, values := range claims {
		var texts []string
		for _, v := range values.([]any) {
			texts = append(texts, v.(string))
		}
		words = append(words, name+"="+strings.Join(texts, ","))
	}
	return strings.Join(words, " of ")
}

// entry is what the pointer says of a cohort.
func (s *served) entry(name string) fields {
	for _, c := range s.cohorts {
		if c := c.(fields); c["name"] == name {
			return c
		}
	}
	return nil
}

// pinEvents tells which releases a cohort got and lost, by its manifests.
func pinEvents(before, after *served, cohort string, renamed map[string]string) (events []told) {
	was, is := before.pinsIn(cohort), after.pinsIn(cohort)
	old := map[string]string{}
	for o, now := range renamed {
		old[now] = o
		if _, frozen := is[o]; frozen { // which goes on by its old name
			continue
		}
		if p, ok := was[o]; ok {
			was[now] = p
			delete(was, o)
		}
	}
	for _, remote := range slices.Sorted(maps.Keys(union(was, is))) {
		e := told{Cohort: cohort, Remote: remote, From: was[remote], To: is[remote]}
		e.Kind = kindOf(e.From, e.To)
		switch was := cmp.Or(old[remote], remote); {
		case e.Kind != "":
		case e.To == "disabled" && !reflect.DeepEqual(before.disabled[cohort][was], after.disabled[cohort][remote]):
			e.Kind = "disabled" // for another reason
		case before.frozen(cohort) || after.frozen(cohort) || reflect.DeepEqual(before.browsed(was, e.To), after.browsed(remote, e.To)):
			continue
		default:
			e.Kind = "altered"
			events = append(events, e)
			continue
		}
		if e.Kind != "withdrawn" {
			e.Via = via(before, after, cohort, remote, cmp.Or(old[remote], remote))
		}
		switch e.Kind {
		case "disabled":
			e.To = ""
		case "enabled":
			e.From = ""
		}
		events = append(events, e)
	}
	return events
}

func (s *served) frozen(cohort string) bool { return s.declared[cohort]["frozen"] != nil }

// browsed is what of a remote's document bears on a browser that gets some of its releases.
func (s *served) browsed(name, versions string) []any {
	remote := s.remotes[name]
	if versions == "disabled" {
		return []any{name, remote["load"], remote["kind"]}
	}
	what := []any{name, remote["owner"], otherFields(remote)}
	for _, share := range strings.Split(versions, ", ") {
		version, _, _ := strings.Cut(share, " ")
		release := byVersion(remote)[version]
		for _, field := range []string{"entry", "type", "integrity", "size", "files", "bundler", "shared"} {
			what = append(what, release[field])
		}
	}
	return what
}

func union(a, b map[string]string) map[string]string {
	a = maps.Clone(a)
	maps.Copy(a, b)
	return a
}

// pinsIn are the releases in a cohort's manifest, in words, by host and remote. A host that is switched off is in none.
func (s *served) pinsIn(cohort string) map[string]string {
	pins := map[string]string{}
	for name := range s.disabled[cohort] {
		pins[name] = "disabled"
	}
	for _, part := range []string{"hosts", "remotes"} {
		entries, _ := s.manifests[cohort][part].(fields)
		for name, e := range entries {
			pins[name] = inWords(e.(fields))
		}
	}
	return pins
}

func inWords(entry fields) string {
	split, ok := entry["split"].([]any)
	if !ok {
		return entry["version"].(string)
	}
	var shares []string
	for _, v := range split {
		v := v.(fields)
		s := fmt.Sprintf("%v %s %%", v["version"], strconv.FormatFloat(v["percent"].(float64), 'f', -1, 64))
		if v["variant"] != v["version"] { // the release's number stands where the registry names none
			s += fmt.Sprintf(" (%v)", v["variant"])
		}
		shares = append(shares, s)
	}
	return strings.Join(shares, ", ")
}

// kindOf says what it is that a cohort had one text and now has the other.
func kindOf(from, to string) string {
	plain := func(s string) bool { return s != "" && s != "disabled" && !strings.Contains(s, "%") }
	switch {
	case from == to:
		return ""
	case to == "":
		return "withdrawn"
	case to == "disabled":
		return "disabled"
	case from == "disabled":
		return "enabled"
	case from == "" && plain(to):
		return "promoted"
	case plain(from) && plain(to) && older(to, from):
		return "rolled-back"
	case plain(from) && plain(to):
		return "promoted"
	}
	return "split-changed"
}

// older compares the versions that a random history has: three numbers, and -rc.1 before the release itself.
func older(a, b string) bool {
	parts := func(v string) []int {
		numbers, pre, _ := strings.Cut(v, "-")
		var n []int
		for _, s := range strings.Split(numbers, ".") {
			i, err := strconv.Atoi(s)
			if err != nil {
				panic(err)
			}
			n = append(n, i)
		}
		if pre == "" {
			return append(n, 1)
		}
		return append(n, 0)
	}
	return slices.Compare(parts(a), parts(b)) < 0
}

// via says how a release came into a cohort, by what is written of it before and after.
func via(before, after *served, cohort, remote, old string) string {
	was, is := before.declared[cohort], after.declared[cohort]
	if is["frozen"] != nil {
		return "freeze"
	}
	if was["frozen"] != nil {
		return "thaw"
	}
	_, a := before.pinOf(cohort, old)
	by, b := after.pinOf(cohort, remote)
	switch {
	case reflect.DeepEqual(a, b):
		return "range"
	case by == cohort:
		return "pin"
	}
	return "inheritance"
}

// pinOf finds the pin of a remote that a cohort has or inherits, and the cohort that declares it.
func (s *served) pinOf(cohort, remote string) (by string, pin any) {
	for seen := 0; cohort != "" && seen < 50; seen++ {
		c := s.declared[cohort]
		pins, _ := c["pins"].(fields)
		if p, ok := pins[remote]; ok {
			return cohort, p
		}
		cohort, _ = c["extends"].(string)
	}
	return "", nil
}
