package registry

import (
	"cmp"
	"slices"

	"muster/compiler/recent"
)

// kept are the files of one folder as they were last read.
type kept[T, E any] struct {
	documents[T]
	list *longList[T, E]

	paths    []string
	places   map[string]int // of paths; nil if all is to be read
	files    []keptFile[T]  // as paths
	stale    []int          // the places of files that are to be read
	gathered bool           // loaded is of these files, but for those that are stale
	loaded   loaded[T]

	known    *recent.Map[versionOf, *readFileOf[T]]
	editions map[string]*edition[T] // the last without fault, by path
	shapes   []*shape               // what the list of entries has to fit; nil if its entries are not judged one by one
}

type keptFile[T any] struct {
	*readFileOf[T] // nil if it was never read
	stale          bool
}

// touch notes that a file, if it is one of these, is another.
func (k *kept[T, E]) touch(path string) {
	if place, there := k.places[path]; there {
		k.expire(place)
	}
}

func (k *kept[T, E]) expire(place int) {
	if f := &k.files[place]; !f.stale {
		f.stale = true
		k.stale = append(k.stale, place)
	}
}

// forgetAll drops every verdict; forgetFaulty those that name faults.
func (k *kept[T, E]) forgetAll(s *Schema) {
	k.known, k.editions, k.places = newKnown[T](), nil, nil
	k.shapes = s.shapes.definition(k.definition).containers(k.list.field)
}

func (k *kept[T, E]) forgetFaulty() {
	k.known.DeleteFunc(func(_ versionOf, f *readFileOf[T]) bool { return len(f.findings) > 0 })
	for place, f := range k.files {
		if f.readFileOf != nil && len(f.findings) > 0 {
			k.expire(place)
		}
	}
}

// maxReplaced is how many files are replaced one by one in what was gathered.
const maxReplaced = 32

// load reads what is to be read.
func (k *kept[T, E]) load(l *Loader, paths []string) error {
	if k.places == nil || l.structure {
		k.arrange(paths)
	}
	slices.Sort(k.stale)
	if k.gathered = k.gathered && len(k.stale) <= maxReplaced; k.gathered && len(k.stale) > 0 {
		k.loaded.values = slices.Clone(k.loaded.values) // registries have those before
	}
	for i, place := range k.stale {
		f, err := k.file(l, k.paths[place])
		if err != nil {
			k.stale = k.stale[i:]
			return err
		}
		k.replace(place, f)
	}
	k.stale = nil
	if !k.gathered {
		files := make([]*readFileOf[T], len(k.files))
		for i, f := range k.files {
			files[i] = f.readFileOf
		}
		k.loaded, k.gathered = k.gather(files), true
	}
	return nil
}

// arrange sets the list of paths, and keeps of the files what is still good.
func (k *kept[T, E]) arrange(paths []string) {
	places, files := k.places, k.files
	k.paths, k.places, k.files, k.stale, k.gathered = paths, make(map[string]int, len(paths)), make([]keptFile[T], len(paths)), nil, false
	editions := make(map[string]*edition[T], len(paths))
	for i, p := range paths {
		if e := k.editions[p]; e != nil {
			editions[p] = e
		}
		k.places[p] = i
		if old, there := places[p]; there && !files[old].stale {
			k.files[i] = files[old]
			continue
		}
		k.expire(i)
	}
	k.editions = editions
}

// replace takes in a file. If it is without fault, as the one before it was, and declares something of the same name, all else that
// was gathered stays.
func (k *kept[T, E]) replace(place int, f *readFileOf[T]) {
	old := k.files[place].readFileOf
	k.files[place] = keptFile[T]{readFileOf: f}
	if k.gathered = k.gathered && old.clean() && f.clean() && k.name(old.value) == k.name(f.value); !k.gathered {
		return
	}
	values := k.loaded.values
	i, _ := slices.BinarySearchFunc(values, k.name(f.value), func(v *T, name string) int { return cmp.Compare(k.name(v), name) })
	for values[i] != old.value { // others of its name
		i++
	}
	values[i] = f.value
}

func (f *readFileOf[T]) clean() bool { return f != nil && f.value != nil && len(f.findings) == 0 }

func (k *kept[T, E]) file(l *Loader, path string) (*readFileOf[T], error) {
	version := versionOf{path, l.tree[path].ID}
	if f, ok := k.known.Get(version); ok {
		return f, nil
	}
	text, err := l.text(path)
	if err != nil {
		return nil, err
	}
	f := k.version(l.own.schema, File{Path: path}, string(text[:min(len(text), MaxFileSize+1)]))
	k.known.Put(version, f)
	return f, nil
}

// version reads a text, by what changed in it if that will do.
func (k *kept[T, E]) version(s *Schema, f File, text string) *readFileOf[T] {
	if was := k.editions[f.Path]; was != nil {
		r := reviser[T, E]{longList: k.list, file: f, was: was, shapes: k.shapes}
		if is := r.revise(text); is != nil {
			k.editions[f.Path] = is
			return &readFileOf[T]{value: is.value}
		}
	}
	read, plain := k.read(s, f, text)
	if plain != nil && k.shapes != nil {
		if e := k.list.newEdition(text, plain, read.value); e != nil {
			k.editions[f.Path] = e
		}
	}
	return read
}

// versionOf is a version of a file at its path, which is part of what is said of it.
type versionOf struct {
	path string
	id   FileID
}

// maxVersions is how many versions of files each half of those that are known holds.
const maxVersions = 100

func newKnown[T any]() *recent.Map[versionOf, *readFileOf[T]] {
	return recent.New[versionOf, *readFileOf[T]](maxVersions, nil)
}
