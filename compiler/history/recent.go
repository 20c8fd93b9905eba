package history

// recent is a map that forgets what was not used for a while: when the younger half of it is full, the older is dropped.
// The zero value with a limit is ready for use.
type recent[K comparable, V any] struct {
	limit      int // of the weight of each half
	young, old map[K]V
	weight     int // of young
}

func (r *recent[K, V]) get(key K, weigh func(V) int) (V, bool) {
	value, ok := r.young[key]
	if ok {
		return value, true
	}
	if value, ok = r.old[key]; ok {
		r.put(key, value, weigh(value))
	}
	return value, ok
}

func (r *recent[K, V]) put(key K, value V, weight int) {
	if r.young == nil || r.weight+weight > r.limit {
		r.old, r.young, r.weight = r.young, map[K]V{}, 0
	}
	r.young[key] = value
	r.weight += weight
}
