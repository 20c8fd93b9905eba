package main

import (
	"reflect"
	"slices"
	"strings"

	"muster/compiler/edit"
	"muster/compiler/registry"
	"muster/compiler/semver"
)

// versionOf is a release's version; ok is false if it is none that can be compared.
func versionOf(release edit.Value) (text string, version semver.Version, ok bool) {
	m, _ := release.(edit.Map)
	text = textAt(m, "version")
	version, err := semver.ParseVersion(text)
	return text, version, err == nil
}

// placeRelease puts a release before the first lower one, so that the newest stays first.
func (c *changer) placeRelease(file *workFile, remote *registry.Remote, release edit.Map) error {
	_, version, _ := versionOf(release)
	releases, _ := file.Get("releases").(edit.List)
	at := slices.IndexFunc(releases, func(r edit.Value) bool {
		_, v, ok := versionOf(r)
		return ok && v.Compare(version) < 0
	})
	switch {
	case at == 0:
		return file.Prepend(release, "releases")
	case at < 0:
		return file.Append(release, "releases")
	}
	if len(remote.Releases) == len(releases) { // but for faults of form, which the check tells
		line := remote.File.Note(remote.Releases[at].Version, "").Pos.Line
		if next := insertedBetween(file.File, file.path, line, slices.Insert(slices.Clone(releases), at, edit.Value(release)), release); next != nil {
			file.File = next
			return nil
		}
	}
	c.remarkf("this file's layout lets a release stand first or last only; move it behind the higher ones by hand")
	return file.Prepend(release, "releases")
}

// insertedBetween puts a release before another one, which begins on a line, so that the releases are those that are meant: it
// is prepended to a file that has only the other and what follows it, which then goes back to its place. It is nil if the
// layout is none for that.
func insertedBetween(f *edit.File, path string, line int, meant edit.List, release edit.Map) *edit.File {
	head, tail, ok := cutAt(string(f.Bytes()), line)
	if !ok {
		return nil
	}
	eol := "\n"
	if strings.HasSuffix(head, "\r\n") {
		eol = "\r\n"
	}
	top := "releases:" + eol
	rest, err := edit.Parse(path, []byte(top+tail))
	if err != nil || rest.Prepend(release, "releases") != nil {
		return nil
	}
	added := strings.TrimSuffix(strings.TrimPrefix(string(rest.Bytes()), top), tail)
	if strings.HasSuffix(head, eol+eol) && !strings.HasSuffix(added, eol+eol) { // a tail of one release shows no blank line
		added += eol
	}
	next, err := edit.Parse(path, []byte(head+added+tail))
	if err != nil || !reflect.DeepEqual(next.Get("releases"), edit.Value(meant)) {
		return nil
	}
	return next
}

// cutAt cuts a text before an item of a block list that begins on a line, counted from 1, and before the comments directly
// above it, of which those that are indented further belong to the item before. It is not ok if no item begins there.
func cutAt(text string, line int) (head, tail string, ok bool) {
	lines := strings.SplitAfter(text, "\n")
	at := line - 1
	if at < 1 || at >= len(lines) || !strings.HasPrefix(strings.TrimLeft(lines[at], " "), "- ") {
		return "", "", false
	}
	for dash := indentation(lines[at]); at > 0 && indentation(lines[at-1]) <= dash && strings.HasPrefix(strings.TrimLeft(lines[at-1], " "), "#"); {
		at--
	}
	return strings.Join(lines[:at], ""), strings.Join(lines[at:], ""), true
}

func indentation(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) }
