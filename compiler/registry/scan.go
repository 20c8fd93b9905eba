package registry

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"muster/compiler/diag"
)

const (
	remotesFolder = "remotes"
	cohortsFolder = "cohorts"
	schemaFolder  = "schema"
)

// Folders are the top-level folders of a registry: nothing outside them can change what is compiled.
var Folders = []string{remotesFolder, cohortsFolder, schemaFolder}

var (
	fileName   = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}\.ya?ml$`)
	folderName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)
)

// maxFolderDepth is how deep teams may nest their folders below remotes/.
const maxFolderDepth = 4

// maxEntries bounds files and folders: a commit can name one folder many times over, and so hold billions of paths in a
// few objects.
const maxEntries = 100_000

// scan lists the files of each folder, in path order, and names what is there but is no registry file.
func scan(tree fs.FS) (map[string][]string, diag.List, error) {
	s := scanner{tree: tree, files: map[string][]string{}, folded: map[string]string{}}
	for _, folder := range Folders {
		info, err := fs.Lstat(tree, folder)
		switch {
		case errors.Is(err, fs.ErrNotExist) && folder == schemaFolder: // Load asks for the policy
		case errors.Is(err, fs.ErrNotExist):
			s.refuse(folder, "tree/missing", "the registry has no folder "+folder, "run `muster explain tree/missing` to see what a registry holds")
		case err != nil:
			return nil, nil, fmt.Errorf("reading %q: %w", folder, err)
		case !info.IsDir():
			s.refuse(folder, "tree/not-regular", folder+" is "+entryKind(info.Mode())+", not a folder", "make it a folder: links are not followed")
		default:
			if err := s.folder(folder, folder, 0); err != nil {
				return nil, nil, err
			}
		}
	}
	return s.files, s.list, nil
}

type scanner struct {
	tree   fs.FS
	files  map[string][]string
	folded map[string]string // lower-case path → the path seen first
	list   diag.List
	seen   int // files and folders so far
}

func (s *scanner) refuse(name, rule, message, help string) {
	s.list.Add(File{Path: name}.whole(rule, message, help))
}

func (s *scanner) folder(root, dir string, depth int) error {
	entries, err := fs.ReadDir(s.tree, dir)
	if err != nil {
		return fmt.Errorf("reading folder %q: %w", dir, err)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		if s.seen++; s.seen > maxEntries {
			if s.seen == maxEntries+1 {
				s.refuse(root, "tree/size", fmt.Sprintf("the registry holds more than %d files and folders", maxEntries), "move out what is no declaration")
			}
			return nil
		}
		if !utf8.ValidString(e.Name()) {
			s.refuse(name, "tree/file-name", "the file name "+diag.Quote(e.Name())+" is not UTF-8", "rename it")
			continue
		}
		if root == schemaFolder {
			s.schemaEntry(name, e)
			continue
		}
		if first, ok := s.folded[strings.ToLower(name)]; ok {
			s.refuse(name, "tree/case-clash", diag.Quote(first)+" and "+diag.Quote(name)+" are one file where letter case is ignored", "rename one of them")
		}
		s.folded[strings.ToLower(name)] = name
		if err := s.entry(root, name, e, depth); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) entry(root, name string, e fs.DirEntry, depth int) error {
	switch base := e.Name(); {
	case e.IsDir() && !folderName.MatchString(base):
		s.refuse(name, "tree/file-name", "the folder name "+diag.Quote(base)+" is not one that muster reads", "use lower-case letters, digits and dashes")
	case e.IsDir() && depth+1 > maxFolderDepth:
		s.refuse(name, "tree/file-name", fmt.Sprintf("folders nest deeper than %d levels", maxFolderDepth), "move the files up")
	case e.IsDir():
		return s.folder(root, name, depth+1)
	case !e.Type().IsRegular():
		s.refuse(name, "tree/not-regular", diag.Quote(base)+" is "+entryKind(e.Type())+", not a regular file", "put the file itself there: links are not followed")
	case fileName.MatchString(base):
		s.files[root] = append(s.files[root], name)
	case looksDeclared(base):
		s.refuse(name, "tree/file-name", "the file name "+diag.Quote(base)+" is not one that muster reads",
			"rename it: lower-case letters, digits and dashes, starting with a letter, then .yaml")
	default:
		cure := "move it out of " + root + "/"
		if strings.HasPrefix(base, ".") && strings.HasSuffix(base, ".muster") { // see workFile.temporary in the command
			cure = "remove it: a run of muster was killed while it wrote " + diag.Quote(strings.TrimSuffix(base[1:], ".muster"))
		}
		d := File{Path: name}.whole("tree/stray", diag.Quote(base)+" is no declaration; muster does not read it", cure)
		d.Severity = diag.Warning
		s.list.Add(d)
	}
	return nil
}

// looksDeclared reports whether a file was probably meant to be read: skipping it would lose a declaration.
func looksDeclared(base string) bool {
	lower := strings.ToLower(base)
	return !strings.HasPrefix(base, ".") && (strings.Contains(lower, ".yaml") || strings.Contains(lower, ".yml") || strings.HasSuffix(lower, ".json"))
}

// schemaEntry takes the CUE files at the top of schema/; other files there are none of muster's business.
func (s *scanner) schemaEntry(name string, e fs.DirEntry) {
	switch {
	case !strings.HasSuffix(e.Name(), ".cue") || e.IsDir():
	case !e.Type().IsRegular():
		s.refuse(name, "tree/not-regular", diag.Quote(e.Name())+" is "+entryKind(e.Type())+", not a regular file", "put the file itself there: links are not followed")
	default:
		s.files[schemaFolder] = append(s.files[schemaFolder], name)
		slices.Sort(s.files[schemaFolder])
	}
}

func entryKind(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "a symbolic link"
	case m.IsDir():
		return "a folder"
	case m.IsRegular():
		return "a file"
	case m&fs.ModeIrregular != 0:
		return "a submodule"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	}
	return "a special file"
}
