//go:build race

package tries

// Fewer is by how much fewer inputs are tried.
const Fewer = 6
