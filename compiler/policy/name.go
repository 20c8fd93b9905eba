package policy

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"muster/compiler/diag"
	"muster/compiler/registry"
)

var nameRule = Rule{
	Findings: []diag.Rule{{
		ID:       "name/file",
		Summary:  "a file is named after what it declares",
		Protects: "Everybody finds a remote by its name, and git history follows the file.",
		Bad:      "# remotes/checkout.yaml\nname: cart",
		Good:     "# remotes/checkout.yaml\nname: checkout",
	}, {
		ID:       "name/duplicate",
		Summary:  "a name is declared once",
		Protects: "A pin names one remote.",
		Bad:      "# remotes/a/cart.yaml and remotes/b/cart.yaml\nname: cart",
		Good:     "# remotes/a/cart.yaml\nname: cart",
	}, {
		ID:       "name/container",
		Summary:  "container names are unique",
		Protects: "Two containers of one name overwrite each other in the page: the second one answers for both.",
		Bad:      "# remotes/cart.yaml\ncontainer: cart\n# remotes/basket.yaml\ncontainer: cart",
		Good:     "# remotes/cart.yaml\ncontainer: cart\n# remotes/basket.yaml\ncontainer: basket",
	}, {
		ID:      "name/prefix",
		Summary: "no Module Federation container name is another one's name followed by a slash",
		Protects: "The runtime finds the remote of \"shop/cart/Page\" by its prefix: with containers shop and shop/cart it asks shop " +
			"for ./cart/Page, or not, depending on the order in which they were registered.",
		Bad:  "# remotes/shop.yaml\ncontainer: shop\n# remotes/cart.yaml\ncontainer: shop/cart",
		Good: "# remotes/shop.yaml\ncontainer: shop\n# remotes/cart.yaml\ncontainer: shopCart",
	}, {
		ID:       "name/global",
		Summary:  "the container of a global remote is a JavaScript identifier that the browser does not use itself",
		Protects: "A script of type global assigns window[container]; a browser's own global can't be assigned, or breaks the page.",
		Bad:      "container: my-cart    # with a release of type: global",
		Good:     "container: myCart",
	}},
	check: checkNames,
}

func checkNames(r *registry.Registry) (l diag.List) {
	for i, remote := range r.Remotes {
		l.Add(checkFileName(remote.File, remote.Name)...)
		if i > 0 && r.Remotes[i-1].Name.Value == remote.Name.Value {
			l.Add(duplicate(remote.File, remote.Name, r.Remotes[i-1].File, r.Remotes[i-1].Name))
		}
		l.Add(checkGlobal(remote)...)
	}
	for i, c := range r.Cohorts {
		l.Add(checkFileName(c.File, c.Name)...)
		if i > 0 && r.Cohorts[i-1].Name.Value == c.Name.Value {
			l.Add(duplicate(c.File, c.Name, r.Cohorts[i-1].File, r.Cohorts[i-1].Name))
		}
	}
	return append(l, checkContainers(r)...)
}

func checkFileName(f registry.File, name registry.Text) diag.List {
	base := path.Base(f.Path)
	if stem := strings.TrimSuffix(base, path.Ext(base)); stem != name.Value {
		return diag.List{f.Fault(name, diag.Diagnostic{Rule: "name/file",
			Message: fmt.Sprintf("%s declares %s", diag.Quote(base), diag.Quote(name.Value)),
			Help:    fmt.Sprintf("name it %s, or rename the file to %s.yaml", diag.Quote(stem), name)})}
	}
	return nil
}

func duplicate(f registry.File, name registry.Text, first registry.File, firstName registry.Text) diag.Diagnostic {
	return f.Fault(name, diag.Diagnostic{Rule: "name/duplicate", Message: diag.Quote(name.Value) + " is declared twice",
		Notes: []diag.Note{first.Note(firstName, "the other one is here")}, Help: "rename one of them"})
}

// containerAt is where a remote's container name is written: the name if there is no container of its own.
func containerAt(r *registry.Remote) registry.Text {
	if r.Container.IsZero() {
		return r.Name
	}
	return r.Container
}

func checkContainers(r *registry.Registry) (l diag.List) {
	var sorted []*registry.Remote
	for _, remote := range r.Remotes {
		if remote.Code() {
			sorted = append(sorted, remote)
		}
	}
	slices.SortStableFunc(sorted, func(a, b *registry.Remote) int { return strings.Compare(a.Container.Value, b.Container.Value) })
	byName := map[string]*registry.Remote{}
	for _, remote := range sorted {
		name := remote.Container.Value
		if first := byName[name]; first != nil {
			if first.Name.Value != remote.Name.Value { // or it is one name declared twice, which name/duplicate says
				l.Add(fault(remote, containerAt(remote), "name/container", fmt.Sprintf("%s and %s are both the container %s", first.Name, remote.Name, diag.Quote(name)),
					"set container: to a name of its own", first.File.Note(containerAt(first), "the other one is here")))
			}
			continue
		}
		byName[name] = remote
		l.Add(checkPrefix(remote, byName)...)
	}
	return l
}

// checkPrefix looks for containers named by the leading path segments of a remote's own; sorting has put them first.
func checkPrefix(r *registry.Remote, byName map[string]*registry.Remote) (l diag.List) {
	name := r.Container.Value
	for i := strings.IndexByte(name, '/'); r.Runtime == registry.ModuleFederation && i >= 0; {
		if first := byName[name[:i]]; first != nil && first.Runtime == registry.ModuleFederation {
			l.Add(fault(r, containerAt(r), "name/prefix", fmt.Sprintf("the container name %s begins with another one, %s", diag.Quote(name), diag.Quote(name[:i])),
				"rename one of the containers", first.File.Note(containerAt(first), "the other one is here")))
		}
		next := strings.IndexByte(name[i+1:], '/')
		if next < 0 {
			break
		}
		i += 1 + next
	}
	return l
}

var (
	identifier = regexp.MustCompile(`^[\pL_$][\pL\pN_$]*$`)
	// reserved are JavaScript's words and the browser's globals that a script can't or should not assign.
	reserved = strings.Fields("arguments await break case catch class const continue debugger default delete do else enum eval export extends " +
		"false finally for function if implements import in instanceof interface let new null package private protected public return " +
		"static super switch this throw true try typeof undefined var void while with yield NaN Infinity globalThis " +
		"window self document location top parent frames name status history navigator screen length opener origin event external " +
		"performance crypto caches closed console fetch localStorage sessionStorage indexedDB customElements")
)

func checkGlobal(r *registry.Remote) diag.List {
	global := slices.ContainsFunc(r.Releases, func(rel registry.Release) bool { return rel.Type == "global" && !rel.Entry.IsZero() })
	if !global || !r.Code() {
		return nil
	}
	name := r.Container.Value
	switch {
	case !identifier.MatchString(name):
		return diag.List{fault(r, containerAt(r), "name/global", diag.Quote(name)+" is not a JavaScript identifier, and the remote is loaded as a global",
			"set container: to letters and digits, such as the name in camelCase")}
	case slices.Contains(reserved, name):
		return diag.List{fault(r, containerAt(r), "name/global", diag.Quote(name)+" is taken by JavaScript or the browser, and the remote is loaded as a global",
			"set container: to another name")}
	}
	return nil
}
