package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"
)

// edits are the ways in which a commit changes a registry. Each says what it did, "" if there was nothing to do it to.
// What it leaves need not compile.
var edits = []func(*randomHistory) string{
	addRelease, addRelease, dropRelease, judgeRelease, judgeRelease, editRelease, proveRelease,
	movePin, movePin, movePin, movePin, pinRange, pinRange, disablePin, disablePin, splitPin, splitPin, changeSplit, changeSplit, dropPin,
	changePercent, changePercent, changeClaims, changeExtends, freeze, freeze, freeze, thaw, thaw, hold, hold, liftHold,
	addCohort, removeCohort, changeCohort, addRemote, removeRemote, renameRemote, renameRemote, moveRemote, changeOwner, changeRemote,
	grantWaiver, endWaiver, changePolicy, changePolicy, constrain, document, touchNothing, changeMode,
}

// anyRemote is a document below remotes/ and its name.
func (h *randomHistory) anyRemote() (file, name string, r fields) {
	files := h.remotes()
	if len(files) == 0 {
		return "", "", nil
	}
	file = pick(h, files)
	r = h.load(file)
	return file, fmt.Sprint(r["name"]), r
}

// remoteNamed is the document of a remote; nil if it can't be found.
func (h *randomHistory) remoteNamed(name string) fields {
	for _, file := range h.remotes() {
		if r := h.load(file); r["name"] == name {
			return r
		}
	}
	return nil
}

func (h *randomHistory) anyCohort() (file string, c fields) {
	files := h.cohorts()
	if len(files) == 0 {
		return "", nil
	}
	file = pick(h, files)
	return file, h.load(file)
}

// pinsOf are a cohort's own pins, which may be changed; the names are sorted.
func pinsOf(c fields) (pins fields, names []string) {
	pins, _ = c["pins"].(fields)
	if pins == nil {
		pins = fields{}
	}
	c["pins"] = pins
	for name := range pins {
		names = append(names, name)
	}
	slices.Sort(names)
	return pins, names
}

func addRelease(h *randomHistory) string {
	file, name, r := h.anyRemote()
	releases := releasesOf(r)
	if len(releases) == 0 {
		return ""
	}
	v := h.next(fmt.Sprint(releases[0]["version"]))
	r["releases"] = append([]any{h.newRelease(name, v, r["kind"] == "host")}, r["releases"].([]any)...)
	h.save(file, r)
	return "release " + name + " " + v
}

func dropRelease(h *randomHistory) string {
	file, name, r := h.anyRemote()
	list, _ := r["releases"].([]any)
	if len(list) < 2 {
		return ""
	}
	i := h.IntN(len(list))
	r["releases"] = slices.Delete(list, i, i+1)
	h.save(file, r)
	return "drop a release of " + name
}

// anyRelease changes a release in place.
func anyRelease(h *randomHistory, what string, change func(release fields)) string {
	file, name, r := h.anyRemote()
	releases := releasesOf(r)
	if len(releases) == 0 {
		return ""
	}
	release := pick(h, releases)
	change(release)
	h.save(file, r)
	return fmt.Sprint(what, " ", name, " ", release["version"])
}

func judgeRelease(h *randomHistory) string {
	status := pick(h, []string{"deprecated", "revoked", ""})
	return anyRelease(h, "status "+status, func(r fields) {
		delete(r, "status")
		delete(r, "reason")
		if status != "" {
			r["status"], r["reason"] = status, h.name("INC-")
		}
	})
}

func editRelease(h *randomHistory) string {
	return anyRelease(h, "edit", func(r fields) {
		switch _, entry := r["entry"]; {
		case !entry || h.IntN(3) == 0:
			r["shared"] = fields{"react": fields{"version": fmt.Sprintf("19.%d.0", h.IntN(9)), "requiredVersion": "^19.0.0", "singleton": true}}
		case h.IntN(2) == 0:
			r["size"] = 1000 + h.IntN(5000)
		default:
			r["integrity"] = integrity(h.name("other"))
		}
	})
}

func proveRelease(h *randomHistory) string {
	return anyRelease(h, "evidence for", func(r fields) {
		evidence, _ := r["evidence"].(fields)
		if evidence == nil {
			evidence = fields{}
		}
		evidence[pick(h, []string{"e2e", "accessibility"})] = fields{"status": pick(h, []string{"passed", "failed"})}
		r["evidence"] = evidence
	})
}

// setPin gives a cohort a pin of some remote, of whose releases choose makes it; nil for none.
func setPin(h *randomHistory, what string, choose func(versions []string) any) string {
	file, c := h.anyCohort()
	_, name, r := h.anyRemote()
	versions := versionsOf(r)
	if c == nil || len(versions) == 0 {
		return ""
	}
	pin := choose(versions)
	pins, _ := pinsOf(c)
	if pin == nil || reflect.DeepEqual(pins[name], pin) {
		return ""
	}
	pins[name] = pin
	h.save(file, c)
	return fmt.Sprint(c["name"], ": ", what, " ", name)
}

func movePin(h *randomHistory) string {
	return setPin(h, "pin", func(versions []string) any { return pick(h, versions) })
}

func pinRange(h *randomHistory) string {
	return setPin(h, "range", func(versions []string) any {
		v := pick(h, versions)
		numbers := strings.Split(v, ".")
		return pick(h, []string{"~" + numbers[0] + "." + numbers[1], "^" + v, "*", ">=" + v})
	})
}

func disablePin(h *randomHistory) string {
	return setPin(h, "disable", func([]string) any { return fields{"disabled": h.name("INC-")} })
}

func splitPin(h *randomHistory) string {
	return setPin(h, "split", func(versions []string) any {
		a, b := pick(h, versions), pick(h, versions)
		if a == b {
			return nil
		}
		p := h.IntN(101)
		second := fields{"version": b, "percent": 100 - p}
		if h.IntN(2) == 0 {
			second["variant"] = "new"
		}
		return fields{"split": []any{fields{"version": a, "percent": p}, second}}
	})
}

// changeSplit moves users between the variants of a split, or ends it.
func changeSplit(h *randomHistory) string {
	file, c := h.anyCohort()
	pins, names := pinsOf(c)
	for _, name := range names {
		pin, _ := pins[name].(fields)
		split, _ := pin["split"].([]any)
		if len(split) != 2 {
			continue
		}
		a, b := split[0].(fields), split[1].(fields)
		if h.IntN(4) == 0 {
			pins[name] = b["version"]
		} else {
			p := h.IntN(101)
			a["percent"], b["percent"] = p, 100-p
		}
		h.save(file, c)
		return fmt.Sprint(c["name"], ": another split of ", name)
	}
	return ""
}

func dropPin(h *randomHistory) string {
	file, c := h.anyCohort()
	pins, names := pinsOf(c)
	if len(names) == 0 {
		return ""
	}
	name := pick(h, names)
	delete(pins, name)
	h.save(file, c)
	return fmt.Sprint(c["name"], ": no pin of ", name)
}

// changeAny changes a cohort's document, and leaves it if that comes to nothing.
func changeAny(h *randomHistory, what string, change func(c fields) bool) string {
	file, c := h.anyCohort()
	if c == nil || !change(c) {
		return ""
	}
	h.save(file, c)
	return fmt.Sprint(c["name"], ": ", what)
}

func changePercent(h *randomHistory) string {
	return changeAny(h, "percent", func(c fields) bool {
		a, ok := c["audience"].(fields)
		if ok {
			a["percent"] = []any{0, 1, 5, 12.5, 50, 100}[h.IntN(6)]
		}
		return ok
	})
}

func changeClaims(h *randomHistory) string {
	return changeAny(h, "claims", func(c fields) bool {
		a, ok := c["audience"].(fields)
		if ok {
			a["claims"] = fields{pick(h, []string{"group", "market"}): []any{pick(h, []string{"staff", "be", "nl"}), h.name("g")}}
		}
		return ok
	})
}

func changeExtends(h *randomHistory) string {
	_, other := h.anyCohort()
	return changeAny(h, "extends", func(c fields) bool {
		if c["extends"] == other["name"] || c["extends"] == nil {
			return false
		}
		c["extends"] = other["name"]
		return true
	})
}

func freeze(h *randomHistory) string {
	return changeAny(h, "freeze", func(c fields) bool {
		if h.until > 0 && h.IntN(2) == 0 {
			return false
		}
		at := pick(h, strings.Fields(h.git("rev-list", "HEAD")))
		if h.IntN(2) == 0 {
			at = at[:12]
		}
		f := fields{"at": at, "reason": h.name("INC-")}
		if h.IntN(4) == 0 {
			f["until"] = h.now.AddDate(0, 0, h.IntN(20)).Format(time.DateOnly)
		}
		c["frozen"] = f
		return true
	})
}

func thaw(h *randomHistory) string {
	for _, file := range h.cohorts() {
		if c := h.load(file); c["frozen"] != nil {
			delete(c, "frozen")
			h.save(file, c)
			return fmt.Sprint(c["name"], ": thaw")
		}
	}
	return ""
}

func hold(h *randomHistory) string {
	_, name, r := h.anyRemote()
	versions := versionsOf(r)
	return changeAny(h, "hold "+name, func(c fields) bool {
		if len(versions) == 0 {
			return false
		}
		holds, _ := c["holds"].([]any)
		c["holds"] = append(holds, fields{"remote": name, "version": pick(h, versions),
			"because": pick(h, []string{"rollback", "budget", "inconclusive"}), "reason": h.name("INC-")})
		return true
	})
}

func liftHold(h *randomHistory) string {
	for _, file := range h.cohorts() {
		c := h.load(file)
		if holds, _ := c["holds"].([]any); len(holds) > 0 {
			i := h.IntN(len(holds))
			c["holds"] = slices.Delete(holds, i, i+1)
			h.save(file, c)
			return fmt.Sprint(c["name"], ": hold lifted")
		}
	}
	return ""
}

func addCohort(h *randomHistory) string {
	_, parent := h.anyCohort()
	if parent == nil || len(h.cohorts()) > 6 {
		return ""
	}
	name := h.name("team")
	h.newCohort(name, fields{"extends": parent["name"], "audience": fields{"claims": fields{"group": []any{name}}}})
	return "cohort " + name
}

func removeCohort(h *randomHistory) string {
	file, c := h.anyCohort()
	if c == nil || len(h.cohorts()) < 4 {
		return ""
	}
	h.write(file, nil)
	return fmt.Sprint("no cohort ", c["name"])
}

// changeCohort changes what is neither a pin nor the audience.
func changeCohort(h *randomHistory) string {
	return changeAny(h, "other fields", func(c fields) bool {
		switch h.IntN(3) {
		case 0:
			c["description"] = h.name("words")
		case 1:
			c["soak"] = fmt.Sprintf("%dh", 1+h.IntN(48))
		default:
			c["requires"] = []any{pick(h, []string{"e2e", "accessibility"})}
		}
		return true
	})
}

func addRemote(h *randomHistory) string {
	if len(h.remotes()) > 11 {
		return ""
	}
	name := h.name("extra")
	v := h.newRemote(name, fields{"owner": "team-" + name, "routes": []any{fields{"path": "/" + name, "expose": "./Routes"}}})
	if h.IntN(3) > 0 {
		changeAny(h, "", func(c fields) bool {
			pins, _ := pinsOf(c)
			pins[name] = v
			return true
		})
	}
	return "remote " + name
}

// inPins calls change with every cohort's own pins that name a remote.
func inPins(h *randomHistory, name string, change func(pins fields)) {
	for _, file := range h.cohorts() {
		c := h.load(file)
		if pins, _ := c["pins"].(fields); pins[name] != nil {
			change(pins)
			h.save(file, c)
		}
	}
}

func removeRemote(h *randomHistory) string {
	file, name, r := h.anyRemote()
	if r == nil || len(h.remotes()) < 5 {
		return ""
	}
	h.write(file, nil)
	inPins(h, name, func(pins fields) { delete(pins, name) })
	return "no remote " + name
}

func renameRemote(h *randomHistory) string {
	file, name, r := h.anyRemote()
	if r == nil {
		return ""
	}
	other := h.name("renamed")
	r["name"] = other
	h.write(file, nil)
	h.save(path.Dir(file)+"/"+other+".yaml", r)
	inPins(h, name, func(pins fields) {
		pins[other] = pins[name]
		delete(pins, name)
	})
	return name + " is now " + other
}

// moveRemote moves a file to a team's folder, or to another's.
func moveRemote(h *randomHistory) string {
	file, _, r := h.anyRemote()
	to := "remotes/" + pick(h, []string{"red/", "blue/", ""}) + path.Base(file)
	if r == nil || to == file {
		return ""
	}
	text := h.read(file)
	h.write(file, nil)
	h.write(to, text)
	return "move to " + to
}

func changeOwner(h *randomHistory) string {
	file, name, r := h.anyRemote()
	if r == nil {
		return ""
	}
	r["owner"] = pick(h, []string{"team-", "team-", "group-"}) + h.name("")
	h.save(file, r)
	return "owner of " + name
}

// changeRemote changes what is neither the owner nor a release.
func changeRemote(h *randomHistory) string {
	file, name, r := h.anyRemote()
	if r == nil || r["kind"] == "host" {
		return ""
	}
	switch h.IntN(3) {
	case 0:
		r["routes"] = []any{fields{"path": "/" + name, "expose": "./Routes"}, fields{"path": "/" + h.name("p"), "expose": "./Routes"}}
	case 1:
		r["load"] = fields{"retries": h.IntN(5), "timeout": fmt.Sprintf("%ds", 1+h.IntN(9))}
	default:
		r["description"] = h.name("words")
	}
	h.save(file, r)
	return "fields of " + name
}

// grantWaiver makes an entry too large, and excuses it for some days.
func grantWaiver(h *randomHistory) string {
	file, name, r := h.anyRemote()
	if r == nil || r["kind"] == "host" {
		return ""
	}
	for _, release := range releasesOf(r) {
		release["size"] = 200000 + h.IntN(1000)
	}
	granted := h.changePolicy(func(_, policy fields) {
		waivers, _ := policy["waivers"].([]any)
		policy["waivers"] = append(waivers, fields{"rule": "budget/entry-bytes", "remote": name, "reason": h.name("W-"),
			"until": h.now.AddDate(0, 0, 1+h.IntN(12)).Format(time.DateOnly)})
	})
	if !granted {
		return ""
	}
	h.save(file, r)
	return "waiver for " + name
}

// endWaiver removes a waiver, or gives it more days, and mostly mends what it excused.
func endWaiver(h *randomHistory) (what string) {
	h.changePolicy(func(_, policy fields) {
		waivers, _ := policy["waivers"].([]any)
		if len(waivers) == 0 {
			return
		}
		i := h.IntN(len(waivers))
		w := waivers[i].(fields)
		what = fmt.Sprint("no waiver for ", w["remote"])
		if h.IntN(3) == 0 {
			w["until"] = h.now.AddDate(0, 0, 1+h.IntN(12)).Format(time.DateOnly)
			return
		}
		policy["waivers"] = slices.Delete(waivers, i, i+1)
		for _, file := range h.remotes() {
			r := h.load(file)
			if r["name"] != w["remote"] {
				continue
			}
			for _, release := range releasesOf(r) {
				release["size"] = 1000
			}
			h.save(file, r)
		}
	})
	return what
}

func changePolicy(h *randomHistory) (what string) {
	h.changePolicy(func(registry, policy fields) {
		switch h.IntN(5) {
		case 0:
			what = "origins"
			policy[what] = []any{"https://cdn.acme.example", "https://" + h.name("cdn") + ".example"}
		case 1:
			what = "owners"
			owners := []any{}
			for _, file := range h.remotes() {
				owners = append(owners, h.load(file)["owner"])
			}
			policy[what] = owners
		case 2:
			what = "singletons"
			policy[what].(fields)["react"] = fields{"window": fmt.Sprintf(">=19.%d.0 <%d.0.0", h.IntN(2), 20+h.IntN(3))}
		case 3:
			what = "ttl"
			registry[what] = fmt.Sprintf("%ds", 1+h.IntN(60))
		default:
			delete(policy, "owners")
			what = "no owners"
		}
	})
	return what
}

// constrain adds a constraint of the registry's own, or takes it away.
func constrain(h *randomHistory) string {
	const file = "schema/house.cue"
	if h.read(file) != nil {
		h.write(file, nil)
		return "no constraints"
	}
	h.write(file, []byte("package schema\n\n#Remote: owner: =~\"^team-\"\n"))
	return "constraints"
}

func document(h *randomHistory) string {
	h.write("docs/"+h.name("page")+".md", []byte("# Words\n"))
	return "docs"
}

func touchNothing(*randomHistory) string { return "nothing" }

func changeMode(h *randomHistory) string {
	file, _, r := h.anyRemote()
	if r == nil {
		return ""
	}
	if err := os.Chmod(filepath.Join(h.dir, file), []os.FileMode{0o644, 0o755}[h.IntN(2)]); err != nil {
		h.Fatal(err)
	}
	return "mode of " + file
}
