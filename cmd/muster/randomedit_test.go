package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"
)

// edits are the ways in which a commit changes a registry. Each says what it did, "" if there was nothing to do it to.
// What it leaves need not compile.
var edits = []func(*randomHistory) string{
	addRelease, addRelease, dropRelease, sortReleases, judgeRelease, judgeRelease, reinstateRelease, editRelease, proveRelease,
	movePin, movePin, movePin, movePin, pinRange, pinRange, disablePin, disablePin, splitPin, splitPin, changeSplit, changeSplit, dropPin,
	changePercent, changePercent, changeClaims, changeExtends, freeze, freeze, freeze, thaw, thaw, hold, hold, liftHold,
	addCohort, removeCohort, changeCohort, addRemote, removeRemote, renameRemote, renameRemote, moveRemote, changeOwner, changeRemote,
	grantWaiver, grantWaiver, endWaiver, changePolicy, changePolicy, constrain, document, touchNothing, changeMode,
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

// sortReleases writes a remote's releases in another order, which means nothing.
func sortReleases(h *randomHistory) string {
	file, name, r := h.anyRemote()
	list, _ := r["releases"].([]any)
	if len(list) < 2 {
		return ""
	}
	slices.Reverse(list)
	h.save(file, r)
	return "other order of " + name
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

// reinstateRelease takes back what was said of a release.
func reinstateRelease(h *randomHistory) string {
	for _, file := range h.remotes() {
		r := h.load(file)
		for _, release := range releasesOf(r) {
			if release["status"] != nil {
				delete(release, "status")
				delete(release, "reason")
				h.save(file, r)
				return fmt.Sprint("reinstate ", r["name"], " ", release["version"])
			}
		}
	}
	return ""
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
		switch h.IntN(7) {
		case 6:
			what = "signing" // two of one key are one too many
			registry[what] = fields{"keys": []any{"acme-shop-2026+ebb0c3d9+AXoVHU4k83sY49LK59U1FkADInFWgR1x7EjYmuvfkPUI"}, "threshold": 1 + h.IntN(2)}
		case 5:
			what = "prereleases"
			policy[what] = []any{"staff", "canary"}
		case 0:
			what = "origins"
			policy[what] = []any{"https://cdn.acme.example", "https://" + h.name("cdn") + ".example"}
		case 1:
			what = "owners"
			owners := []any{}
			for _, file := range h.remotes() {
				owners = append(owners, h.load(file)["owner"])
			}
			if len(owners) > 0 { // an empty list is none
				policy[what] = owners
			}
		case 2:
			what = "singletons"
			policy[what].(fields)["react"] = fields{"window": fmt.Sprintf(">=19.%d.0 <%d.0.0", h.IntN(2), 20+h.IntN(3))}
		case 3:
			what = "ttl"
			registry[what] = fmt.Sprintf("%ds", 1+h.IntN(60))
			registry["cdn"] = fields{"tiers": h.IntN(6)}
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
