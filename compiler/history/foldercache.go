package history

import (
	"fmt"

	"github.com/go-git/go-git/v5/plumbing"

	"muster/compiler/recent"
)

// folderCache keeps the folders that were used last. Along a line of commits what one commit has is mostly what its parent
// had, so that without it every folder would be read and parsed twice or more.
type folderCache struct {
	objects *database
	recent  *recent.Map[plumbing.Hash, []entry]
}

// cachedEntries is how many entries each half of a folderCache holds: some 3 MB.
const cachedEntries = 50_000

func newFolderCache(d *database) folderCache {
	return folderCache{d, recent.New[plumbing.Hash](cachedEntries, func(entries []entry) int { return len(entries) + 1 })}
}

// load lists a folder by its id, sorted by name; the zero id has no entries. The result is shared.
func (f *folderCache) load(id plumbing.Hash) ([]entry, error) {
	if id == plumbing.ZeroHash {
		return nil, nil
	}
	entries, ok := f.recent.Get(id)
	if ok {
		return entries, nil
	}
	entries, err := f.objects.folder(id)
	if err == nil {
		f.recent.Put(id, entries)
	}
	return entries, err
}

// folder reads and parses a folder. The empty one need not be stored: git knows it by heart.
func (d *database) folder(id plumbing.Hash) ([]entry, error) {
	if id == emptyFolder {
		return nil, nil
	}
	kind, data, err := d.read(id)
	if err == nil && kind != plumbing.TreeObject {
		err = damaged(fmt.Sprintf("reading folder %s", id), fmt.Errorf("it is a %s", kind))
	}
	if err != nil {
		return nil, err
	}
	entries, err := parseFolder(data)
	if err != nil {
		return nil, damaged(fmt.Sprintf("reading folder %s", id), err)
	}
	return entries, nil
}

var emptyFolder = plumbing.ComputeHash(plumbing.TreeObject, nil)
