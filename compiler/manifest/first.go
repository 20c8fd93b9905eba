package manifest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"muster/compiler/canonical"
)

// FirstName says what a First is, and which version of the format; FirstPath is where it is served, below the baseURL.
const (
	FirstName = "muster/log-first/v1"
	FirstPath = "log/first.json"
)

// First says with which serial a log begins. It is for publishers and auditors, and created once.
type First struct {
	Schema   string `json:"schema"`
	Registry string `json:"registry"`
	Serial   int    `json:"serial"`
}

// ParseFirst reads the canonical JSON of a First, and nothing else.
func ParseFirst(b []byte) (First, error) {
	var f First
	if err := json.Unmarshal(b, &f); err != nil {
		return First{}, errors.New("it is not the JSON that says where a log begins")
	}
	again, err := canonical.JSON(f)
	if err != nil || !bytes.Equal(again, b) || f.Schema != FirstName || f.Serial < 1 {
		return First{}, fmt.Errorf("it is not a canonical %s", FirstName)
	}
	return f, nil
}
