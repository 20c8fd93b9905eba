package ahead_test

import (
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"muster/compiler/ahead"
)

// TestOf counts how far an iteration runs ahead of who stops it, and sees it end.
func TestOf(t *testing.T) {
	t.Parallel()
	for take, most := range map[int]int{1: 8, 10: 64, 1000: 1300} {
		made, ended := 0, false
		var all iter.Seq2[int, error] = func(yield func(int, error) bool) {
			defer func() { ended = true }()
			for made < 10_000 && yield(made, nil) {
				made++
			}
		}
		taken := 0
		for i, err := range ahead.Of(all) {
			if i != taken || err != nil {
				t.Fatal(i, err)
			}
			if taken++; taken == take {
				break
			}
		}
		if made < take || made > most || !ended {
			t.Errorf("%d were taken, %d made; ended: %v", take, made, ended)
		}
	}
}

// TestOfFails has an iteration end in an error or a panic after some elements: all of them come first.
func TestOfFails(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong")
	for _, after := range []int{0, 1, 2, 3, 100, 1000} {
		for _, panics := range []bool{false, true} {
			t.Run(fmt.Sprint(after, panics), func(t *testing.T) {
				taken := 0
				defer func() {
					bug := recover()
					text, _ := bug.(string)
					if panics != (bug != nil) || panics && (!strings.HasPrefix(text, "a bug\n") || !strings.Contains(text, "ahead_test.go")) {
						t.Errorf("the panic is %v", bug)
					}
					if taken != after {
						t.Errorf("%d of %d were taken", taken, after)
					}
				}()
				for i, err := range ahead.Of(func(yield func(int, error) bool) {
					for i := range after {
						if !yield(i, nil) {
							return
						}
					}
					if panics {
						panic("a bug")
					}
					yield(-1, wrong)
				}) {
					if err != nil {
						if err != wrong || i != -1 {
							t.Errorf("the error is %v, with %d", err, i)
						}
						return
					}
					taken++
				}
			})
		}
	}
}
