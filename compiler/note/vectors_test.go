package note

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

const vectorFile = "testdata/vectors.json"

// vector is one case of the file: a document, what a shell knows, and whether it may believe the document.
type vector struct {
	Name      string           `json:"name"`
	Doc       string           `json:"doc,omitempty"`
	DocBase64 string           `json:"docBase64,omitempty"` // instead, where it is not UTF-8
	Keys      []string         `json:"keys,omitempty"`      // none: signatures are not asked for
	Threshold int              `json:"threshold,omitempty"`
	Schema    string           `json:"schema"`
	Registry  string           `json:"registry"`
	Seen      map[string]int64 `json:"seen,omitempty"` // by key, "" without keys
	Now       string           `json:"now"`
	Want      string           `json:"want"` // "ok" or a reason
	Signed    []string         `json:"signed,omitempty"`
}

type vectors struct {
	About   []string `json:"about"`
	Vectors []vector `json:"vectors"`
}

var about = []string{
	"What a shell that trusts keys, expects a schema and a registry, has seen serials and reads a clock says of a pointer:",
	"ok, and which of the keys signed; or why not: malformed, unsigned, signature, unknown keys, threshold, schema, registry, replayed, expired.",
	"Where a document is not UTF-8 it is docBase64. The private keys are the SHA-256 of \"a key for tests: NAME\".",
}

// reasons are the words that both languages have for what goes wrong.
var reasons = []struct {
	err    error
	reason string
}{
	{ErrMalformed, "malformed"}, {ErrUnsigned, "unsigned"}, {ErrSignature, "signature"}, {ErrUnknownKeys, "unknown keys"},
	{ErrThreshold, "threshold"}, {ErrSchema, "schema"}, {ErrRegistry, "registry"}, {ErrReplayed, "replayed"}, {ErrExpired, "expired"},
}

func (v vector) bytes(t testing.TB) []byte {
	t.Helper()
	if v.DocBase64 == "" {
		return []byte(v.Doc)
	}
	doc, err := base64.StdEncoding.DecodeString(v.DocBase64)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// answer is what Accept says of it, in the words of run.mjs.
func (v vector) answer(t testing.TB) string {
	t.Helper()
	now, err := time.Parse(time.RFC3339, v.Now)
	if err != nil {
		t.Fatal(err)
	}
	e := Expectation{Schema: v.Schema, Registry: v.Registry, Seen: v.Seen, Now: now}
	if v.Keys != nil {
		var list []Key
		for _, text := range v.Keys {
			key, err := ParseKey(text)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, key)
		}
		if e.Keys, err = NewKeys(v.Threshold, list...); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Accept(v.bytes(t), e)
	return answerOf(r, err)
}

func answerOf(r Result, err error) string {
	if err == nil {
		words := []string{"ok"}
		for _, k := range r.Signed {
			words = append(words, k.String())
		}
		return strings.Join(words, " ")
	}
	var met []string
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			met = append(met, r.reason)
		}
	}
	if len(met) != 1 {
		return fmt.Sprintf("a bug: %v is %q", err, met)
	}
	return met[0]
}

func (v vector) wanted() string { return strings.Join(append([]string{v.Want}, v.Signed...), " ") }

// TestVectors holds Accept against the file, and the file against the table that it is written from.
func TestVectors(t *testing.T) {
	t.Parallel()
	for _, v := range readVectors(t) {
		if got := v.answer(t); got != v.wanted() {
			t.Errorf("%s: got %q, want %q", v.Name, got, v.wanted())
		}
	}
}

// readVectors reads the file, which must be what the table comes to.
func readVectors(t testing.TB) []vector {
	t.Helper()
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	table := allVectors(t)
	if err := e.Encode(vectors{about, table}); err != nil {
		t.Fatal(err)
	}
	if os.Getenv("MUSTER_UPDATE") != "" {
		if err := os.WriteFile(vectorFile, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(vectorFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(file), out.String()); diff != "" {
		t.Fatalf("%s is not what the table says (-file +table); MUSTER_UPDATE=1 writes it:\n%s", vectorFile, diff)
	}
	var read vectors
	if err := json.Unmarshal(file, &read); err != nil {
		t.Fatal(err)
	}
	return read.Vectors
}

// The keys of the shop, this year's and the next, and somebody else's.
const old, next, alien = "acme-shop-2026", "acme-shop-2027", "acme-cafe-2026"

const pointer = `{"cohorts":[{"name":"general","sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","size":4711,"url":"https://manifests.acme.example/manifests/general/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08.json"}],"commit":"3f2c91ab5c7de08fd5f4b8a9e2a8d1c0b7e6f5a4","expires":"2026-12-08T12:00:00Z","issued":"2026-12-01T12:00:00Z","registry":"acme-shop","schema":"muster/pointer/v1","serial":12,"time":"2026-12-01T11:58:00Z","ttl":60}`

// allVectors is the table.
func allVectors(t testing.TB) (all []vector) {
	t.Helper()
	for _, group := range []func(testing.TB) []vector{signatureVectors, freshnessVectors, rotationVectors, frameVectors, textVectors} {
		all = append(all, group(t)...)
	}
	for i := range all {
		v := &all[i]
		v.Schema, v.Registry = "muster/pointer/v1", "acme-shop"
		if v.Now == "" {
			v.Now = "2026-12-02T00:00:00Z"
		}
		if v.Keys == nil && v.Threshold >= 0 {
			v.Keys = texts(t, old)
		}
		if v.Want == "ok" && v.Signed == nil && v.Keys != nil {
			v.Signed = v.Keys
		}
		if v.Keys != nil {
			v.Threshold = max(1, v.Threshold)
		} else {
			v.Threshold = 0
		}
		if !utf8.ValidString(v.Doc) {
			v.Doc, v.DocBase64 = "", base64.StdEncoding.EncodeToString([]byte(v.Doc))
		}
	}
	return all
}

// unasked is the threshold of vectors without keys.
const unasked = -1

func texts(t testing.TB, names ...string) (keys []string) {
	t.Helper()
	for _, k := range publicsOf(t, names...) {
		keys = append(keys, k.String())
	}
	return keys
}

func signatureVectors(t testing.TB) []vector {
	good := signed(t, pointer, old)
	both := signed(t, pointer, old, next)
	other := lineOf(t, replaced(t, pointer, `"serial":12`, `"serial":13`), old)
	elsewhere := signature{publicOf(t, old).id, parsed(t, lineOf(t, pointer, next)[0]).raw}.String()
	renamed := signature{identity{old, publicOf(t, alien).id.hash}, parsed(t, lineOf(t, pointer, alien)[0]).raw}.String()
	short := signature{publicOf(t, old).id, parsed(t, lineOf(t, pointer, old)[0]).raw[:63]}.String()
	return []vector{
		{Name: "signed by the key", Doc: good, Want: "ok"},
		{Name: "unsigned", Doc: pointer, Want: "unsigned"},
		{Name: "unsigned, and no signatures are asked for", Doc: pointer, Threshold: unasked, Want: "ok"},
		{Name: "signed, and no signatures are asked for", Doc: good, Threshold: unasked, Want: "ok"},
		{Name: "a wrong signature, and none are asked for", Doc: framed(pointer, other...), Threshold: unasked, Want: "ok"},
		{Name: "the body was altered", Doc: replaced(t, good, `"size":4711`, `"size":4712`), Want: "signature"},
		{Name: "a member was taken out", Doc: replaced(t, good, `"expires":"2026-12-08T12:00:00Z",`, ""), Want: "signature"},
		{Name: "the signature is of another text", Doc: framed(pointer, other...), Want: "signature"},
		{Name: "the signature is another key's, under the name and hash of this one", Doc: framed(pointer, elsewhere), Want: "signature"},
		{Name: "the signature has a byte too few", Doc: framed(pointer, short), Want: "signature"},
		{Name: "an unknown key only", Doc: signed(t, pointer, alien), Want: "unknown keys"},
		{Name: "an unknown key of the known one's name", Doc: framed(pointer, renamed), Want: "unknown keys"},
		{Name: "a signature of another kind and size", Doc: framed(pointer, signature{identity{"witness.example/w1", [4]byte{1, 2, 3, 4}}, make([]byte, 76)}.String()), Want: "unknown keys"},
		{Name: "an unknown key beside the known one", Doc: signed(t, pointer, alien, old), Want: "ok"},
		{Name: "a wrong signature of an unknown key beside a good one", Doc: framed(pointer, append(lineOf(t, "{}", alien), lineOf(t, pointer, old)...)...), Want: "ok"},
		{Name: "a wrong signature of a known key before a good one", Doc: framed(pointer, append(lineOf(t, "{}", next), lineOf(t, pointer, old)...)...), Keys: texts(t, old, next), Want: "signature"},
		{Name: "a wrong signature of a known key behind a good one", Doc: framed(pointer, append(lineOf(t, pointer, old), lineOf(t, "{}", next)...)...), Keys: texts(t, old, next), Want: "signature"},
		{Name: "the same signature twice", Doc: framed(pointer, lineOf(t, pointer, old, old)...), Want: "ok"},
		{Name: "a good and a wrong signature of one key", Doc: framed(pointer, lineOf(t, pointer, old)[0], other[0]), Want: "signature"},
		{Name: "the same signature twice does not make two keys", Doc: framed(pointer, lineOf(t, pointer, old, old)...), Keys: texts(t, old, next), Threshold: 2, Want: "threshold"},
		{Name: "one key of two that it takes", Doc: good, Keys: texts(t, old, next), Threshold: 2, Want: "threshold"},
		{Name: "two keys of two that it takes", Doc: both, Keys: texts(t, old, next), Threshold: 2, Want: "ok"},
		{Name: "two keys of three, and it takes two", Doc: both, Keys: texts(t, old, next, alien), Threshold: 2, Want: "ok", Signed: texts(t, old, next)},
		{Name: "a known and an unknown key, and it takes two", Doc: signed(t, pointer, old, alien), Keys: texts(t, old, next), Threshold: 2, Want: "threshold"},
		{Name: "another kind of document with a good signature", Doc: signed(t, replaced(t, pointer, "muster/pointer/v1", "muster/log/v1"), old), Want: "schema"},
		{Name: "no schema", Doc: signed(t, replaced(t, pointer, `"schema":"muster/pointer/v1",`, ""), old), Want: "schema"},
		{Name: "the pointer of another registry with the same key", Doc: signed(t, replaced(t, pointer, `"acme-shop"`, `"acme-cafe"`), old), Want: "registry"},
		{Name: "a registry that is no text", Doc: signed(t, replaced(t, pointer, `"acme-shop"`, `["acme-shop"]`), old), Want: "registry"},
	}
}

func parsed(t testing.TB, line string) signature {
	t.Helper()
	s, err := parseSignature(line)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func freshnessVectors(t testing.TB) []vector {
	with := func(old2, new string) string { return signed(t, replaced(t, pointer, old2, new), old) }
	good := signed(t, pointer, old)
	key := publicOf(t, old).String()
	all := []vector{
		{Name: "a newer serial than was seen", Doc: good, Seen: map[string]int64{key: 11}, Want: "ok"},
		{Name: "the serial that was seen", Doc: good, Seen: map[string]int64{key: 12}, Want: "ok"},
		{Name: "an older serial", Doc: good, Seen: map[string]int64{key: 13}, Want: "replayed"},
		{Name: "an older serial, unsigned", Doc: pointer, Seen: map[string]int64{"": 13}, Threshold: unasked, Want: "replayed"},
		{Name: "what was seen unsigned binds no key", Doc: good, Seen: map[string]int64{"": 13}, Want: "ok"},
		{Name: "the highest serial", Doc: with(`"serial":12`, `"serial":9007199254740991`), Want: "ok"},
		{Name: "a serial that JavaScript can't hold", Doc: with(`"serial":12`, `"serial":9007199254740992`), Want: "malformed"},
		{Name: "a serial of zero", Doc: with(`"serial":12`, `"serial":0`), Want: "malformed"},
		{Name: "a serial below zero", Doc: with(`"serial":12`, `"serial":-1`), Want: "malformed"},
		{Name: "half a serial", Doc: with(`"serial":12`, `"serial":12.5`), Want: "malformed"},
		{Name: "a serial that is a text", Doc: with(`"serial":12`, `"serial":"12"`), Want: "malformed"},
		{Name: "a serial in other letters", Doc: with(`"serial":12`, `"serials":12`), Want: "malformed"},
		{Name: "a second before it expires", Doc: good, Now: "2026-12-08T11:59:59Z", Want: "ok"},
		{Name: "when it expires", Doc: good, Now: "2026-12-08T12:00:00Z", Want: "expired"},
		{Name: "expired", Doc: good, Now: "2027-01-01T00:00:00Z", Want: "expired"},
		{Name: "without an expiry", Doc: with(`"expires":"2026-12-08T12:00:00Z",`, ""), Now: "2126-01-01T00:00:00Z", Want: "ok"},
		{Name: "issued in the future, by a shell's clock", Doc: good, Now: "2026-11-30T00:00:00Z", Want: "ok"},
		{Name: "replayed and expired", Doc: good, Seen: map[string]int64{key: 13}, Now: "2027-01-01T00:00:00Z", Want: "replayed"},
		{Name: "replayed, of another registry", Doc: with(`"acme-shop"`, `"acme-cafe"`), Seen: map[string]int64{key: 13}, Want: "registry"},
	}
	for _, expires := range []string{`null`, `1796731200`, `""`, `"2026-12-08"`, `"2026-12-08T12:00:00.5Z"`, `"2026-12-08T12:00:00+00:00"`, `"2026-02-30T12:00:00Z"`,
		`"2026-12-08T24:00:00Z"`, `"2026-12-08 12:00:00Z"`, `"2026-12-08T12:00:60Z"`, `"2026-12-08T12:00Z"`, `"never"`, `"12026-12-08T12:00:00Z"`} {
		all = append(all, vector{Name: "expires at " + expires, Doc: with(`"2026-12-08T12:00:00Z"`, expires), Want: "malformed"})
	}
	return all
}

// rotationVectors are a shop that changes its key: it signs with both until every shell that knows the old one only is gone.
func rotationVectors(t testing.TB) []vector {
	both := signed(t, pointer, old, next)
	oldKey, nextKey := publicOf(t, old).String(), publicOf(t, next).String()
	stolen := map[string]int64{oldKey: 9007199254740991, nextKey: 11}
	return []vector{
		{Name: "rotation: both keys, an old shell", Doc: both, Keys: texts(t, old), Want: "ok"},
		{Name: "rotation: both keys, a new shell", Doc: both, Keys: texts(t, next), Want: "ok"},
		{Name: "rotation: both keys, a shell that knows both", Doc: both, Keys: texts(t, next, old), Want: "ok", Signed: texts(t, old, next)},
		{Name: "rotation: the new key, an old shell", Doc: signed(t, pointer, next), Keys: texts(t, old), Want: "unknown keys"},
		{Name: "rotation: the old key, a new shell", Doc: signed(t, pointer, old), Keys: texts(t, next), Want: "unknown keys"},
		{Name: "rotation: a key is new to a shell that knows both", Doc: both, Keys: texts(t, old, next), Seen: map[string]int64{oldKey: 12}, Want: "ok"},
		{Name: "rotation: the serial went back for one of two keys", Doc: both, Keys: texts(t, old, next), Seen: map[string]int64{oldKey: 12, nextKey: 13}, Want: "replayed"},
		{Name: "stolen: the thief wore out the serials, and the shell still trusts the key", Doc: both, Keys: texts(t, old, next), Seen: stolen, Want: "replayed"},
		{Name: "stolen: a shell that trusts the new key only goes on", Doc: both, Keys: texts(t, next), Seen: stolen, Want: "ok"},
	}
}

func frameVectors(t testing.TB) []vector {
	good := signed(t, pointer, old)
	line := lineOf(t, pointer, old)[0]
	raw := parsed(t, line).raw
	loose := line[:len(line)-2] + string(line[len(line)-2]+1) + "=" // the last bits of base64 are not 0
	id := publicOf(t, old).id
	docs := map[string]string{
		"nothing":                                 "",
		"a newline":                               "\n",
		"an unsigned document with a newline":     pointer + "\n",
		"no newline at the end":                   strings.TrimSuffix(good, "\n"),
		"two newlines at the end":                 good + "\n",
		"a third line":                            good + "{}\n",
		"a carriage return":                       replaced(t, good, "\n,", "\r\n,"),
		"a space at the end of line 1":            replaced(t, good, "\n,", " \n,"),
		"a space before line 2":                   replaced(t, good, "\n,", "\n ,"),
		"a space behind the colon":                replaced(t, good, `"signatures":`, `"signatures": `),
		"a space at the end":                      replaced(t, good, "]}\n", "]} \n"),
		"a space between signatures":              framed(pointer, line+`", "`+line),
		"a byte order mark":                       "\ufeff" + good,
		"a zero byte":                             good + "\x00",
		"the brace is on line 1 already":          replaced(t, good, "\n,", "}\n,"),
		"another name of the member":              replaced(t, good, `"signatures"`, `"signature"`),
		"a capital in the member":                 replaced(t, good, `"signatures"`, `"Signatures"`),
		"no signatures":                           replaced(t, framed(pointer), `[""]`, `[]`),
		"an empty signature":                      framed(pointer, ""),
		"a second member on line 2":               replaced(t, good, "]}\n", `],"serial":13}`+"\n"),
		"a member before the signatures":          replaced(t, good, "\n,", "\n,\"serial\":13,"),
		"signatures twice":                        replaced(t, good, "]}\n", `],"signatures":["`+line+`"]}`+"\n"),
		"signatures on line 1":                    forced(t, replaced(t, pointer, `"time"`, `"signatures":[],"time"`), old),
		"signatures on line 1 alone":              replaced(t, pointer, `"time"`, `"signatures":["`+line+`"],"time"`),
		"the dash is escaped":                     replaced(t, good, "—", `\u2014`),
		"another dash":                            replaced(t, good, "—", "–"),
		"two spaces":                              replaced(t, good, "— ", "—  "),
		"no space":                                replaced(t, good, "— ", "—"),
		"a no-break space":                        replaced(t, good, "— ", "—\u00a0"),
		"a space behind the signature":            framed(pointer, line+" "),
		"a newline behind the signature":          framed(pointer, line+`\n`),
		"a slash that is escaped":                 framed(pointer, "— a"+`\/`+"b "+strings.Split(line, " ")[2]),
		"a name with a plus":                      framed(pointer, signature{identity{"acme+shop", id.hash}, raw}.String()),
		"a name with a letter beyond ASCII":       framed(pointer, signature{identity{"acmé", id.hash}, raw}.String()),
		"no name":                                 framed(pointer, signature{identity{"", id.hash}, raw}.String()),
		"a signature of no bytes":                 framed(pointer, signature{id, nil}.String()),
		"base64 without its padding":              framed(pointer, strings.TrimRight(line, "=")),
		"base64 with too much padding":            framed(pointer, line+"="),
		"base64 of URLs":                          framed(pointer, "— "+id.name+" "+base64.URLEncoding.EncodeToString(bytes.Repeat([]byte{255}, 68))),
		"base64 whose last bits are not 0":        framed(pointer, loose),
		"more than a hundred signatures":          framed(pointer, slices.Repeat([]string{line}, 101)...),
		"bytes that are not UTF-8 in a signature": replaced(t, good, "— ", "\xe2\x80 "),
	}
	all := fromDocs(docs)
	return append(all, vector{Name: "a hundred signatures", Doc: framed(pointer, slices.Repeat([]string{line}, 100)...), Want: "ok"})
}

// textVectors are texts that are not written in the one way, each with a signature that holds.
func textVectors(t testing.TB) []vector {
	docs := map[string]string{}
	for name, change := range map[string][2]string{
		"white space in the text":              {`"serial":12`, `"serial": 12`},
		"a tab in the text":                    {`"serial":12`, "\"serial\":\t12"},
		"a member twice":                       {`"serial":12`, `"serial":11,"serial":12`},
		"a member twice, deep inside":          {`"size":4711`, `"size":1,"size":4711`},
		"members out of order":                 {`"serial":12,"time":"2026-12-01T11:58:00Z"`, `"time":"2026-12-01T11:58:00Z","serial":12`},
		"an escape that need not be":           {`"acme-shop"`, `"acme\u002dshop"`},
		"a slash that is escaped in the text":  {`"muster/pointer/v1"`, `"muster\/pointer\/v1"`},
		"a number with a fraction of nothing":  {`"serial":12`, `"serial":12.0`},
		"a number with an exponent":            {`"serial":12`, `"serial":1.2e1`},
		"a zero below zero":                    {`"ttl":60`, `"ttl":-0`},
		"a number that is too large":           {`"ttl":60`, `"ttl":1e999`},
		"half a character, escaped":            {`"acme-shop"`, `"acme-shop\ud800"`},
		"a character in capitals":              {`"ttl":60`, `"ttl":"\u001F"`},
		"a trailing comma":                     {`"ttl":60`, `"ttl":60,`},
		"bytes that are not UTF-8 in the text": {`"acme-shop"`, "\"acme-shop\xff\""},
		"a control character":                  {`"acme-shop"`, "\"acme-shop\x01\""},
		"nests too deep":                       {`"ttl":60`, `"ttl":` + strings.Repeat("[", 33) + strings.Repeat("]", 33)},
		"nests far too deep":                   {`"ttl":60`, `"ttl":` + strings.Repeat("[", 400) + strings.Repeat("]", 400)},
	} {
		docs[name] = forced(t, replaced(t, pointer, change[0], change[1]), old)
	}
	for name, doc := range map[string]string{
		"an array": `[]`, "a text": `"{}"`, "null": `null`, "no members": `{}`, "a brace": `}`, "an object in an array": `[{}`, "not JSON": `{serial:12}`, "two objects": `{}{}`,
	} {
		docs[name] = forced(t, doc, old)
		docs[name+", unsigned"] = doc
	}
	all := fromDocs(docs)
	odd := replaced(t, pointer, `"ttl":60`, `"ttl":60,"~":[1e+21,0.1,-5e-324,1e-7,"\u0000\b\t\n\u000b\f\r\u001f\"\\/`+"\u007f\u2028é😀ﬁ"+`",{"10":1,"9":{"__proto__":null},"a":true,"é":{},"😀":0,"ﬁ":0}]`)
	return append(all,
		vector{Name: "every spelling there is", Doc: signed(t, odd, old), Want: "ok"},
		vector{Name: "nests as deep as it may", Doc: signed(t, replaced(t, pointer, `"ttl":60`, `"ttl":`+strings.Repeat("[", 32)+strings.Repeat("]", 32)), old), Want: "ok"})
}

// fromDocs are malformed documents by name, in the order of their names.
func fromDocs(docs map[string]string) (all []vector) {
	for name, doc := range docs {
		all = append(all, vector{Name: name, Doc: doc, Want: "malformed"})
	}
	slices.SortFunc(all, func(a, b vector) int { return strings.Compare(a.Name, b.Name) })
	return all
}
