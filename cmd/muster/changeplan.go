package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"muster/compiler"
	"muster/compiler/diag"
)

// plan is what a change comes to.
type plan struct {
	change
	files     []*workFile
	events    []compiler.Told
	brought   diag.List // findings that were not there without the change: warnings
	written   bool
	committed string // the commit's id, "" for none
}

// show writes the plan, and what became of it.
func (c *changer) show(p *plan, outcome string) error {
	out, errs := c.cmd.OutOrStdout(), c.cmd.ErrOrStderr()
	if c.globals.output == "json" {
		if err := writeJSON(out, p.record()); err != nil {
			return err
		}
	} else if err := p.text(out); err != nil {
		return err
	} else if err := c.globals.render(errs, c.source, p.brought, "text"); err != nil {
		return err
	}
	if outcome != "" {
		fmt.Fprintln(errs, outcome)
	}
	return nil
}

func (p *plan) text(w io.Writer) error {
	if len(p.files) == 0 {
		return nil
	}
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, printable(p.subject))
	if logEvents(b, p.events); len(p.events) == 0 {
		fmt.Fprintln(b, "    nobody is served anything else")
	}
	for _, f := range p.files {
		for _, h := range f.hunks() {
			fmt.Fprintf(b, "  %s:%d\n", f.path, h.Line)
			for _, line := range h.Before {
				fmt.Fprintf(b, "    -%s\n", printable(line))
			}
			for _, line := range h.After {
				fmt.Fprintf(b, "    +%s\n", printable(line))
			}
		}
	}
	return b.Flush()
}

// planRecord is a plan as machines read it.
type planRecord struct {
	Action   string        `json:"action"`
	Subject  string        `json:"subject"`
	Events   []eventRecord `json:"events"`  // as muster log would tell them
	Changes  []hunkRecord  `json:"changes"` // of lines
	Findings any           `json:"findings"`
	Written  bool          `json:"written"`
	Commit   string        `json:"commit,omitempty"` // left out where none was made
}

type hunkRecord struct {
	File string `json:"file"`
	hunk
}

func (p *plan) record() planRecord {
	r := planRecord{Action: p.action, Subject: p.subject, Events: []eventRecord{}, Changes: []hunkRecord{}, Findings: p.brought.JSON(), Written: p.written, Commit: p.committed}
	for _, t := range p.events {
		r.Events = append(r.Events, eventOf(t))
	}
	for _, f := range p.files {
		for _, h := range f.hunks() {
			r.Changes = append(r.Changes, hunkRecord{f.path, h})
		}
	}
	return r
}

// hunk is lines that take the place of others.
type hunk struct {
	Line   int      `json:"line"` // the first of them, in the text after; 1-based
	Before []string `json:"before"`
	After  []string `json:"after"`
}

// maxCompared bounds the table in which lines are compared: what is larger is told as one hunk.
const maxCompared = 1 << 22

// hunks are the lines of a file that its change touches.
func (f *workFile) hunks() []hunk { return hunksOf(f.was, f.Bytes()) }

func hunksOf(was, is []byte) (all []hunk) {
	before, after := linesOf(was), linesOf(is)
	line := 1
	for len(before) > 0 && len(after) > 0 && before[0] == after[0] {
		before, after, line = before[1:], after[1:], line+1
	}
	for len(before) > 0 && len(after) > 0 && before[len(before)-1] == after[len(after)-1] {
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	if len(before)*len(after) > maxCompared {
		return []hunk{{line, before, after}}
	}
	common := commonLines(before, after)
	open := false
	for i, j := 0, 0; i < len(before) || j < len(after); {
		if i < len(before) && j < len(after) && before[i] == after[j] {
			i, j, open = i+1, j+1, false
			continue
		}
		if !open {
			all, open = append(all, hunk{line + j, []string{}, []string{}}), true
		}
		h := &all[len(all)-1]
		if j == len(after) || i < len(before) && common[i+1][j] >= common[i][j+1] {
			h.Before, i = append(h.Before, before[i]), i+1
		} else {
			h.After, j = append(h.After, after[j]), j+1
		}
	}
	return all
}

// commonLines is the length of a longest common subsequence of each two rests: common[i][j] of before[i:] and after[j:].
func commonLines(before, after []string) [][]int {
	common := make([][]int, len(before)+1)
	common[len(before)] = make([]int, len(after)+1)
	for i, line := range slices.Backward(before) {
		common[i] = make([]int, len(after)+1)
		for j := len(after) - 1; j >= 0; j-- {
			if line == after[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	return common
}

func linesOf(text []byte) []string {
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n"), "\n")
}

// overlay is a tree in which some files have other texts, or are new.
type overlay struct {
	fs.FS
	texts map[string][]byte // by path
}

func (o overlay) Open(name string) (fs.File, error) {
	if text, ok := o.texts[name]; ok {
		return overlaid{bytes.NewReader(text), overlaidInfo{path.Base(name), int64(len(text)), 0o644}}, nil
	}
	return o.FS.Open(name)
}

// Lstat takes the place of that of the tree, so that links stay links.
func (o overlay) Lstat(name string) (fs.FileInfo, error) {
	if info, ok := o.info(name); ok {
		return info, nil
	}
	return fs.Lstat(o.FS, name)
}

func (o overlay) info(name string) (fs.FileInfo, bool) {
	text, ok := o.texts[name]
	return overlaidInfo{path.Base(name), int64(len(text)), 0o644}, ok
}

func (o overlay) ReadLink(name string) (string, error) { return fs.ReadLink(o.FS, name) }

// ReadDir lists a folder, with what is new in it.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, name)
	for file, text := range o.texts {
		rest, below := strings.CutPrefix(file, name+"/")
		if !below {
			continue
		}
		info := overlaidInfo{rest, int64(len(text)), 0o644}
		if folder, _, deeper := strings.Cut(rest, "/"); deeper {
			info = overlaidInfo{folder, 0, fs.ModeDir | 0o755}
		}
		if !slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == info.name }) {
			entries, err = append(entries, fs.FileInfoToDirEntry(info)), nil
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, err
}

// overlaid is a file of an overlay, open.
type overlaid struct {
	*bytes.Reader
	info overlaidInfo
}

func (f overlaid) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f overlaid) Close() error               { return nil }

type overlaidInfo struct {
	name string
	size int64
	mode fs.FileMode
}

func (i overlaidInfo) Name() string       { return i.name }
func (i overlaidInfo) Size() int64        { return i.size }
func (i overlaidInfo) Mode() fs.FileMode  { return i.mode }
func (i overlaidInfo) IsDir() bool        { return i.mode.IsDir() }
func (i overlaidInfo) ModTime() time.Time { return time.Time{} }
func (i overlaidInfo) Sys() any           { return nil }
