package history_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/compiler/history"
)

// shop is a repository with two commits: in the first, sub/remotes/a.yaml says "one".
func shop(t testing.TB) repo {
	r := newRepo(t)
	r.commit("README.md", "shop", "sub/remotes/a.yaml", "one")
	r.commit("sub/remotes/a.yaml", "two", "sub/cohorts/g.yaml", "g")
	return r
}

func TestOpenFinds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		make   func(r repo) (dir string, o history.Options)
		prefix string
	}{
		{"work tree", func(r repo) (string, history.Options) { return r.dir, history.Options{} }, ""},
		{"sub-folder", func(r repo) (string, history.Options) { return r.dir + "/sub/remotes", history.Options{} }, "sub/remotes"},
		{"relative GitDir", func(r repo) (string, history.Options) {
			wd, _ := os.Getwd()
			rel, err := filepath.Rel(wd, r.dir+"/.git")
			if err != nil {
				r.t.Fatal(err)
			}
			return r.dir + "/sub", history.Options{GitDir: rel}
		}, "sub"},
		{"GitDir of elsewhere", func(r repo) (string, history.Options) {
			return tempDir(r.t), history.Options{GitDir: r.dir + "/.git"}
		}, ""},
		{"GitDir with core.worktree", func(r repo) (string, history.Options) {
			moved := r.beside("moved.git")
			if err := os.Rename(r.dir+"/.git", moved); err != nil {
				r.t.Fatal(err)
			}
			r.git("--git-dir="+moved, "config", "core.worktree", "../repo")
			return r.dir + "/sub", history.Options{GitDir: moved}
		}, "sub"},
		{"bare", func(r repo) (string, history.Options) {
			r.git("clone", "-q", "--bare", r.dir, r.beside("bare.git"))
			return r.beside("bare.git"), history.Options{}
		}, ""},
		{"a work tree that looks like a bare repository", func(r repo) (string, history.Options) {
			r.commit("HEAD", "ref: refs/heads/bait\n", "objects/x", "", "refs/x", "", "sub/remotes/a.yaml", "three")
			r.git("reset", "-q", "--soft", "HEAD~1")
			return r.dir, history.Options{}
		}, ""},
		{"linked work tree", func(r repo) (string, history.Options) {
			r.git("worktree", "add", "-q", r.beside("linked"), "main", "--detach")
			return r.beside("linked") + "/sub", history.Options{}
		}, "sub"},
		{"linked work tree by GitDir", func(r repo) (string, history.Options) {
			r.git("worktree", "add", "-q", r.beside("linked"), "main", "--detach")
			return r.beside("linked") + "/sub", history.Options{GitDir: r.dir + "/.git/worktrees/linked"}
		}, "sub"},
		{".git file by GitDir", func(r repo) (string, history.Options) {
			r.git("worktree", "add", "-q", r.beside("linked"), "main", "--detach")
			return r.beside("linked"), history.Options{GitDir: r.beside("linked") + "/.git"}
		}, ""},
		{"linked work tree of a bare repository", func(r repo) (string, history.Options) {
			bare := r.at(r.beside("bare.git"))
			r.git("clone", "-q", "--bare", r.dir, bare.dir)
			bare.git("worktree", "add", "-q", r.beside("linked"), "main")
			return r.beside("linked"), history.Options{}
		}, ""},
		{"separate git dir", func(r repo) (string, history.Options) {
			r.git("init", "-q", "--separate-git-dir="+r.beside("elsewhere"))
			return r.dir, history.Options{}
		}, ""},
		{"through a symbolic link", func(r repo) (string, history.Options) {
			symlink(r.t, r.dir+"/sub", r.beside("link"))
			return r.beside("link") + "/remotes", history.Options{}
		}, "sub/remotes"},
		{"the .git folder itself", func(r repo) (string, history.Options) { return r.dir + "/.git", history.Options{} }, ""},
		{"submodule", func(r repo) (string, history.Options) {
			r.git("clone", "-q", r.dir, r.beside("super"))
			super := r.at(r.beside("super"))
			super.git("submodule", "--quiet", "add", r.dir, "vendor")
			return super.dir + "/vendor/sub", history.Options{}
		}, "sub"},
		{"submodule by GitDir", func(r repo) (string, history.Options) {
			r.git("clone", "-q", r.dir, r.beside("super"))
			super := r.at(r.beside("super"))
			super.git("submodule", "--quiet", "add", r.dir, "vendor")
			return super.dir + "/vendor/sub", history.Options{GitDir: super.dir + "/.git/modules/vendor"}
		}, "sub"},
		{"symbolic links inside .git", func(r repo) (string, history.Options) {
			for _, name := range []string{"objects", "refs", "config"} {
				if err := os.Rename(r.dir+"/.git/"+name, r.beside(name)); err != nil {
					r.t.Fatal(err)
				}
				symlink(r.t, r.beside(name), r.dir+"/.git/"+name)
			}
			return r.dir, history.Options{}
		}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir, o := test.make(shop(t))
			h, err := history.Open(dir, o)
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			if h.Prefix() != test.prefix {
				t.Errorf("prefix is %q, want %q", h.Prefix(), test.prefix)
			}
			path := strings.TrimPrefix(strings.TrimPrefix("sub/remotes/a.yaml", h.Prefix()), "/")
			if got := read(t, tree(t, h, "HEAD"), path); got != "two" {
				t.Errorf("HEAD has %q", got)
			}
			if got := read(t, tree(t, h, "main~1"), path); got != "one" {
				t.Errorf("main~1 has %q", got)
			}
			if err := h.Complete(); err != nil {
				t.Error(err)
			}
		})
	}
}

func symlink(t testing.TB, target, link string) {
	t.Helper()
	if err := os.Symlink(target, link); err != nil {
		t.Skip("symbolic links can't be made here")
	}
}

// TestOpenStored covers the ways in which git keeps the same history.
func TestOpenStored(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		store func(r repo) repo
	}{
		{"loose", func(r repo) repo { return r }},
		{"packed", func(r repo) repo {
			r.git("gc", "-q", "--prune=now")
			if loose, _ := filepath.Glob(r.dir + "/.git/objects/??"); len(loose) > 0 {
				r.t.Fatalf("loose objects are left: %q", loose)
			}
			if _, err := os.Stat(r.dir + "/.git/refs/heads/main"); err == nil {
				r.t.Fatal("refs are not packed")
			}
			return r
		}},
		{"two packs and loose objects", func(r repo) repo {
			r.git("repack", "-q", "-d")
			r.commit("x", "y")
			r.git("repack", "-q", "-d")
			r.git("multi-pack-index", "write")
			r.git("pack-refs", "--all")
			r.git("branch", "-q", "-f", "topic", "HEAD~1")
			r.git("reset", "-q", "--hard", "HEAD~1")
			return r
		}},
		{"clone --shared", func(r repo) repo {
			r.git("clone", "-q", "--shared", r.dir, r.beside("shared"))
			return r.at(r.beside("shared"))
		}},
		{"clone --shared of a clone --shared, packed", func(r repo) repo {
			r.git("repack", "-q", "-a", "-d")
			r.git("clone", "-q", "--shared", r.dir, r.beside("first"))
			r.git("clone", "-q", "--shared", r.beside("first"), r.beside("second"))
			return r.at(r.beside("second"))
		}},
		{"relative and quoted alternates", func(r repo) repo {
			r.git("clone", "-q", "--shared", r.dir, r.beside("shared"))
			list := "# borrowed\n\n../../../repo/.git/objects\n\"" + r.dir + "/.git/\\157bjects\"\n"
			if err := os.WriteFile(r.beside("shared")+"/.git/objects/info/alternates", []byte(list), 0o644); err != nil {
				r.t.Fatal(err)
			}
			return r.at(r.beside("shared"))
		}},
		{"sparse checkout", func(r repo) repo {
			r.git("sparse-checkout", "set", "cohorts")
			if _, err := os.Stat(r.dir + "/sub"); err == nil {
				r.t.Fatal("the checkout is not sparse")
			}
			return r
		}},
		{"harmless extensions", func(r repo) repo {
			r.git("config", "core.repositoryformatversion", "1")
			r.git("config", "extensions.noop", "true")
			r.git("config", "extensions.preciousObjects", "true")
			r.git("config", "extensions.objectFormat", "sha1")
			f, err := os.OpenFile(r.dir+"/.git/config", os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				r.t.Fatal(err)
			}
			defer f.Close()
			// What git 2.39 does not know and newer versions write.
			if _, err := f.WriteString("[Extensions]\n\trelativeWorktrees\n\trefStorage = files\n\tcompatObjectFormat = sha256\n"); err != nil {
				r.t.Fatal(err)
			}
			return r
		}},
		{"an unknown extension in format 0, where it has no meaning", func(r repo) repo {
			r.git("config", "core.repositoryformatversion", "0")
			r.git("config", "extensions.future", "true")
			return r
		}},
		{"no config", func(r repo) repo {
			if err := os.Remove(r.dir + "/.git/config"); err != nil {
				r.t.Fatal(err)
			}
			return r
		}},
		{"replaced commits, which are ignored", func(r repo) repo {
			r.git("replace", "--graft", "HEAD")
			r.git("replace", "HEAD^{tree}", "HEAD~0:sub")
			return r
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			original := shop(t)
			want := original.git("rev-parse", "HEAD")
			h := test.store(original).open()
			c, err := h.Resolve("main")
			if err != nil || c.ID != want {
				t.Fatalf("main is %q, %v; want %q", c.ID, err, want)
			}
			if n, err := h.Serial(c); n != 2 || err != nil {
				t.Errorf("serial is %d, %v; want 2", n, err)
			}
			if got := read(t, tree(t, h, "HEAD^"), "sub/remotes/a.yaml"); got != "one" {
				t.Errorf("HEAD^ has %q", got)
			}
			if err := h.Complete(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	config := func(args ...string) func(r repo) (string, string) {
		return func(r repo) (string, string) {
			for i := 0; i < len(args); i += 2 {
				r.git("config", args[i], args[i+1])
			}
			return r.dir, ""
		}
	}
	tests := []struct {
		name string
		make func(r repo) (dir, gitDir string)
		want []string // parts of the error
		is   error
	}{
		{"plain folder", func(r repo) (string, string) { return tempDir(r.t), "" }, []string{"is not in a git repository; ", "git init"}, history.ErrNotRepository},
		{"no folder", func(r repo) (string, string) { return r.dir + "/none", "" }, []string{"opening a repository"}, fs.ErrNotExist},
		{"reftable", config("core.repositoryformatversion", "1", "extensions.refstorage", "reftable"),
			[]string{`extension refstorage = "reftable"; `, "git refs migrate"}, history.ErrUnusable},
		{"reftable in format 0", config("extensions.refStorage", "reftable"), []string{"git refs migrate"}, history.ErrUnusable},
		{"unknown extension", config("core.repositoryformatversion", "1", "extensions.future", "x"),
			[]string{`extension future = "x"; use a newer muster`}, history.ErrUnusable},
		{"unknown format", config("core.repositoryformatversion", "2"), []string{`format version "2"`, "use a newer muster"}, history.ErrUnusable},
		{"unreadable config", func(r repo) (string, string) {
			r.write(".git/config", "[core]\n\tbare = false\n[remote \"origin]\n")
			return r.dir, ""
		}, []string{"reading the repository's config: line 3: a section is not of the form", "git config --list"}, history.ErrUnusable},
		{"wrong GitDir", func(r repo) (string, string) { return r.dir, r.beside("none") }, []string{"names no git folder"}, history.ErrUnusable},
		{"GitDir of a plain folder", func(r repo) (string, string) { return r.dir, r.dir }, []string{"needs HEAD, objects and refs"}, history.ErrUnusable},
		{"broken .git file", func(r repo) (string, string) {
			r.write("sub/.git", "nonsense")
			return r.dir + "/sub", ""
		}, []string{`sub/.git" names no git folder`}, history.ErrUnusable},
		{".git file that leads nowhere", func(r repo) (string, string) {
			r.git("worktree", "add", "-q", r.beside("linked"))
			if err := os.Rename(r.dir, r.beside("moved")); err != nil {
				r.t.Fatal(err)
			}
			return r.beside("linked"), ""
		}, []string{"git worktree repair"}, history.ErrUnusable},
		{"broken .git folder", func(r repo) (string, string) {
			if err := os.Remove(r.dir + "/.git/HEAD"); err != nil {
				r.t.Fatal(err)
			}
			return r.dir, ""
		}, []string{"needs HEAD, objects and refs"}, history.ErrUnusable},
		{"alternates that are gone", func(r repo) (string, string) {
			r.git("clone", "-q", "--shared", r.dir, r.beside("shared"))
			if err := os.Rename(r.dir, r.beside("moved")); err != nil {
				r.t.Fatal(err)
			}
			return r.beside("shared"), ""
		}, []string{"borrows objects from", "are gone", "without --shared"}, history.ErrUnusable},
		{"a bare repository that was committed", func(r repo) (string, string) {
			r.git("init", "-q", "--bare", "sub/bait")
			return r.dir + "/sub/bait", ""
		}, []string{"looks like a bare repository, and lies in the work tree of", "GIT_DIR"}, history.ErrUnusable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir, gitDir := test.make(shop(t))
			_, err := history.Open(dir, history.Options{GitDir: gitDir})
			if !errors.Is(err, test.is) {
				t.Fatalf("got %v, want %v", err, test.is)
			}
			for _, part := range test.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if test.is == history.ErrNotRepository && !errors.Is(err, history.ErrUnusable) {
				t.Error("not an ErrUnusable")
			}
			if test.is != history.ErrNotRepository && errors.Is(err, history.ErrNotRepository) {
				t.Error("taken for a plain folder")
			}
		})
	}
}

func TestOpenRefusesSHA256(t *testing.T) {
	t.Parallel()
	r := newRepo(t, "--object-format=sha256")
	r.commit("a", "b")
	_, err := history.Open(r.dir, history.Options{})
	if !errors.Is(err, history.ErrUnusable) || !strings.Contains(err.Error(), `objectformat = "sha256"; muster reads SHA-1 repositories only`) {
		t.Errorf("got %v", err)
	}
}

// TestOpenBareByGitDir: a bare repository inside a work tree is all right for somebody who says so.
func TestOpenBareByGitDir(t *testing.T) {
	t.Parallel()
	r := shop(t)
	bare := r.at(r.dir + "/sub/bare.git")
	r.git("clone", "-q", "--bare", r.dir, bare.dir)
	h, err := history.Open(bare.dir, history.Options{GitDir: bare.dir})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if got := read(t, tree(t, h, "main"), "README.md"); got != "shop" {
		t.Errorf("got %q", got)
	}
}

func TestShallow(t *testing.T) {
	t.Parallel()
	r := shop(t)
	clone := r.at(r.beside("clone"))
	r.git("clone", "-q", "--depth=1", "file://"+r.dir, clone.dir)
	h := clone.open()
	isIncomplete(t, h.Complete(), "shallow clone", "git fetch --unshallow", "fetch-depth: 0")

	c, err := h.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Serial(c)
	isIncomplete(t, err, "counting the commits up to "+c.ID, "git fetch --unshallow")
	_, err = h.Resolve("HEAD~1")
	isIncomplete(t, err, `revision "HEAD~1"`, "git fetch --unshallow")
	root := r.git("rev-parse", "HEAD~1")
	_, err = h.Resolve(root)
	isIncomplete(t, err, `revision "`+root, "git fetch --unshallow")
	_, err = h.Resolve(root[:8])
	isIncomplete(t, err, `revision "`+root[:8], "git fetch --unshallow")
	if got := read(t, tree(t, h, "HEAD"), "sub/remotes/a.yaml"); got != "two" {
		t.Errorf("HEAD has %q", got)
	}

	linked := clone.at(r.beside("linked"))
	clone.git("worktree", "add", "-q", linked.dir)
	isIncomplete(t, linked.open().Complete(), "shallow")

	clone.git("fetch", "-q", "--unshallow")
	h = clone.open()
	if n, err := h.Serial(c); n != 2 || err != nil || h.Complete() != nil {
		t.Errorf("after the cure: serial %d, %v; %v", n, err, h.Complete())
	}
}

func isIncomplete(t *testing.T, err error, parts ...string) {
	t.Helper()
	if !errors.Is(err, history.ErrIncomplete) || !errors.Is(err, history.ErrUnusable) || errors.Is(err, history.ErrUnknownRevision) {
		t.Errorf("got %v, want an ErrIncomplete", err)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

func TestPartial(t *testing.T) {
	t.Parallel()
	r := shop(t)
	r.git("config", "uploadpack.allowFilter", "true")
	clone := r.at(r.beside("clone"))
	r.git("clone", "-q", "--filter=blob:none", "--no-checkout", "file://"+r.dir, clone.dir)
	h := clone.open()
	isIncomplete(t, h.Complete(), "partial clone", "without --filter")

	c, err := h.Resolve("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if n, err := h.Serial(c); n != 2 || err != nil {
		t.Errorf("serial is %d, %v: the commits are all there", n, err)
	}
	files := tree(t, h, "HEAD")
	_, err = fs.ReadFile(files, "sub/remotes/a.yaml")
	isIncomplete(t, err, "is not here", "without --filter")
	if errors.Is(err, fs.ErrNotExist) {
		t.Error("a missing blob looks like a missing file")
	}
	_, err = fs.Stat(files, "sub/remotes/a.yaml")
	isIncomplete(t, err, "without --filter")

	// Without extensions.partialClone, the remote tells, and without both, the packs.
	clone.write(".git/config", "[remote \"origin\"]\n\tpromisor\n")
	isIncomplete(t, clone.open().Complete(), "partial clone")
	clone.write(".git/config", "")
	isIncomplete(t, clone.open().Complete(), "partial clone")
}

// TestRepack lets git move the objects from under an open repository.
func TestRepack(t *testing.T) {
	t.Parallel()
	r := shop(t)
	h := r.open()
	files := tree(t, h, "HEAD~1")
	r.git("gc", "-q", "--prune=now")
	if got := read(t, files, "sub/remotes/a.yaml"); got != "one" {
		t.Errorf("after gc: %q", got)
	}
	r.commit("sub/remotes/a.yaml", "three")
	r.git("repack", "-q", "-a", "-d")
	if got := read(t, tree(t, h, "HEAD"), "sub/remotes/a.yaml"); got != "three" {
		t.Errorf("after repack: %q", got)
	}
}
