package cdn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
)

// object is a JSON object; its keys are printed in order.
type object map[string]any

type list []any

func printJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("printing JSON: %w", err)
	}
	return b.Bytes(), nil
}

// directive is the number of seconds that a Cache-Control gives for a directive; 0 if it does not have it.
func directive(caching, name string) int {
	m := regexp.MustCompile(`\b` + name + `=(\d+)`).FindStringSubmatch(caching)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}
