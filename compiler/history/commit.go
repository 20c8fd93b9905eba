package history

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
)

// Commit is one commit. The ID says it all: a Commit with nothing else set may be given to any method.
type Commit struct {
	ID string // 40 hexadecimal digits, in lower case

	// Time is when it was committed, UTC, to the second, from 1970 to 9999. A commit whose date git can't read either is of
	// 1970. Dates are what the committer's clock said: they order nothing.
	Time time.Time

	// Parents are the ids of its parents as the commit records them, the mainline first; empty for a root. A shallow clone
	// may lack them.
	Parents []string
}

// header is a commit's header as far as it is needed here.
type header struct {
	id      plumbing.Hash
	tree    plumbing.Hash
	parents []plumbing.Hash
	time    time.Time
}

func (h header) commit() Commit {
	c := Commit{ID: h.id.String(), Time: h.time}
	for _, p := range h.parents {
		c.Parents = append(c.Parents, p.String())
	}
	return c
}

// header reads the commit with a full id.
func (r *Repository) header(id string) (header, error) {
	oid, err := ParseID(id)
	if err != nil {
		return header{}, err
	}
	h, _, err := r.commitObject(plumbing.Hash(oid))
	return h, err
}

// commitObject reads a commit. The data is all there is of it, and shared.
func (r *Repository) commitObject(id plumbing.Hash) (header, []byte, error) {
	kind, data, err := r.objects.read(id)
	if err != nil {
		return header{}, nil, fmt.Errorf("reading commit %s: %w", id, err)
	}
	if kind != plumbing.CommitObject {
		return header{}, nil, fmt.Errorf("%w: %s is a %s, not a commit", ErrUnknownRevision, id, kind)
	}
	h, err := parseHeader(data)
	if err != nil {
		return header{}, nil, damaged(fmt.Sprintf("reading commit %s", id), err)
	}
	h.id = id
	return h, data, nil
}

// parseHeader reads the lines that every commit starts with, in git's order:
//
//	tree 3f2c91ab...
//	parent 9f1c...                                  none for a root, several for a merge
//	author A U Thor <a@example.com> 1767225600 +0100
//	committer C O Mitter <c@example.com> 1767225600 +0100
func parseHeader(data []byte) (header, error) {
	var c header
	id, data, ok := idLine(data, "tree ")
	if !ok {
		return c, errors.New("it does not start with the id of a tree")
	}
	c.tree = id
	for {
		id, rest, ok := idLine(data, "parent ")
		if !ok {
			break
		}
		c.parents, data = append(c.parents, id), rest
	}
	_, data, _ = bytes.Cut(data, []byte("\n"))
	line, _, _ := bytes.Cut(data, []byte("\n"))
	c.time = stamp(line)
	return c, nil
}

// idLine takes one line off the data: a word and an id.
func idLine(data []byte, word string) (id plumbing.Hash, rest []byte, ok bool) {
	line, rest, _ := bytes.Cut(data, []byte("\n"))
	if len(line) != len(word)+hex.EncodedLen(len(id)) || string(line[:len(word)]) != word {
		return id, data, false
	}
	if _, err := hex.Decode(id[:], line[len(word):]); err != nil {
		return plumbing.ZeroHash, data, false
	}
	return id, rest, true
}

// stamp is the time on a committer's line: the first word after the address.
func stamp(line []byte) time.Time {
	after, ok := bytes.CutPrefix(line, []byte("committer "))
	if !ok {
		return time.Unix(0, 0).UTC()
	}
	return lastDate(after)
}

// lastDate is the date on a person's line, UTC: the word of digits after the last angle bracket, in seconds since 1970.
func lastDate(line []byte) time.Time {
	word := bytes.TrimLeft(line[bytes.LastIndexByte(line, '>')+1:], " \t\r\v\f")
	digits := 0
	for digits < len(word) && '0' <= word[digits] && word[digits] <= '9' {
		digits++
	}
	seconds, err := strconv.ParseUint(string(word[:digits]), 10, 38)
	if t := time.Unix(int64(seconds), 0).UTC(); err == nil && t.Year() <= 9999 {
		return t
	}
	return time.Unix(0, 0).UTC()
}

// Serial is how many commits the chain of first parents has, from c to the root, both counted: 1 for a root. Along a
// mainline it only grows. It fails with ErrIncomplete where the clone cuts the chain.
func (r *Repository) Serial(c Commit) (int, error) {
	n, rec := 0, r.keeper.record()
	for h, err := range r.line(c) {
		if err != nil {
			return 0, fmt.Errorf("counting the commits up to %s: %w", c.ID, err)
		}
		if at, ok := rec.joins(h); ok {
			rec.finish(at)
			return n + rec.past() - at, nil
		}
		rec.add(h, nil)
		n++
	}
	rec.finish(rec.past())
	return n, nil
}

// parent is the n-th parent of a commit, which must have one. A shallow clone keeps the names of parents that it lacks.
func (r *Repository) parent(h header, n int) (header, error) {
	if r.shallow[h.id] {
		return header{}, fmt.Errorf("the parents of commit %s are not here: %w", h.id, r.Complete())
	}
	next, _, err := r.commitObject(h.parents[n-1])
	return next, err
}
