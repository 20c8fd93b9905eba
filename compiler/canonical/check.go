package canonical

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"muster/compiler/codeunit"
)

// ErrNotCanonical wraps what keeps a document from being one canonical object.
var ErrNotCanonical = errors.New("it is not a canonical JSON object (RFC 8785)")

// Check asks that a document is one JSON object as RFC 8785 has it, which is the one way without white space, without members
// of one name, with the members in order, with numbers as ECMAScript writes them and no character escaped that need not be.
// What one reader makes of such a document is what any other makes of it. No value may have more than depth others around it:
// readers by recursion run out of stack. It needs memory for the depth and the longest string, not for the document.
//
// The error wraps ErrNotCanonical and names the byte from which on the document differs, the first being byte 1.
func Check(document []byte, depth int) error {
	c := checker{rest: document, most: depth}
	reason := "it is not UTF-8"
	if utf8.Valid(document) {
		reason = c.read(json.NewDecoder(bytes.NewReader(document)))
	}
	if reason == "" {
		return nil
	}
	return fmt.Errorf("%w: byte %d: %s", ErrNotCanonical, len(document)-len(c.rest)+1, reason)
}

const differs = "white space, a number in another spelling, or an escape that need not be"

// checker holds a document against how its tokens are written.
type checker struct {
	rest  []byte // of the document
	depth []level
	most  int
	done  bool   // the outermost value has ended
	text  []byte // of a token; its memory is used again
}

// level is an object or an array that has not ended.
type level struct {
	object bool
	n      int    // tokens so far: names and values
	name   string // the last
}

// read returns why the tokens are not those of one canonical object, or "".
func (c *checker) read(d *json.Decoder) string {
	d.UseNumber()
	for {
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && c.done && len(c.rest) == 0:
			return ""
		case errors.Is(err, io.EOF) && c.done:
			return differs
		case err != nil:
			return "it is not JSON"
		}
		if reason := c.token(t); reason != "" {
			return reason
		}
	}
}

func (c *checker) token(t json.Token) string {
	if t == json.Delim('}') || t == json.Delim(']') {
		c.depth = c.depth[:len(c.depth)-1]
		c.done = len(c.depth) == 0
		return c.take(append(c.text[:0], t.(json.Delim).String()...))
	}
	if len(c.depth) == 0 && (c.done || t != json.Delim('{')) {
		return "it is not one object"
	}
	if len(c.depth) > c.most {
		return fmt.Sprintf("it nests more than %d deep", c.most)
	}
	c.text = c.text[:0]
	if reason := c.separate(t); reason != "" {
		return reason
	}
	switch t := t.(type) {
	case json.Delim:
		c.depth = append(c.depth, level{object: t == '{'})
		c.text = append(c.text, t.String()...)
	case string:
		c.text, _ = appendString(c.text, t) // a text of JSON is valid
	case json.Number:
		return c.number(t)
	case bool:
		c.text = strconv.AppendBool(c.text, t)
	default:
		c.text = append(c.text, "null"...)
	}
	return c.take(c.text)
}

// number takes a number as ECMAScript writes it, which is how encoding/json does, but for the zero below zero.
func (c *checker) number(n json.Number) string {
	value, err := n.Float64()
	if err != nil {
		return "a number is too large"
	}
	text, err := json.Marshal(value + 0)
	if err != nil {
		return err.Error()
	}
	return c.take(append(c.text, text...))
}

// separate writes what stands before a name or a value, and asks that names come in order.
func (c *checker) separate(t json.Token) string {
	if len(c.depth) == 0 {
		return ""
	}
	in := &c.depth[len(c.depth)-1]
	n := in.n
	in.n++
	if in.object && n%2 == 1 {
		c.text = append(c.text, ':')
		return ""
	}
	if n > 0 {
		c.text = append(c.text, ',')
	}
	if name, ok := t.(string); in.object && ok {
		if n > 0 && codeunit.Compare(in.name, name) >= 0 {
			return "a member is there twice, or out of order"
		}
		in.name = name
	}
	return ""
}

// take asks that the document goes on with a text.
func (c *checker) take(text []byte) string {
	for _, b := range text {
		if len(c.rest) == 0 || c.rest[0] != b {
			return differs
		}
		c.rest = c.rest[1:]
	}
	return ""
}
