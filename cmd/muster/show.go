package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/compiler"
	"muster/compiler/history"
)

func newShow(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:   "show manifest-id",
		Short: "which commits produced a manifest, and what changed with it",
		Long: "show finds a manifest by its id, or by the first digits of it as in a telemetry event: which cohort was served it, from which\n" +
			"commit to which, and what it changed against the one before.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("%s takes the id of one manifest", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return g.show(cmd, args[0]) },
	}
}

// fewestDigits is how many digits of an id are asked for at least: fewer would fit manifests that are not meant.
const fewestDigits = 6

func (g *globals) show(cmd *cobra.Command, digits string) error {
	digits = strings.ToLower(digits)
	if !isManifestID(digits) {
		return usagef("%q is not a manifest's id, nor %d of its first digits or more", digits, fewestDigits)
	}
	repo, tip, err := g.openAt()
	if err != nil {
		return err
	}
	defer repo.Close()
	reigns, err := compiler.Show(repo, tip, digits)
	if err != nil {
		return err
	}
	if len(reigns) == 0 {
		if err := isThere(repo, tip); err != nil {
			return err
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "no commit up to %s produced a manifest %s\n", short(tip.ID), digits)
		return exitStatus(exitFindings)
	}
	records := make([]reignRecord, len(reigns))
	for i, r := range reigns {
		if records[i], err = reignOf(repo, r); err != nil {
			return err
		}
	}
	if g.output == "json" {
		return writeJSON(cmd.OutOrStdout(), records)
	}
	return showText(cmd.OutOrStdout(), records)
}

// isManifestID reports whether a text may be the id of a manifest or the beginning of one, in either case of letters.
func isManifestID(text string) bool {
	return len(text) >= fewestDigits && len(text) <= 64 && strings.Trim(strings.ToLower(text), "0123456789abcdef") == ""
}

type reignRecord struct {
	Manifest string        `json:"manifest"`
	Cohort   string        `json:"cohort"`
	From     commitRecord  `json:"from"`
	Until    *commitRecord `json:"until,omitempty"` // left out: it is what is served now
	Events   []string      `json:"events"`
	Changes  []changed     `json:"changes"` // against the manifest before
}

// changed is a value of a manifest, by its path, before and after; null where there is none.
type changed struct {
	Path   string          `json:"path"`
	Before json.RawMessage `json:"before"`
	After  json.RawMessage `json:"after"`
}

// String is the change on one line: "path: before -> after", "path: + after" or "path: - before".
func (c changed) String() string {
	switch "null" {
	case string(c.Before):
		return printable(c.Path) + ": + " + brief(c.After)
	case string(c.After):
		return printable(c.Path) + ": - " + brief(c.Before)
	}
	return printable(c.Path) + ": " + brief(c.Before) + " -> " + brief(c.After)
}

// brief is a value on one line, without its middle if it is long.
func brief(v json.RawMessage) string {
	const most = 120
	text := []rune(printable(string(v)))
	if len(text) <= most {
		return string(text)
	}
	return string(text[:most/2]) + " ... " + string(text[len(text)-most/2:])
}

func reignOf(repo *history.Repository, r *compiler.Reign) (record reignRecord, err error) {
	record = reignRecord{Manifest: r.ID.String(), Cohort: r.Cohort, Events: []string{}}
	if record.From, err = commitOf(repo, r.From.Step.ID.String()); err != nil {
		return record, err
	}
	if r.Until != nil {
		until, err := commitOf(repo, r.Until.Step.ID.String())
		if err != nil {
			return record, err
		}
		record.Until = &until
	}
	for _, e := range r.Events {
		record.Events = append(record.Events, eventLine(e))
	}
	record.Changes, err = differences(r.Before, r.After)
	return record, err
}

func showText(w io.Writer, records []reignRecord) error {
	var b strings.Builder
	for i, r := range records {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "manifest %s of %s\n  from   %s\n", r.Manifest, r.Cohort, r.From)
		for _, e := range r.Events {
			fmt.Fprintf(&b, "    %s\n", printable(e))
		}
		for _, c := range r.Changes {
			fmt.Fprintf(&b, "    %s\n", c)
		}
		if r.Until == nil {
			b.WriteString("  until  now\n")
		} else {
			fmt.Fprintf(&b, "  until  %s\n", *r.Until)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// differences are the values in which two JSON documents differ, by path; a value that only one has is told as a whole.
func differences(before, after []byte) ([]changed, error) {
	all := []changed{}
	if len(before) == 0 {
		return all, nil // the first: all of it is new
	}
	was, err := decodeManifest(before)
	if err != nil {
		return nil, err
	}
	is, err := decodeManifest(after)
	if err != nil {
		return nil, err
	}
	return all, compareJSON("", was, is, &all)
}

// decodeManifest keeps numbers as they are written; nil for no manifest.
func decodeManifest(text []byte) (v any, err error) {
	if len(text) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("reading a manifest: %w", err)
	}
	return v, nil
}

func compareJSON(path string, was, is any, all *[]changed) error {
	b, wasMap := was.(map[string]any)
	a, isMap := is.(map[string]any)
	if wasMap && isMap {
		keys := maps.Clone(b)
		maps.Copy(keys, a)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if err := compareJSON(joined(path, key), b[key], a[key], all); err != nil {
				return err
			}
		}
		return nil
	}
	bl, wasList := was.([]any)
	al, isList := is.([]any)
	if wasList && isList {
		return compareLists(path, bl, al, all)
	}
	before, err := json.Marshal(was)
	if err != nil {
		return err
	}
	after, err := json.Marshal(is)
	if err != nil || bytes.Equal(before, after) {
		return err
	}
	*all = append(*all, changed{path, before, after})
	return nil
}

// compareLists tells the items that only one of two lists has; or both lists, if only their order differs.
func compareLists(path string, was, is []any, all *[]changed) error {
	texts := func(l []any) (texts []string, err error) {
		for _, item := range l {
			text, err := json.Marshal(item)
			if err != nil {
				return nil, err
			}
			texts = append(texts, string(text))
		}
		return texts, nil
	}
	before, err := texts(was)
	if err != nil {
		return err
	}
	after, err := texts(is)
	if err != nil || slices.Equal(before, after) {
		return err
	}
	null, found := json.RawMessage("null"), len(*all)
	for _, item := range before {
		if !slices.Contains(after, item) {
			*all = append(*all, changed{path, json.RawMessage(item), null})
		}
	}
	for _, item := range after {
		if !slices.Contains(before, item) {
			*all = append(*all, changed{path, null, json.RawMessage(item)})
		}
	}
	if len(*all) == found {
		*all = append(*all, changed{path, json.RawMessage("[" + strings.Join(before, ",") + "]"), json.RawMessage("[" + strings.Join(after, ",") + "]")})
	}
	return nil
}

func joined(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
