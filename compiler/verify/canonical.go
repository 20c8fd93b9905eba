package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"muster/compiler/codeunit"
	"muster/compiler/manifest"
)

var errNotCanonical = errors.New("it is not canonical JSON (RFC 8785)")

// maxDepth is how deep a manifest may nest; none of ours has a depth of ten.
const maxDepth = 100

// checkCanonical asks that a document is a JSON object as RFC 8785 has it, without members of one name. It takes numbers as
// they are written, and memory for the depth only, not for the document.
func checkCanonical(document []byte) error {
	c := canonicalizer{rest: document}
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && len(c.rest) == 0 && c.done {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: it can't be read", errNotCanonical)
		}
		if err := c.token(token); err != nil {
			return err
		}
	}
}

// canonicalizer holds a document against how its tokens are written.
type canonicalizer struct {
	rest  []byte // of the document
	depth []level
	done  bool // the outermost value has ended
}

// level is an object or an array that has not ended.
type level struct {
	object bool
	n      int    // tokens so far: names and values
	name   string // the last
}

func (c *canonicalizer) token(t json.Token) error {
	if t == json.Delim('}') || t == json.Delim(']') {
		c.depth = c.depth[:len(c.depth)-1]
		c.done = len(c.depth) == 0
		return c.take([]byte(fmt.Sprint(t)))
	}
	if len(c.depth) == 0 && (c.done || t != json.Delim('{')) {
		return fmt.Errorf("%w: it is not one object", errNotCanonical)
	}
	if err := c.separate(t); err != nil {
		return err
	}
	if delim, ok := t.(json.Delim); ok {
		if len(c.depth) == maxDepth {
			return fmt.Errorf("%w: it nests more than %d deep", errNotCanonical, maxDepth)
		}
		c.depth = append(c.depth, level{object: delim == '{'})
		return c.take([]byte(delim.String()))
	}
	var written any = t
	if number, ok := t.(json.Number); ok {
		written = manifest.Raw(number)
	}
	b, err := manifest.Canonical(written)
	if err != nil {
		return fmt.Errorf("%w: %w", errNotCanonical, err)
	}
	return c.take(b)
}

// separate takes what stands before a name or a value, and asks that names come in order.
func (c *canonicalizer) separate(t json.Token) error {
	if len(c.depth) == 0 {
		return nil
	}
	in := &c.depth[len(c.depth)-1]
	n := in.n
	in.n++
	if in.object && n%2 == 1 {
		return c.take([]byte(":"))
	}
	if name, ok := t.(string); in.object && ok {
		if n > 0 && codeunit.Compare(in.name, name) >= 0 {
			return fmt.Errorf("%w: a member is there twice, or out of order", errNotCanonical)
		}
		in.name = name
	}
	if n == 0 {
		return nil
	}
	return c.take([]byte(","))
}

func (c *canonicalizer) take(text []byte) error {
	rest, ok := bytes.CutPrefix(c.rest, text)
	if !ok {
		return fmt.Errorf("%w: white space, or an escape that need not be", errNotCanonical)
	}
	c.rest = rest
	return nil
}
