// Package schema holds the shape of a muster registry as CUE sources, one folder per apiVersion, and the JSON Schemas of
// what muster writes. The CUE sources are the only description of the registry's shape: compiler/registry compiles them
// to a checker and falls back on CUE itself.
//
// The files beside this package (schema/*.cue) are this repository's own registry's policy, and not part of the program.
package schema

import "embed"

// V1 holds the CUE sources of apiVersion muster/v1, all of one CUE package named "schema". The file v1/root.cue says
// which top-level fields a registry's own schema/*.cue fills in; the others only hold definitions.
//
//go:embed v1/*.cue
var V1 embed.FS

// Manifest and Pointer are the JSON Schemas of what shells read.
var (
	//go:embed manifest.schema.json
	Manifest []byte
	//go:embed pointer.schema.json
	Pointer []byte
)
