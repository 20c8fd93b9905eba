package native

import (
	"iter"
	"slices"
	"strconv"
)

// table is JavaScript's Map: its keys stay in the order in which they came. As an object, which most of the runtime's state is,
// it has the keys that are array indices first, in ascending order. A nil table is empty and must not be written.
type table[V any] struct {
	keys   []string
	values []V
	places map[string]int // of the keys, once there are many
	object bool
}

// many is the number of keys beyond which a search in a row is slower than a map (BenchmarkTable).
const many = 8

func newMap[V any]() *table[V]    { return &table[V]{} }
func newObject[V any]() *table[V] { return &table[V]{object: true} }

func (t *table[V]) place(key string) int {
	if t == nil {
		return -1
	}
	if t.places == nil {
		return slices.Index(t.keys, key)
	}
	if i, ok := t.places[key]; ok {
		return i
	}
	return -1
}

func (t *table[V]) has(key string) bool { return t.place(key) >= 0 }

func (t *table[V]) get(key string) (v V, ok bool) {
	i := t.place(key)
	if i < 0 {
		return v, false
	}
	return t.values[i], true
}

// at is the value of key, the zero value if there is none.
func (t *table[V]) at(key string) V {
	v, _ := t.get(key)
	return v
}

func (t *table[V]) size() int { return len(t.names()) }

func (t *table[V]) set(key string, v V) {
	if i := t.place(key); i >= 0 {
		t.values[i] = v
		return
	}
	i := t.placeFor(key)
	t.keys, t.values = slices.Insert(t.keys, i, key), slices.Insert(t.values, i, v)
	switch {
	case t.places != nil && i == len(t.keys)-1:
		t.places[key] = i
	case len(t.keys) > many:
		t.index()
	}
}

// add sets the key unless it is there.
func (t *table[V]) add(key string, v V) {
	if !t.has(key) {
		t.set(key, v)
	}
}

// ensure is the value of key, a new one if there is none.
func (t *table[V]) ensure(key string, newValue func() V) V {
	if i := t.place(key); i >= 0 {
		return t.values[i]
	}
	v := newValue()
	t.set(key, v)
	return v
}

// placeFor is where a new key belongs.
func (t *table[V]) placeFor(key string) int {
	n, isIndex := arrayIndex(key)
	if !t.object || !isIndex {
		return len(t.keys)
	}
	for i, k := range t.keys {
		if m, isIndex := arrayIndex(k); !isIndex || m > n {
			return i
		}
	}
	return len(t.keys)
}

func (t *table[V]) index() {
	t.places = make(map[string]int, len(t.keys))
	for i, key := range t.keys {
		t.places[key] = i
	}
}

// drop removes the key. A walk that is under way still sees it.
func (t *table[V]) drop(key string) {
	i := t.place(key)
	if i < 0 {
		return
	}
	t.keys, t.values = slices.Concat(t.keys[:i], t.keys[i+1:]), slices.Concat(t.values[:i], t.values[i+1:])
	t.places = nil
	if len(t.keys) > many {
		t.index()
	}
}

func (t *table[V]) all() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		if t == nil {
			return
		}
		values := t.values
		for i, key := range t.keys {
			if !yield(key, values[i]) {
				return
			}
		}
	}
}

// names are the keys, which must not be changed.
func (t *table[V]) names() []string {
	if t == nil {
		return nil
	}
	return t.keys
}

// clone copies the table and each value.
func (t *table[V]) clone(value func(V) V) *table[V] {
	c := &table[V]{keys: slices.Clone(t.keys), values: make([]V, len(t.values)), object: t.object}
	for i, v := range t.values {
		c.values[i] = value(v)
	}
	if len(c.keys) > many {
		c.index()
	}
	return c
}

// arrayIndex reads a key as ECMAScript does: a number below 2^32-1 without leading zeros.
func arrayIndex(key string) (uint64, bool) {
	if key == "" || key[0] < '0' || key[0] > '9' || len(key) > 10 || key[0] == '0' && key != "0" {
		return 0, false
	}
	n, err := strconv.ParseUint(key, 10, 64)
	return n, err == nil && n < 1<<32-1
}

// names is a set in the order of arrival.
type names = table[struct{}]
