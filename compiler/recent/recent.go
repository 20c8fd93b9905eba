// Package recent keeps what was used lately: along a history what one commit has is mostly what those just before it had, and what is
// taken back is mostly taken back soon, while to keep all that was ever there would be too much.
package recent

import "maps"

// Map is a map that forgets what was not used for a while: when the younger half of it is full, the older is dropped. It is not safe
// for concurrent use.
type Map[K comparable, V any] struct {
	limit      int
	weigh      func(V) int
	young, old map[K]V
	weight     int // of young
}

// New returns an empty map each half of which holds values of so much weight altogether, and at least one; 0: as much as comes until
// Age is called. If weigh is nil, each weighs 1.
func New[K comparable, V any](limit int, weigh func(V) int) *Map[K, V] {
	if weigh == nil {
		weigh = func(V) int { return 1 }
	}
	return &Map[K, V]{limit: limit, weigh: weigh}
}

// Limit is how much each half holds.
func (m *Map[K, V]) Limit() int { return m.limit }

// Get returns what was put under a key, if that is not forgotten.
func (m *Map[K, V]) Get(key K) (value V, ok bool) {
	if value, ok = m.young[key]; ok {
		return value, true
	}
	if value, ok = m.old[key]; ok {
		m.Put(key, value)
	}
	return value, ok
}

// Put keeps a value.
func (m *Map[K, V]) Put(key K, value V) {
	weight := m.weigh(value)
	if m.young == nil || m.limit > 0 && m.weight+weight > m.limit {
		m.turn()
	}
	m.young[key] = value
	m.weight += weight
}

// Age drops the older half if the younger holds more than so much weight. It is for maps without a limit, of which all that one piece of
// work needs has to stay, however much it is.
func (m *Map[K, V]) Age(limit int) {
	if m.weight > limit {
		m.turn()
	}
}

func (m *Map[K, V]) turn() { m.old, m.young, m.weight = m.young, map[K]V{}, 0 }

// DeleteFunc forgets the values of which a function says so.
func (m *Map[K, V]) DeleteFunc(forget func(K, V) bool) {
	maps.DeleteFunc(m.young, forget)
	maps.DeleteFunc(m.old, forget)
}
