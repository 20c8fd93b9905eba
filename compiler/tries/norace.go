//go:build !race

package tries

// Fewer is by how much fewer inputs are tried under the race detector.
const Fewer = 1
