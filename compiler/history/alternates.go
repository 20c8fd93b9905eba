package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxBorrowing is how many repositories deep borrowing may go, as in git (link_alt_odb_entry in its object-file.c).
const maxBorrowing = 5

// objectFolders lists the object folders of a repository: its own, and those it borrows from by objects/info/alternates
// (`git clone --shared` and --reference), with those that they borrow from in turn.
func objectFolders(own string) ([]string, error) {
	folders, level := []string{own}, []string{own}
	for depth := 0; len(level) > 0; depth++ {
		var next []string
		for _, folder := range level {
			borrowed, err := alternates(folder)
			if err != nil {
				return nil, err
			}
			for _, b := range borrowed {
				if !slices.Contains(folders, b) {
					folders, next = append(folders, b), append(next, b)
				}
			}
		}
		if depth == maxBorrowing && len(next) > 0 {
			return nil, &unusable{
				problem: fmt.Sprintf("%q borrows objects through more than %d repositories", own, maxBorrowing),
				cure:    "run `git repack -a -d` to have them here",
			}
		}
		level = next
	}
	return folders, nil
}

// alternates reads one list (gitrepository-layout(5)): a path a line, relative to the object folder, # for a comment,
// quoted as in C when it begins with a quote.
func alternates(folder string) ([]string, error) {
	list := filepath.Join(folder, "info", "alternates")
	data, err := os.ReadFile(list)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the borrowed object folders: %w", err)
	}
	var found []string
	for line := range strings.Lines(string(data)) {
		path := strings.TrimRight(line, "\n")
		if path == "" || path[0] == '#' {
			continue
		}
		if unquoted, err := strconv.Unquote(path); err == nil && path[0] == '"' {
			path = unquoted
		}
		real, err := realPath(against(folder, path))
		if err != nil {
			return nil, &unusable{
				problem: fmt.Sprintf("the repository borrows objects from %q (see %q), and they are gone", path, list),
				cause:   err,
				cure:    "make that folder reachable, or make a clone without --shared and --reference",
			}
		}
		found = append(found, real)
	}
	return found, nil
}
