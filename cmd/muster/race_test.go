//go:build race

package main

// everyNth is how many of the points at which whole runs are killed are tried, one in so many: the race detector makes runs slow, and
// sees nothing in a run that is killed.
const everyNth = 12
