package history

import "errors"

// What a caller branches on, with errors.Is. The texts of the errors that match say what is wrong and what to do about it.
var (
	// ErrUnusable matches every error that says that the repository, or the asked part of it, can't be read.
	ErrUnusable = errors.New("the repository can't be used")

	// ErrNotRepository says that the folder is in no repository: a plain folder, which may be all right. It is an ErrUnusable.
	ErrNotRepository = errors.New("not a git repository")

	// ErrIncomplete says that this clone was made without a part of the history. It is an ErrUnusable.
	ErrIncomplete = errors.New("the history is incomplete")

	// ErrSparse says that the work tree lacks files that its commit has. It is an ErrUnusable.
	ErrSparse = errors.New("a sparse checkout")

	// ErrUnknownRevision says that a revision names no commit: misspelt, of a kind that is refused, or ambiguous.
	ErrUnknownRevision = errors.New("unknown revision")

	errMissing = errors.New("object not found")
)

const (
	cureShallow = "run `git fetch --unshallow`, or in CI check out with `fetch-depth: 0`"
	curePartial = "make a full clone, without --filter"
	cureDamaged = "`git fsck` lists what is damaged: fetch it again, or make a fresh clone"
)

// unusable is one reason why a repository can't be read.
type unusable struct {
	kind    error // what it is besides an ErrUnusable; may be nil
	problem string
	cause   error // may be nil
	cure    string
}

func (u *unusable) Error() string {
	text := u.problem
	if u.cause != nil {
		text += ": " + u.cause.Error()
	}
	return text + "; " + u.cure
}

// Unwrap lists what errors.Is finds.
func (u *unusable) Unwrap() []error {
	found := []error{ErrUnusable}
	for _, err := range []error{u.kind, u.cause} {
		if err != nil {
			found = append(found, err)
		}
	}
	return found
}

// damaged is the error for an object that is there and makes no sense.
func damaged(problem string, cause error) error {
	return &unusable{problem: problem, cause: cause, cure: cureDamaged}
}
