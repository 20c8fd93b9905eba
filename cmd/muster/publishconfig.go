package main

import (
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/cdn"
	"muster/compiler/manifest"
	"muster/compiler/policy"
	"muster/compiler/registry"
)

// printConfig prints the configuration of what stands between an origin and the browsers.
func (g *globals) printConfig(cmd *cobra.Command, kind, origin string) error {
	s, err := g.open()
	if err != nil {
		return err
	}
	defer s.Close()
	checked, found, err := compiler.Check(s.Input)
	if err != nil {
		return err
	}
	if checked == nil {
		if err := g.render(cmd.ErrOrStderr(), s, found, "text"); err != nil {
			return err
		}
		return conclude(cmd.ErrOrStderr(), found)
	}
	site, err := siteOf(checked.Plan.Registry.Policy, origin)
	if err != nil {
		return err
	}
	config, err := cdn.Config(kind, site)
	if err != nil {
		return usagef("%w", err)
	}
	_, err = cmd.OutOrStdout().Write(config)
	return err
}

// siteOf is what a registry has served from an origin: a URL at which the store answers GET requests, or file:FOLDER.
func siteOf(rules *registry.Policy, origin string) (cdn.Site, error) {
	promise := policy.PromiseOf(rules)
	site := cdn.Site{Table: manifest.HeaderTable(promise), Promise: promise, BaseURL: rules.BaseURL.Value, Origin: origin}
	u, err := url.Parse(origin)
	switch {
	case err != nil || u.User != nil:
		return site, usagef("that is no URL of an origin; write https://bucket.s3.eu-central-1.amazonaws.com/prefix/, or file:site")
	case u.Scheme == "file":
		dir, err := folderOf(u)
		if err == nil {
			site.Origin, err = filepath.Abs(dir)
		}
		if err != nil {
			return site, fmt.Errorf("finding the folder: %w", err)
		}
	case u.Scheme != "https" && u.Scheme != "http":
		return site, usagef("--print-config takes the URL at which the store answers GET requests, such as https://bucket.s3.eu-central-1.amazonaws.com/prefix/, or file:site")
	}
	return site, nil
}
