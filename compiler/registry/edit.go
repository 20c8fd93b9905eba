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
