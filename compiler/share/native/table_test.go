package native

import (
	"fmt"
	"maps"
	"slices"
	"testing"
)

func TestTable(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		table *table[int]
		want  []string
	}{
		"object": {newObject[int](), []string{"0", "7", "10", "4294967294", "b", "a", "007", "4294967295", "-1", "1.5"}},
		"map":    {newMap[int](), []string{"b", "10", "a", "7", "007", "4294967295", "4294967294", "-1", "0", "1.5"}},
	} {
		for i, key := range []string{"b", "10", "a", "7", "b", "007", "4294967295", "4294967294", "gone", "-1", "0", "1.5"} {
			test.table.set(key, i)
		}
		test.table.drop("gone")
		if got := test.table.names(); !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
		if test.table.at("b") != 4 || test.table.at("gone") != 0 || test.table.has("gone") {
			t.Errorf("%s: b is %d, gone %d", name, test.table.at("b"), test.table.at("gone"))
		}
	}
	var none *table[int]
	if none.size() != 0 || none.has("a") || none.at("a") != 0 {
		t.Error("a nil table is not empty")
	}
}

// TestTableMany holds tables with a map of places against Go's map.
func TestTableMany(t *testing.T) {
	t.Parallel()
	for _, tab := range []*table[int]{newObject[int](), newMap[int]()} {
		want := map[string]int{}
		for i := range 400 {
			key := fmt.Sprint("k", i*7%100)
			if i%3 == 0 {
				key = fmt.Sprint(i * 7 % 100)
			}
			if tab.set(key, i); i%5 == 4 {
				tab.drop(key)
				delete(want, key)
			} else {
				want[key] = i
			}
		}
		if got := maps.Collect(tab.clone(same).all()); !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		for key, v := range want {
			if tab.at(key) != v {
				t.Errorf("%s is %d, want %d", key, tab.at(key), v)
			}
		}
	}
}
