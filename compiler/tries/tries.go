// Package tries says how many inputs a test tries that makes them up, one after another.
package tries

import (
	"os"
	"strconv"
	"testing"
)

// Of is how many a test tries that usually tries n, one at the least: as many as an environment variable says, if it is set, and fewer
// under the race detector, which makes them slow and learns nothing of yet another one.
func Of(t testing.TB, variable string, n int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return max(1, n/Fewer)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("%s is %q, which is no number of tries", variable, text)
	}
	return n
}
