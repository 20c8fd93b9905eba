package diag

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// Source returns the text of a registry file, for the line that is shown below a finding; ok is false where there is
// none (the file is missing, or not text).
type Source func(file string) (text []byte, ok bool)

// Renderer writes a list in one output format. The list is written in the order given: callers pass l.Sorted().
type Renderer func(w io.Writer, l List, o RenderOptions) error

// RenderOptions is what a renderer may need besides the findings.
type RenderOptions struct {
	Source Source // may be nil: no source lines
	Color  bool   // ANSI colours, where the format has any
}

// Renderers are the output formats by name. Another format is another entry.
var Renderers = map[string]Renderer{
	"text": renderText,
	"json": renderJSON,
}

const (
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	reset  = "\x1b[0m"
)

func renderText(w io.Writer, l List, o RenderOptions) error {
	paint := func(code, s string) string {
		if !o.Color {
			return s
		}
		return code + s + reset
	}
	lines := sourceLines{source: o.Source}
	var b strings.Builder
	for _, d := range l {
		b.Reset()
		if p := place(d.Pos); p != "" {
			b.WriteString(paint(bold, p) + ": ")
		}
		if d.Severity == Warning {
			b.WriteString(paint(yellow, "warning:") + " ")
		} else if o.Color {
			b.WriteString(paint(red, "error:") + " ")
		}
		b.WriteString(Printable(d.Message) + " " + paint(dim, "["+d.Rule+"]") + "\n")
		if text, ok := lines.at(d.Pos); ok {
			code := red
			if d.Severity == Warning {
				code = yellow
			}
			number := strconv.Itoa(d.Pos.Line)
			shown, mark := excerpt(text, d.Pos.Column, d.Length)
			fmt.Fprintf(&b, "%5s | %s\n", number, shown)
			fmt.Fprintf(&b, "%5s | %s\n", "", paint(code, mark))
		}
		for _, n := range d.Notes {
			b.WriteString("  note: ")
			if p := place(n.Pos); p != "" {
				b.WriteString(p + ": ")
			}
			b.WriteString(Printable(n.Message) + "\n")
		}
		if len(d.Cohorts) > 1 {
			b.WriteString("  note: this concerns the cohorts " + strings.Join(d.Cohorts, ", ") + "\n")
		}
		if len(d.Hosts) > 1 {
			b.WriteString("  note: this concerns the hosts " + strings.Join(d.Hosts, ", ") + "\n")
		}
		if d.Help != "" {
			b.WriteString("  help: " + Printable(d.Help) + "\n")
		}
		if _, err := io.WriteString(w, b.String()); err != nil {
			return err
		}
	}
	return nil
}

func place(p Pos) string {
	file := Printable(p.File)
	if p.Line == 0 {
		return file
	}
	return fmt.Sprintf("%s:%d:%d", file, p.Line, p.Column)
}

// excerptWidth is how many characters of a source line are shown at most; a longer line is cut around the finding.
const excerptWidth = 160

// excerpt returns a source line and the mark below it, tabs and control characters shown as one column each.
func excerpt(line []rune, column, length int) (shown, mark string) {
	start := max(0, min(column-1, len(line)))
	length = max(1, min(length, len(line)-start))
	from := 0
	if len(line) > excerptWidth {
		from = max(0, start-excerptWidth/3)
		line = line[from:min(len(line), from+excerptWidth)]
		length = max(1, min(length, len(line)-(start-from)))
	}
	printable := make([]rune, len(line))
	for i, r := range line {
		if printable[i] = r; !unicode.IsPrint(r) {
			printable[i] = ' '
		}
	}
	return string(printable), strings.Repeat(" ", start-from) + "^" + strings.Repeat("~", length-1)
}

// Printable returns s with control characters, and anything else that could disturb a terminal or a log, escaped as Go
// would escape them, and with very long texts cut.
func Printable(s string) string {
	const most = 600
	var b strings.Builder
	for i, r := range s {
		if i > most {
			b.WriteString("…")
			break
		}
		if unicode.IsPrint(r) {
			b.WriteRune(r)
			continue
		}
		q := strconv.QuoteRune(r)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}

// ShortID is an id of a commit or a manifest as people read it: its first 12 digits.
func ShortID(id string) string { return id[:min(len(id), 12)] }

// Quote is strconv.Quote for values in messages: printable text stays as it is, and a long value is cut in its middle.
func Quote(s string) string { return quote(s) }

func quote(s string) string {
	const most = 120
	if r := []rune(s); len(r) > most {
		s = string(r[:most/2]) + "…" + string(r[len(r)-most/4:])
	}
	return strconv.Quote(s)
}

// sourceLines finds lines of source files. It keeps the last file and the last line, as sorted findings come file by file
// and line by line, and a line may be long.
type sourceLines struct {
	source Source
	file   string
	lines  []string
	number int
	line   []rune
}

func (s *sourceLines) at(p Pos) ([]rune, bool) {
	if s.source == nil || p.Line < 1 || p.File == "" {
		return nil, false
	}
	if p.File != s.file {
		s.file, s.lines, s.number = p.File, nil, 0
		if text, ok := s.source(p.File); ok {
			s.lines = strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
		}
	}
	if p.Line > len(s.lines) {
		return nil, false
	}
	if p.Line != s.number {
		s.number, s.line = p.Line, []rune(s.lines[p.Line-1])
	}
	return s.line, true
}

type jsonPos struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

type jsonNote struct {
	jsonPos
	Message string `json:"message"`
}

type jsonDiagnostic struct {
	jsonPos
	Length   int        `json:"length,omitempty"`
	Severity string     `json:"severity"`
	Rule     string     `json:"rule"`
	Message  string     `json:"message"`
	Remote   string     `json:"remote,omitempty"`
	Cohorts  []string   `json:"cohorts,omitempty"`
	Hosts    []string   `json:"hosts,omitempty"`
	Notes    []jsonNote `json:"notes,omitempty"`
	Help     string     `json:"help,omitempty"`
}

func renderJSON(w io.Writer, l List, _ RenderOptions) error {
	errors, warnings := l.Count()
	out := struct {
		Errors      int `json:"errors"`
		Warnings    int `json:"warnings"`
		Diagnostics any `json:"diagnostics"`
	}{errors, warnings, l.JSON()}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

// JSON is the list in the form in which it stands in JSON output, for encoding/json: an array, never null.
func (l List) JSON() any {
	out := []jsonDiagnostic{}
	for _, d := range l {
		j := jsonDiagnostic{jsonPos: jsonPos(d.Pos), Length: d.Length, Severity: d.Severity.String(), Rule: d.Rule,
			Message: d.Message, Remote: d.Remote, Cohorts: d.Cohorts, Hosts: d.Hosts, Help: d.Help}
		for _, n := range d.Notes {
			j.Notes = append(j.Notes, jsonNote{jsonPos(n.Pos), n.Message})
		}
		out = append(out, j)
	}
	return out
}
