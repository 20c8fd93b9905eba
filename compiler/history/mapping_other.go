//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package history

import "os"

// mapping is a whole file, read where it can't be mapped.
type mapping []byte

func mapFile(path string) (mapping, error) { return os.ReadFile(path) }

func (mapping) close() error { return nil }
