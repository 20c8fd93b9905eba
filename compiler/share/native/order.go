package native

import (
	"iter"
	"slices"
)

// Orders are all orders of a page: of the remotes in the manifest, in which their documents then arrive, and of the later apps. The
// arrival that the page says is dropped. There are n! times m! of them, so a caller with more than a handful of apps asks Doubts first.
func Orders(page Page) iter.Seq[Page] {
	return func(yield func(Page) bool) {
		for remotes := range permutations(page.Remotes) {
			for later := range permutations(page.Later) {
				p := page
				p.Remotes, p.Later, p.Arrival = remotes, later, nil
				if !yield(p) {
					return
				}
			}
		}
	}
}

func permutations(apps []App) iter.Seq[[]App] {
	return func(yield func([]App) bool) { permute(slices.Clone(apps), 0, yield) }
}

func permute(apps []App, from int, yield func([]App) bool) bool {
	if from >= len(apps)-1 {
		return yield(slices.Clone(apps))
	}
	for i := from; i < len(apps); i++ {
		apps[from], apps[i] = apps[i], apps[from]
		if !permute(apps, from+1, yield) {
			return false
		}
		apps[from], apps[i] = apps[i], apps[from]
	}
	return true
}
