package history

import (
	"encoding/hex"
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"
)

// ObjectID names an object: the SHA-1 of its type, size and content. It can be compared and be the key of a map; the zero
// value names none.
type ObjectID [20]byte

// String is the id as git writes it: 40 hexadecimal digits, in lower case.
func (id ObjectID) String() string { return hex.EncodeToString(id[:]) }

// ParseID reads a full id, such as Commit.ID, in lower or upper case. It fails with ErrUnknownRevision for anything else;
// whether there is such an object is not asked.
func ParseID(digits string) (ObjectID, error) {
	if !plumbing.IsHash(digits) {
		return ObjectID{}, fmt.Errorf("%w: %q is not a commit's id", ErrUnknownRevision, digits)
	}
	return ObjectID(plumbing.NewHash(digits)), nil
}
