package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	bundle "muster/compiler/build"
	"muster/compiler/diag"
	"muster/compiler/edit"
	"muster/compiler/semver"
)

// setting is what --set says of a field of a shared package, or with the package "*" of all packages of which nothing else
// says it.
type setting struct{ pkg, field, value string }

const everyPackage = "*"

// The fields of a shared declaration that a build may leave open; those with true or false for a value come first.
var (
	sharedFlags  = []string{"singleton", "strictVersion", "eager"}
	sharedFields = append(slices.Clone(sharedFlags), "requiredVersion")
)

// parseSetting reads "react.singleton=true". Names of packages may hold dots, those of fields don't.
func parseSetting(s string) (setting, error) {
	name, value, ok := strings.Cut(s, "=")
	dot := strings.LastIndexByte(name, '.')
	if !ok || dot < 1 {
		return setting{}, usagef("--set takes package.field=value, such as react.singleton=true, not %q", s)
	}
	set := setting{name[:dot], name[dot+1:], value}
	if !slices.Contains(sharedFields, set.field) {
		return setting{}, usagef("--set %s: there is no field %q to set: %s", s, set.field, diag.DidYouMean(set.field, sharedFields, "the fields are "+strings.Join(sharedFields, ", ")))
	}
	if slices.Contains(sharedFlags, set.field) && value != "true" && value != "false" {
		return setting{}, usagef("--set %s: %s is true or false, not %q", s, set.field, value)
	}
	if set.field == "requiredVersion" && (set.pkg == everyPackage || value == "") {
		return setting{}, usagef("--set %s: requiredVersion takes a range, or false for any version, of one package", s)
	}
	return set, nil
}

// unknownSettings refuses settings of packages that the build does not share.
func (d *draft) unknownSettings() error {
	var names []string
	if d.build != nil {
		for _, s := range d.build.Shared {
			names = append(names, s.Package)
		}
	}
	for _, set := range d.options.settings {
		if set.pkg != everyPackage && !slices.Contains(names, set.pkg) {
			return usagef("--set %s.%s: the build shares no %q: %s", set.pkg, set.field, set.pkg, diag.DidYouMean(set.pkg, names, "it shares "+listing(names)))
		}
	}
	return nil
}

func (d *draft) setting(pkg, field string) (string, bool) {
	for _, s := range d.options.settings {
		if s.pkg == pkg && s.field == field {
			return s.value, true
		}
	}
	return "", false
}

// sharing is the draft of the shared section: which packages each question of a kind is about.
type sharing struct {
	*draft
	taken map[string][]string // packages by the field that comes from the other release
	open  map[string][]string // by the flag of which nothing says what it is
}

// shared are the declarations of the build. A bare entry does not say what it shares.
func (d *draft) shared() (all edit.Map) {
	before, _ := d.like.Get("shared").(edit.Map)
	if d.build.Kind == bundle.Bare {
		if len(before) > 0 {
			d.take("shared, which the build does not say")
		}
		return before
	}
	s := sharing{d, map[string][]string{}, map[string][]string{}}
	for i := 0; i < len(d.build.Shared); {
		name := d.build.Shared[i].Package
		var declared edit.List
		for ; i < len(d.build.Shared) && d.build.Shared[i].Package == name; i++ {
			declared = append(declared, s.declaration(d.build.Shared[i], likeDeclaration(before, name, len(declared))))
		}
		if len(declared) == 1 {
			all = append(all, edit.Field{Key: name, Value: declared[0]})
		} else {
			all = append(all, edit.Field{Key: name, Value: declared})
		}
	}
	s.conclude()
	return all
}

// likeDeclaration is the declaration of a package, or the one at a place of several; nil if there is none.
func likeDeclaration(shared edit.Map, name string, place int) edit.Map {
	v := shared.Get(name)
	if list, ok := v.(edit.List); ok && place < len(list) {
		v = list[place]
	}
	m, _ := v.(edit.Map)
	if m == nil && v != nil {
		m = edit.Map{} // react: {}
	}
	return m
}

func (s *sharing) declaration(b bundle.Shared, like edit.Map) (m edit.Map) {
	add := func(key string, v edit.Value) {
		if v != nil {
			m = append(m, edit.Field{Key: key, Value: v})
		}
	}
	if !b.NoImport && like.Get("import") == edit.Bool(false) && !s.full(b) {
		s.taken["import: false"] = append(s.taken["import: false"], b.Package)
		b.NoImport, b.Version, b.Size = true, "", 0
	}
	add("version", text(b.Version))
	add("requiredVersion", s.requirement(b, like))
	singleton := s.flag(b, "singleton", b.Singleton, like)
	add("singleton", singleton)
	if strict := b.StrictVersion; strict != bundle.Unsaid || !s.full(b) && singleton == edit.Bool(true) || s.given(b.Package, "strictVersion") {
		add("strictVersion", s.flag(b, "strictVersion", strict, like))
	}
	if s.build.Kind != bundle.Native {
		add("eager", s.flag(b, "eager", b.Eager, like))
	}
	if b.NoImport {
		add("import", edit.Bool(false))
	}
	add("shareScope", s.scope(b, like))
	if b.Size > 0 {
		add("size", edit.Number(strconv.FormatInt(b.Size, 10)))
	}
	return m
}

func (s *sharing) given(pkg, field string) bool {
	_, ok := s.setting(pkg, field)
	return ok
}

// full reports whether the description tells all that the app has set, so that what it does not say is not set: webpack's
// mf-stats.json, which alone has scopes.
func (s *sharing) full(b bundle.Shared) bool { return s.build.Kind == bundle.Stats && b.Scopes != nil }

// flag is a field that is true or false; nil leaves it out, which the runtimes take for false, and strictVersion for not set.
func (s *sharing) flag(b bundle.Shared, field string, built bundle.Answer, like edit.Map) edit.Value {
	given, ok := s.setting(b.Package, field)
	if ok && built != bundle.Unsaid && (given == "true") != (built == bundle.Yes) {
		s.remark("--set %s.%s=%s: the build says otherwise", b.Package, field, given)
	}
	switch written := like.Get(field); {
	case ok:
		return edit.Bool(given == "true")
	case built == bundle.Yes:
		return edit.Bool(true)
	case built == bundle.No && field != "strictVersion" && written == nil:
		return nil
	case built == bundle.No:
		return edit.Bool(false)
	}
	if like != nil {
		s.taken[field] = append(s.taken[field], b.Package)
		return like.Get(field)
	}
	if given, ok = s.setting(everyPackage, field); ok {
		return edit.Bool(given == "true")
	}
	s.open[field] = append(s.open[field], b.Package)
	return nil
}

// requirement is the range that the app accepts, false for any version.
func (s *sharing) requirement(b bundle.Shared, like edit.Map) edit.Value {
	given, ok := s.setting(b.Package, "requiredVersion")
	before := like.Get("requiredVersion")
	switch {
	case ok && given == "false":
		return edit.Bool(false)
	case ok:
		return edit.Text(given)
	case b.AnyVersion:
		return edit.Bool(false)
	case b.RequiredVersion != "":
		return edit.Text(b.RequiredVersion)
	case like != nil && accepts(before, b.Version):
		s.taken["requiredVersion"] = append(s.taken["requiredVersion"], b.Package)
		return before
	}
	what := "which versions it accepts; false: any"
	if r, ok := before.(edit.Text); ok {
		what += fmt.Sprintf("; that of %s, %s, does not take %s", s.likeText("version"), r, b.Version)
	}
	s.miss("--set "+b.Package+".requiredVersion=RANGE", what)
	return nil
}

// accepts reports whether a requiredVersion takes a version, as far as both are there to disagree.
func accepts(requirement edit.Value, version string) bool {
	r, ok := requirement.(edit.Text)
	if !ok || version == "" {
		return true
	}
	fits, err := semver.NPM.Satisfies(version, string(r))
	return err == nil && fits
}

func (s *sharing) scope(b bundle.Shared, like edit.Map) edit.Value {
	switch {
	case b.Scopes == nil:
		v := like.Get("shareScope")
		if v != nil {
			s.taken["shareScope"] = append(s.taken["shareScope"], b.Package)
		}
		return v
	case len(b.Scopes) == 1 && b.Scopes[0] == "default":
		return nil
	case len(b.Scopes) == 1:
		return edit.Text(b.Scopes[0])
	}
	var scopes edit.List
	for _, name := range b.Scopes {
		scopes = append(scopes, edit.Text(name))
	}
	return scopes
}

// questions say what a flag that nothing answers is about.
var questions = map[string]string{
	"singleton":     "whether a page may hold it once only",
	"strictVersion": "whether the app refuses a version that does not fit",
	"eager":         "whether it is in the entry itself",
}

// conclude tells what came from the other release, and asks for what is open: of several packages in one.
func (s *sharing) conclude() {
	for _, field := range slices.Sorted(maps.Keys(s.taken)) {
		s.take(field + " of " + quotedNames(s.taken[field]))
	}
	for _, field := range sharedFlags {
		packages := slices.Compact(s.open[field])
		for _, name := range packages {
			s.miss(fmt.Sprintf("--set %s.%s=true|false", name, field), questions[field])
		}
		if len(packages) > 1 {
			s.missing[len(s.missing)-1].what += fmt.Sprintf("; --set '*.%s=...' is for all the others", field)
		}
	}
}

func quotedNames(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = diag.Quote(name)
	}
	return strings.Join(quoted, ", ")
}

// answered are the words by which one knows what a build says is missing and the draft asks for, or does without. Anything
// else it says is shown.
var answered = []string{"--version", "--entry", "is a module or sets a global", "are singletons", "are strict", "are eager", "(requiredVersion)",
	"the shareStrategy", "the share scopes", "the container's name", "the version of the federation runtime",
	"the version of @softarc/native-federation"}

// unanswered are what the build leaves open besides.
func (d *draft) unanswered() (rest []string) {
	words := answered
	before, _ := d.like.Get("shared").(edit.Map)
	if !slices.ContainsFunc(d.build.Shared, func(s bundle.Shared) bool { return before.Get(s.Package) == nil }) {
		words = append(slices.Clone(words), "(import: false)") // the other release says it of each
	}
	if d.like != nil {
		words = append(slices.Clone(words), "what it exposes", "which bundler") // of a bare entry
	}
	for _, m := range d.build.Missing {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.Contains(m, w) }) {
			rest = append(rest, m)
		}
	}
	return rest
}
