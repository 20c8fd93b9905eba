package history

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
)

// Record is all that a commit says. Its texts are UTF-8: decoded by the commit's own encoding header if it has one that is
// known, with U+FFFD for whatever is no text.
type Record struct {
	ID      ObjectID
	Parents []ObjectID // the mainline first; empty for a root

	Author, Committer Person

	// Message is the text as it was recorded, the subject first, mostly with a line's end after it.
	Message string

	// Signature is the armoured signature (of OpenPGP, SSH or X.509) as `git verify-commit` hands it on, with a line's end
	// after it; nil if there is none.
	Signature []byte

	// Signed is what the signature is over: the commit object without signatures, of whichever algorithm. For a commit
	// without one it is the whole object.
	Signed []byte
}

// Person is who wrote or committed something, and when.
type Person struct {
	Name, Email string

	// When has the zone that was recorded, or UTC for one that no clock could have. A date that git can't read either is the
	// first of 1970, as for Commit.Time.
	When time.Time
}

// Record reads a commit in full. It fails as Commit's other readers do: ErrUnknownRevision where the object is no commit,
// ErrIncomplete where this clone lacks it.
func (r *Repository) Record(id ObjectID) (Record, error) {
	h, data, err := r.commitObject(plumbing.Hash(id))
	if err != nil {
		return Record{}, err
	}
	return parseRecord(h, data), nil
}

// parseRecord reads a commit object behind its header.
func parseRecord(h header, data []byte) Record {
	rec := Record{ID: ObjectID(h.id)}
	for _, p := range h.parents {
		rec.Parents = append(rec.Parents, ObjectID(p))
	}
	rec.Signature, rec.Signed = unsign(data)
	head, message := splitCommit(data)
	text := textOf(head)
	rec.Author, rec.Committer = person(headerLine(head, "author"), text), person(headerLine(head, "committer"), text)
	rec.Message = text(message)
	return rec
}

// Blob is the content of a file. It fails with an ErrUnusable for one of more than 16 MiB and for an id of something else,
// such as a submodule's, and with ErrIncomplete where this clone lacks it.
func (r *Repository) Blob(id ObjectID) ([]byte, error) {
	return r.objects.blob(plumbing.Hash(id))
}

// splitCommit parts a commit's header from its message, at the first empty line.
func splitCommit(data []byte) (head, message []byte) {
	head, message, _ = bytes.Cut(data, []byte("\n\n"))
	return head, message
}

// headerLine is the rest of the first line of a header that starts with a word; nil if there is none.
func headerLine(head []byte, word string) []byte {
	for line := range bytes.Lines(head) {
		if rest, ok := bytes.CutPrefix(line, []byte(word+" ")); ok {
			return bytes.TrimRight(rest, "\n")
		}
	}
	return nil
}

// textOf is how to read the texts of a commit, by its header. Git takes "latin-1" for ISO-8859-1 too (fallback_encoding in
// its utf8.c), and a text in an encoding that it does not know for what it is.
func textOf(head []byte) func([]byte) string {
	name := string(headerLine(head, "encoding"))
	if strings.EqualFold(name, "latin-1") {
		name = "ISO-8859-1"
	}
	var known encoding.Encoding
	if name != "" && !strings.EqualFold(name, "UTF-8") {
		known, _ = ianaindex.IANA.Encoding(name)
	}
	return func(raw []byte) string {
		if known != nil {
			if decoded, err := known.NewDecoder().Bytes(raw); err == nil {
				raw = decoded
			}
		}
		return strings.ToValidUTF8(string(raw), "\ufffd")
	}
}

// person reads "A U Thor <a@example.com> 1767225600 +0100" as git does (split_ident_line in its ident.c): the name ends at
// the first angle bracket, the date starts after the last.
func person(line []byte, text func([]byte) string) Person {
	name, rest, _ := bytes.Cut(line, []byte("<"))
	email, _, _ := bytes.Cut(rest, []byte(">"))
	return Person{Name: strings.TrimRight(text(name), " \t"), Email: text(email), When: when(line)}
}

// when is the date at the end of a person's line: seconds, and the zone as ±hhmm.
func when(line []byte) time.Time {
	at := lastDate(line)
	words := bytes.Fields(line[bytes.LastIndexByte(line, '>')+1:])
	if len(words) < 2 || words[1][0] != '+' && words[1][0] != '-' {
		return at.UTC()
	}
	zone, err := strconv.ParseInt(string(words[1]), 10, 16)
	minutes := int(zone/100*60 + zone%100)
	if err != nil || minutes == 0 || math.Abs(float64(minutes)) >= 24*60 {
		return at.UTC()
	}
	return at.In(time.FixedZone("", 60*minutes))
}

// unsign takes the signatures out of a commit object, as git does before it verifies one (parse_buffer_signed_by_header in
// its commit.c): a signature is a header "gpgsig" whose further lines start with a space. Headers of other algorithms, such
// as "gpgsig-sha256", are left out of what is signed too.
func unsign(commit []byte) (signature, signed []byte) {
	head, _ := splitCommit(commit)
	if !bytes.Contains(head, []byte("\ngpgsig")) {
		return nil, bytes.Clone(commit)
	}
	var ours, others bool // which kind of signature the line before was of
	for line := range bytes.Lines(commit[:len(head)+min(1, len(commit)-len(head))]) {
		first, isFirst := bytes.CutPrefix(line, []byte("gpgsig "))
		next, isNext := bytes.CutPrefix(line, []byte(" "))
		switch {
		case ours && isNext:
			signature = append(signature, next...)
		case isFirst:
			ours, others = true, false
			signature = append(signature, first...)
		default:
			others = bytes.HasPrefix(line, []byte("gpgsig")) || others && isNext
			ours = false
			if !others {
				signed = append(signed, line...)
			}
		}
	}
	return signature, append(signed, commit[min(len(head)+1, len(commit)):]...)
}
