package main

import (
	"cmp"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	bundle "muster/compiler/build"
	"muster/compiler/diag"
	"muster/compiler/edit"
	"muster/compiler/registry"
	"muster/compiler/semver"
)

// draft is a release in the making. Each value comes from the command line, else from the build, else from another release of
// the remote; what none of them says is missing. Only what --set says of every package comes last.
type draft struct {
	registry *registry.Registry
	remote   *registry.Remote
	build    *bundle.Build // nil for what no bundler builds
	like     edit.Map      // the release that answers what the build leaves open; nil: there is none
	options  releaseOptions

	taken   []string // what comes from like, in words
	remarks []string // what a person should know of or look at
	missing []gap
}

// gap is a value that nothing says: the flag that gives it, and what it is.
type gap struct{ flag, what string }

// releaseOptions are the flags of `release add`.
type releaseOptions struct {
	from, version, like        string
	entry, base                string
	kind                       string // --type
	bundler, federation        string
	shareStrategy              string
	sourceRepository, sourceID string
	set                        []string
	settings                   []setting // set, parsed
}

// releaseFields is the order of a release's fields where no other release shows one.
var releaseFields = []string{"version", "entry", "type", "integrity", "size", "files", "bundler", "source", "exposes", "consumes", "events", "apis", "shared"}

// release puts the fields together. With missing ones the result is of no use.
func (d *draft) release(version string) edit.Map {
	r := edit.Map{{Key: "version", Value: edit.Text(version)}}
	add := func(key string, v edit.Value) {
		if v != nil && !isEmpty(v) {
			r = append(r, edit.Field{Key: key, Value: v})
		}
	}
	add("entry", d.entry(version))
	if d.build != nil {
		if d.remote.Loaded() {
			add("type", d.kind())
			add("integrity", text(d.build.Entry.Integrity))
			add("size", edit.Number(strconv.FormatInt(d.build.Entry.Size, 10)))
			add("files", d.files())
		}
		add("bundler", d.bundler())
	}
	add("source", d.source())
	if d.build != nil {
		add("exposes", d.exposes())
		add("consumes", d.consumes())
	}
	for _, contract := range []string{"events", "apis"} {
		if v := d.like.Get(contract); v != nil {
			add(contract, v)
			d.take(contract + ", which no build says")
		}
	}
	if d.build != nil {
		add("shared", d.shared())
	}
	return d.ordered(r)
}

func isEmpty(v edit.Value) bool {
	switch v := v.(type) {
	case edit.Map:
		return len(v) == 0
	case edit.List:
		return len(v) == 0
	case edit.Text:
		return v == ""
	}
	return false
}

// text is a text as a value, nil for none.
func text(s string) edit.Value {
	if s == "" {
		return nil
	}
	return edit.Text(s)
}

// ordered puts the fields into the order of the release that they are like; those that it does not have come behind the one
// that they follow by rights.
func (d *draft) ordered(r edit.Map) edit.Map {
	place := func(key string) int { return slices.IndexFunc(d.like, func(f edit.Field) bool { return f.Key == key }) }
	rank := map[string]int{}
	last := -1
	for _, key := range releaseFields {
		if at := place(key); at >= 0 {
			last = at
		}
		rank[key] = last
	}
	slices.SortStableFunc(r, func(a, b edit.Field) int { return cmp.Compare(rank[a.Key], rank[b.Key]) })
	return r
}

func (d *draft) take(what string)       { d.taken = append(d.taken, what) }
func (d *draft) miss(flag, what string) { d.missing = append(d.missing, gap{flag, what}) }

func (d *draft) remark(format string, args ...any) {
	d.remarks = append(d.remarks, fmt.Sprintf(format, args...))
}

// likeText is a text of the other release; "" if it does not say, or there is none.
func (d *draft) likeText(path ...string) string { return textAt(d.like, path...) }

// textAt follows a path of fields to a text; "" if there is none.
func textAt(m edit.Map, path ...string) string {
	for _, key := range path[:len(path)-1] {
		m, _ = m.Get(key).(edit.Map)
	}
	t, _ := m.Get(path[len(path)-1]).(edit.Text)
	return string(t)
}

// entry finds the entry's URL: given, below a folder that is given or that the build was made for, or where that of the other
// release would be if it had this version.
func (d *draft) entry(version string) edit.Value {
	if !d.remote.Loaded() && d.options.entry == "" && d.options.base == "" {
		return nil
	}
	if d.options.entry != "" {
		return text(d.options.entry)
	}
	file := ""
	if d.build != nil {
		file = d.build.Entry.Path
	}
	if d.options.base != "" {
		return text(below(d.options.base, file))
	}
	if d.build != nil && strings.Contains(d.build.PublicPath, "://") {
		address := below(d.build.PublicPath, file)
		d.remark("entry %s: where the build was made for", address)
		return text(address)
	}
	before := d.likeText("entry")
	if address, ok := successor(before, d.likeText("version"), version, file); ok {
		d.remark("entry %s: where that of %s is, with the other version", address, d.likeText("version"))
		return text(address)
	}
	d.miss("--entry URL", "where the entry is served from, or --base with the URL of the build's folder")
	return nil
}

// below is a file's URL in a folder of files.
func below(base, file string) string {
	parts := strings.Split(file, "/")
	for i := range parts {
		parts[i] = url.PathEscape(parts[i])
	}
	return strings.TrimSuffix(base, "/") + "/" + strings.Join(parts, "/")
}

// successor is the URL of a release's entry as that of another release foretells it: with the other version in it and, where
// bundlers put hashes into names, the other file. It is not ok if the URL does not tell versions apart.
func successor(before, was, is, file string) (address string, ok bool) {
	folder, rest, ok := cutVersion(before, was)
	if !ok {
		return "", false
	}
	if file == "" || strings.HasSuffix(rest, "/"+file) {
		return folder + is + withVersion(rest, was, is), true
	}
	name, inFolder, _ := strings.Cut(rest, "/")
	if inFolder == "" || path.Dir(inFolder) != path.Dir(file) {
		return "", false
	}
	return below(folder+is+name, file), true
}

// cutVersion cuts a URL at the first mention of a version that is no part of another number.
func cutVersion(address, version string) (before, after string, ok bool) {
	for from := 0; version != ""; {
		i := strings.Index(address[from:], version)
		if i < 0 {
			break
		}
		before, after = address[:from+i], address[from+i+len(version):]
		if !endsInNumber(before) && !beginsWithNumber(after) {
			return before, after, true
		}
		from += i + len(version)
	}
	return "", "", false
}

func withVersion(address, was, is string) string {
	before, after, ok := cutVersion(address, was)
	if !ok {
		return address
	}
	return before + is + withVersion(after, was, is)
}

func endsInNumber(s string) bool { return s != "" && strings.ContainsAny(s[len(s)-1:], "0123456789.") }

func beginsWithNumber(s string) bool {
	s = strings.TrimPrefix(s, ".")
	return s != "" && s[0] >= '0' && s[0] <= '9'
}

// kind is how a page loads the entry. A module need not say so, and does if the other release does.
func (d *draft) kind() edit.Value {
	kind := string(d.build.Type)
	switch given := d.options.kind; {
	case given != "" && kind != "" && given != kind:
		d.remark("--type %s: the build says %s", given, kind)
		kind = given
	case given != "":
		if kind = given; given == string(bundle.Module) && d.build.Type == "" {
			d.remark("the entry does not look like an ES module, so its other files get no integrity")
		}
	case kind == "":
		d.miss("--type module|global", "whether the entry is an ES module or a script that sets a global")
	}
	if kind == string(bundle.Module) && d.likeText("type") == "" && d.options.kind == "" {
		return nil
	}
	return text(kind)
}

func (d *draft) files() (all edit.Map) {
	for _, f := range d.build.Files {
		all = append(all, edit.Field{Key: f.Path, Value: edit.Text(f.Integrity)})
	}
	return all
}

func (d *draft) bundler() (b edit.Map) {
	name, version, _ := strings.Cut(d.options.bundler, "@")
	from := func(field, given, built string) string {
		if given = cmp.Or(given, built); given != "" {
			return given
		}
		if taken := d.likeText("bundler", field); taken != "" {
			d.take("bundler." + field + " " + taken)
			return taken
		}
		return ""
	}
	add := func(key, value string) {
		if value != "" {
			b = append(b, edit.Field{Key: key, Value: edit.Text(value)})
		}
	}
	add("name", from("name", name, d.build.Bundler.Name))
	add("version", cmp.Or(version, d.build.Bundler.Version))
	federation := from("federation", d.options.federation, d.build.Bundler.Federation)
	add("federation", federation)
	described := d.build.Kind == bundle.Manifest || d.build.Kind == bundle.Stats
	switch {
	case federation != "":
	case described:
		d.miss("--federation VERSION", "the version of @module-federation/runtime in the build")
	case d.build.Kind == bundle.Native && d.remote.Host: // the host's decides which runtime the page has
		d.miss("--federation VERSION", "the version of @softarc/native-federation that built it")
	}
	strategy := from("shareStrategy", d.options.shareStrategy, "")
	if strategy == "" && described && d.like == nil {
		d.miss("--share-strategy version-first|loaded-first", "which copy of a shared package the runtime prefers; where the build does not set it: version-first")
	}
	add("shareStrategy", strategy)
	return b
}

func (d *draft) source() (s edit.Map) {
	repository := d.options.sourceRepository
	if repository == "" {
		if repository = d.likeText("source", "repository"); repository != "" {
			d.take("source.repository")
		}
	}
	for _, f := range []struct{ key, value string }{{"repository", repository}, {"commit", d.options.sourceID}} {
		if f.value != "" {
			s = append(s, edit.Field{Key: f.key, Value: edit.Text(f.value)})
		}
	}
	return s
}

// exposes are the modules of the build, with the props that the other release declares for them. A bare entry does not say
// what it exposes.
func (d *draft) exposes() (all edit.Map) {
	before, _ := d.like.Get("exposes").(edit.Map)
	if d.build.Kind == bundle.Bare {
		if len(before) > 0 {
			d.take("exposes, which the build does not say")
		}
		return before
	}
	var typed []string
	for _, f := range before {
		if slices.Contains(d.build.Exposes, f.Key) {
			all = append(all, f)
			if m, ok := f.Value.(edit.Map); ok && len(m) > 0 {
				typed = append(typed, f.Key)
			}
		} else {
			d.remark("%s exposes %s, and the build does not", d.likeText("version"), diag.Quote(f.Key))
		}
	}
	if len(typed) > 0 {
		d.take("the props of " + quotedNames(typed) + ", which no build says")
	}
	for _, name := range d.build.Exposes {
		if before.Get(name) == nil {
			all = append(all, edit.Field{Key: name, Value: edit.Map{}})
		}
	}
	return all
}

// consumes are the remotes of the registry that the build loads, with the versions that the other release takes. What the
// other one loads may be loaded at run time still, where no build shows it.
func (d *draft) consumes() (all edit.Map) {
	before, _ := d.like.Get("consumes").(edit.Map)
	built := map[string]bundle.Consumed{}
	for _, c := range d.build.Consumes {
		if name := d.remoteOf(c); name != "" {
			c.Modules = append(c.Modules, built[name].Modules...)
			built[name] = c
		} else {
			d.remark("the build loads %s, which is no remote of the registry; its consumes are left out", diag.Quote(c.Container))
		}
	}
	for _, f := range before {
		c, ok := built[f.Key]
		delete(built, f.Key)
		if !ok {
			d.take(fmt.Sprintf("consumes %s, which the build does not show", f.Key))
			all = append(all, f)
			continue
		}
		d.take(fmt.Sprintf("consumes %s %s, since no build says versions", f.Key, cmp.Or(textAt(before, f.Key, "version"), "of any version")))
		m, _ := f.Value.(edit.Map)
		all = append(all, edit.Field{Key: f.Key, Value: consumed(m, c.Modules)})
	}
	for _, c := range d.build.Consumes {
		name := d.remoteOf(c)
		if _, ok := built[name]; !ok {
			continue
		}
		d.remark("consumes %s: no build says versions, so it takes any; write the range that it needs", name)
		all = append(all, edit.Field{Key: name, Value: consumed(nil, built[name].Modules)})
		delete(built, name)
	}
	return all
}

// remoteOf is the name of the remote that a build means, "" if the registry has none such.
func (d *draft) remoteOf(c bundle.Consumed) string {
	for _, r := range d.registry.Remotes {
		if r.Loaded() && r.Container.Value == c.Container {
			return r.Name.Value
		}
	}
	for _, name := range []string{c.Container, c.Alias} {
		if r := d.registry.Remote(name); r != nil && r.Loaded() {
			return name
		}
	}
	return ""
}

// consumed is what was consumed of a remote, with the modules that are used now; nil modules say nothing.
func consumed(before edit.Map, modules []string) edit.Map {
	if modules == nil {
		return before
	}
	slices.Sort(modules)
	modules = slices.Compact(modules)
	m := slices.DeleteFunc(slices.Clone(before), func(f edit.Field) bool { return f.Key == "exposes" })
	if passed, ok := before.Get("exposes").(edit.Map); ok {
		var used edit.Map
		for _, name := range modules {
			v := passed.Get(name)
			if v == nil {
				v = edit.Map{}
			}
			used = append(used, edit.Field{Key: name, Value: v})
		}
		return append(m, edit.Field{Key: "exposes", Value: used})
	}
	var used edit.List
	for _, name := range modules {
		used = append(used, edit.Text(name))
	}
	return append(m, edit.Field{Key: "exposes", Value: used})
}

// version is that of the new release: given, or what the build says if it is one.
func (d *draft) version() string {
	built := ""
	if d.build != nil {
		built = d.build.Version
	}
	switch given := d.options.version; {
	case given != "" && built != "" && given != built:
		d.remark("--version %s: the build says %s", given, diag.Quote(built))
		return given
	case given != "":
		return given
	}
	if _, err := semver.ParseVersion(built); err == nil {
		return built
	}
	what := "the release's version"
	if built != "" {
		what += "; the build says " + diag.Quote(built) + ", which is no semantic version"
	}
	d.miss("--version VERSION", what)
	return ""
}
