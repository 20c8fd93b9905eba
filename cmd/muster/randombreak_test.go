package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// breakages are the ways to break a registry. Each says what it did, and enters in h.bad what was there before.
var breakages = []func(*randomHistory) string{
	breakSyntax, breakReference, breakSharing, breakExposed, breakEvent, breakRoutes, breakDefault, breakPolicy, breakFile, breakLink,
	breakIntoFolder, breakTwin, breakName, breakFolder, breakConstraint,
}

// spoil changes a file that is to be mended later.
func (h *randomHistory) spoil(file string, text []byte) string {
	h.bad = append(h.bad, damage{file, h.read(file)})
	h.write(file, text)
	return "break " + file
}

// spoilRemote changes the document of a remote that has a name, or of all of them.
func (h *randomHistory) spoilRemote(is func(name string, r fields) bool, change func(r fields)) (what string) {
	for _, file := range h.remotes() {
		r := h.load(file)
		if is(fmt.Sprint(r["name"]), r) {
			h.bad = append(h.bad, damage{file, h.read(file)})
			change(r)
			h.save(file, r)
			what = "break " + file
		}
	}
	return what
}

func notHost(_ string, r fields) bool { return r["kind"] != "host" }

func inReleases(change func(release fields)) func(fields) {
	return func(r fields) {
		for _, release := range releasesOf(r) {
			change(release)
		}
	}
}

func breakSyntax(h *randomHistory) string {
	file, _, r := h.anyRemote()
	if h.IntN(2) == 0 {
		file, r = h.anyCohort()
	}
	if r == nil {
		return ""
	}
	return h.spoil(file, append(h.read(file), "releases: {\n"...))
}

func breakReference(h *randomHistory) string {
	file, c := h.anyCohort()
	if c == nil {
		return ""
	}
	h.bad = append(h.bad, damage{file, h.read(file)})
	pins, _ := pinsOf(c)
	pins["nowhere"] = "1.0.0"
	h.save(file, c)
	return "break a reference"
}

// breakSharing has the remotes insist on what no host brings.
func breakSharing(h *randomHistory) string {
	return h.spoilRemote(notHost, inReleases(func(r fields) {
		r["shared"] = fields{"@angular/core": fields{
			"version": "21.1.0", "requiredVersion": "^21.0.0", "singleton": true, "strictVersion": true}}
	}))
}

func breakExposed(h *randomHistory) string {
	return h.spoilRemote(notHost, inReleases(func(r fields) { r["exposes"] = fields{"./Other": fields{}} }))
}

func breakEvent(h *randomHistory) string {
	return h.spoilRemote(func(name string, _ fields) bool { return name == "cart" }, inReleases(func(r fields) {
		r["events"] = fields{"listens": fields{"product:add": fields{"productId": "string", "quantity": "int"}}}
	}))
}

func breakRoutes(h *randomHistory) string {
	return h.spoilRemote(notHost, func(r fields) { r["routes"] = []any{fields{"path": "/same", "expose": "./Routes"}} })
}

func breakDefault(h *randomHistory) string {
	for _, file := range h.cohorts() {
		if c := h.load(file); c["audience"] != nil {
			h.bad = append(h.bad, damage{file, h.read(file)})
			delete(c, "audience")
			h.save(file, c)
			return "two default cohorts"
		}
	}
	return ""
}

func breakPolicy(h *randomHistory) string { return h.spoil(policyFile, nil) }

func breakFile(h *randomHistory) string {
	file, _ := h.anyCohort()
	if file == "" {
		return ""
	}
	return h.spoil(file, nil)
}

// breakLink puts a symbolic link in the place of a remote, to the same text elsewhere or to nothing.
func breakLink(h *randomHistory) string {
	file, _, r := h.anyRemote()
	if r == nil {
		return ""
	}
	text := h.read(file)
	h.bad = append(h.bad, damage{file, text})
	h.write("docs/"+path.Base(file), text)
	h.write(file, nil)
	up := strings.Repeat("../", strings.Count(file, "/"))
	if err := os.Symlink(up+"docs/"+path.Base(file), filepath.Join(h.dir, file)); err != nil {
		h.Fatal(err)
	}
	return "a link in place of " + file
}

// breakIntoFolder puts a folder in the place of a remote's file, with the file in it.
func breakIntoFolder(h *randomHistory) string {
	file, _, r := h.anyRemote()
	if r == nil {
		return ""
	}
	text := h.read(file)
	h.spoil(file, nil)
	h.write(file+"/"+path.Base(file), text)
	return "a folder in place of " + file
}

// breakTwin declares a remote twice.
func breakTwin(h *randomHistory) string {
	file, _, r := h.anyRemote()
	if r == nil {
		return ""
	}
	return h.spoil("remotes/twins/"+path.Base(file), h.read(file))
}

// breakName has a file declare what it is not named after.
func breakName(h *randomHistory) string {
	file, c := h.anyCohort()
	if c == nil {
		return ""
	}
	h.bad = append(h.bad, damage{file, h.read(file)})
	c["name"] = h.name("other")
	h.save(file, c)
	return "misname " + file
}

// breakFolder takes a folder away, or puts a link in its place.
func breakFolder(h *randomHistory) string {
	folder := pick(h, []string{"remotes", "cohorts"})
	for _, file := range h.files(folder) {
		h.bad = append(h.bad, damage{file, h.read(file)})
	}
	h.write(folder, nil)
	if h.IntN(2) == 0 {
		if err := os.Symlink("docs", filepath.Join(h.dir, folder)); err != nil {
			h.Fatal(err)
		}
	}
	return "no " + folder
}

func breakConstraint(h *randomHistory) string {
	return h.spoil("schema/strict.cue", []byte("package schema\n\n#Remote: owner: =~\"^nobody-\"\n"))
}
