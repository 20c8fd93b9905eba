package native

import (
	"cmp"
	"slices"
)

// bringers count who brings a package in one version: with a file, or in format 4, which the classic runtime can't read.
type bringers struct{ files, entries int }

// ofClassic doubts packages of which several apps bring the same version: the first of them gives its file to all.
func (d *doubts) ofClassic() {
	known := map[string]bool{}
	if d.page.Host != nil {
		for _, e := range d.page.Host.Shared {
			known[addressKey(e)] = true
		}
	}
	d.ofFolders()
	d.ofFiles(d.classicListings())
	d.ofGroup(d.page.Remotes, known)
	for _, app := range d.page.Remotes {
		for _, e := range app.Shared {
			known[addressKey(e)] = known[addressKey(e)] || app.Fails == "" && isReadable(app)
		}
	}
	d.ofGroup(d.page.Later, known)
}

// isReadable reports whether the classic runtime takes in the document whatever it knows.
func isReadable(app App) bool {
	return !slices.ContainsFunc(app.Shared, func(e External) bool { return e.Entries != nil })
}

func (d *doubts) classicListings() (all []listing) {
	for _, app := range slices.Concat(d.page.Remotes, d.page.Later) {
		all = append(all, listing{cmp.Or(app.Declares, app.Name), installed{folderOf(app.URL), &app, app.Shared}})
	}
	if d.page.Host != nil {
		all = append(all, listing{hostName, installed{deployFolder(d.page.Options.DeployURL), d.page.Host, d.page.Host.Shared}})
	}
	return all
}

func (d *doubts) ofFolders() {
	seen := map[string]bool{}
	for _, app := range slices.Concat(d.page.Remotes, d.page.Later) {
		folder := folderOf(app.URL)
		home, _ := absolute(folder, baseOf(d.page.Base))
		if seen[home] {
			d.ofPage("two apps are in one folder, %q", home)
		}
		if !isAddress(folder) {
			d.ofPage("files in the folder %q have no address for an import map", folder)
		}
		seen[home] = true
	}
}

func (d *doubts) ofGroup(apps []App, known map[string]bool) {
	counts := map[string]bringers{}
	for _, app := range apps {
		if app.Fails == "" {
			count(counts, app)
		}
	}
	for _, app := range apps {
		if app.Fails != "" {
			continue
		}
		for _, e := range app.Shared {
			k := addressKey(e)
			switch n := counts[k]; {
			case known[k]:
			case n.files > 0 && n.entries > 0:
				d.ofPage("some apps bring %s without a file, and load only if another has brought one before", k)
			case n.files > 1:
				d.ofFile(slot{name: e.Package}, "several apps bring version %s", e.version())
			}
		}
	}
}

func count(counts map[string]bringers, app App) {
	mine := map[string]bool{}
	for _, e := range app.Shared {
		k := addressKey(e)
		n := counts[k]
		switch {
		case e.Entries != nil:
			n.entries++
		case !mine[k]:
			n.files++
		}
		mine[k] = true
		counts[k] = n
	}
}
