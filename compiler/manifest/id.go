package manifest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// ID names an object by the SHA-256 of its bytes as they are served: of a file read back, never of a value encoded
// again. The zero ID names nothing that can be found. IDs are compared with ==.
type ID [sha256.Size]byte

// Sum returns the id of b.
func Sum(b []byte) ID { return sha256.Sum256(b) }

// String is the id as 64 lower-case hexadecimal digits, as in file names and in the pointer.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// ParseID reads what String writes. Upper-case digits are refused: an id is part of a URL, and there it has one spelling.
func ParseID(s string) (ID, error) {
	var id ID
	b, err := hex.DecodeString(s)
	if err != nil || copy(id[:], b) != len(id) || id.String() != s {
		return ID{}, fmt.Errorf("manifest id %.80q is not 64 lower-case hexadecimal digits", s)
	}
	return id, nil
}
