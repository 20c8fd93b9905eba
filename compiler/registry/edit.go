package registry

import (
	"gopkg.in/yaml.v3"

	"muster/compiler/diag"
)

// ParseDocument reads one file of remotes/ or cohorts/ as Load reads it before it looks at any field, for those who want to
// change the text: the top node, with lines and columns (1-based, in characters) of that text. Any finding (a tab, an alias,
// a key set twice, a second document ...) means that the node is nil or does not stand for the whole file.
func ParseDocument(path string, text []byte) (*yaml.Node, diag.List) {
	return parseDocument(File{Path: path}, text)
}

// Releases are those that a file of remotes/ declares, as far as they can be made out: nothing else is looked at, and nothing is
// judged.
func Releases(path string, text []byte) []Release {
	top, _ := parseDocument(File{Path: path}, text)
	if top == nil || top.Kind != yaml.MappingNode {
		return nil
	}
	return decodeRemote(File{Path: path}, top).Releases
}
