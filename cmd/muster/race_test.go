//go:build race

package main

// The race detector makes runs slow, sees nothing in one that is killed, and looks at what goroutines share, which a few commits tell
// as well as many.
const (
	everyNth = 12 // of the points at which whole runs are killed, one in so many is tried
	shorter  = 4  // how many times shorter random histories are
)
