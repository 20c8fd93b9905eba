package native

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"strings"
)

// classic is one page under the classic runtime.
type classic struct {
	options   Options
	addresses map[string]string // by package and version: the file that everybody of that version gets
	homes     map[string]bool   // the folders of the remotes that are in
	log       []Line
	maps      []ImportMap
	joined    []listing // the apps that are in
	files     []listing // and those whose documents were read
}

func runClassic(page Page) Outcome {
	c := &classic{options: page.Options, addresses: map[string]string{}, homes: map[string]bool{}}
	if err := c.init(page); err != nil {
		return Outcome{Err: err.Error(), Log: c.log}
	}
	out := Outcome{Later: make([]string, len(page.Later))}
	for i := range page.Later {
		if err := c.add(&page.Later[i]); err != nil {
			out.Later[i] = err.Error()
		}
	}
	out.Log, out.Maps = c.log, c.maps
	v := newView(page.Base, c.maps, c.files)
	for _, l := range c.joined {
		out.Got = append(out.Got, v.got(l, func(*Got, External) {})...)
	}
	return out
}

func (c *classic) init(page Page) error {
	m, err := c.host(page.Host)
	if err != nil {
		return err
	}
	remotes := manifest(Page{Remotes: page.Remotes})
	made := map[string]ImportMap{}
	var thrown error
	for _, name := range byArrival(remotes.names(), page.Arrival) {
		app := remotes.at(name)
		made[name], err = c.join(name, app, tagged(app.URL, "t", c.options.CacheTag))
		if err != nil {
			thrown = cmp.Or(thrown, c.report(name, app, err))
		}
	}
	if thrown != nil {
		return thrown
	}
	for name, app := range remotes.all() { // in manifest order, whatever the order of arrival
		m.overlay(made[name])
		c.enlist(name, app, made[name].Scopes != nil)
	}
	c.maps = append(c.maps, m)
	return nil
}

// overlay adds a map, whose rules win.
func (m *ImportMap) overlay(over ImportMap) {
	maps.Copy(m.Imports, over.Imports)
	for _, scope := range over.order {
		m.addScope(scope)
		m.Scopes[scope] = over.Scopes[scope]
	}
}

// report prints that a remote is missing, or returns it if that is an error.
func (c *classic) report(name string, app *App, err error) error {
	text := fmt.Sprintf("Error loading remote entry for %s from file %s", name, app.URL)
	if c.options.ThrowIfNotFound {
		return errors.New("Error: " + text)
	}
	c.log = append(c.log, Line{Error, text}, Line{Error, err.Error()})
	return nil
}

func (c *classic) host(app *App) (ImportMap, error) {
	if app == nil || app.Fails != "" {
		return ImportMap{}, errors.New(hostFault(app))
	}
	folder := deployFolder(c.options.DeployURL)
	m := newImportMap()
	for _, e := range app.Shared {
		address := folder + cmp.Or(e.File, "undefined")
		m.Imports[e.Package] = address
		c.addresses[addressKey(e)] = address
	}
	host := listing{cmp.Or(app.Name, hostName), installed{folder, app, app.Shared}}
	c.joined, c.files = append(c.joined, host), append(c.files, host)
	return m, nil
}

func hostFault(app *App) string {
	if app == nil {
		return "TypeError: Failed to fetch"
	}
	return app.Fails
}

// deployFolder is the folder of the host's files, with a slash at its end.
func deployFolder(url string) string {
	if url == "" {
		return "./"
	}
	return strings.TrimSuffix(url, "/") + "/"
}

// addressKey is what the classic runtime goes by: a package in exactly one version.
func addressKey(e External) string { return e.Package + "@" + e.version() }

// errNoFile is what a document of format 4 makes the classic runtime throw.
var errNoFile = errors.New("TypeError: Cannot read properties of undefined (reading 'startsWith')")

// join brings a remote in. A remote that fails half-way leaves the addresses that it gave till then.
func (c *classic) join(name string, app *App, url string) (ImportMap, error) {
	if app.Fails != "" {
		return ImportMap{}, errors.New(app.Fails)
	}
	folder := folderOf(url)
	m := newImportMap()
	for _, exposed := range app.Exposes {
		m.Imports[joinPaths(name, exposed.Key)] = joinPaths(folder, exposed.File)
	}
	m.addScope(folder)
	for _, e := range app.Shared {
		address, known := c.addresses[addressKey(e)]
		if !known {
			if e.Entries != nil {
				return ImportMap{}, errNoFile
			}
			address = joinPaths(folder, e.File)
			c.addresses[addressKey(e)] = address
		}
		m.addToScope(folder, e.Package, address)
	}
	c.homes[folder] = true
	return m, nil
}

// add is loadRemoteModule for a remote that is given by the address of its document.
func (c *classic) add(app *App) error {
	if c.homes[folderOf(app.URL)] {
		return nil
	}
	name := cmp.Or(app.Declares, app.Name)
	m, err := c.join(name, app, app.URL)
	c.enlist(name, app, err == nil)
	if err == nil {
		c.maps = append(c.maps, m)
	}
	return err
}

// enlist notes an app for the outcome; one whose document is of no use may still have given out its files.
func (c *classic) enlist(name string, app *App, joined bool) {
	l := listing{name, installed{folderOf(app.URL), app, app.Shared}}
	if app.Fails == "" {
		c.files = append(c.files, l)
	}
	if joined {
		c.joined = append(c.joined, l)
	}
}

// folderOf is the folder of a document, with a slash at its end.
func folderOf(url string) string { return url[:max(strings.LastIndexByte(url, '/'), 0)] + "/" }

// joinPaths puts a path to a folder. Unlike the orchestrator's join it takes a leading ./ off the path, and all slashes off the folder.
func joinPaths(folder, path string) string {
	return strings.TrimRight(folder, "/") + "/" + strings.TrimPrefix(path, "./")
}
