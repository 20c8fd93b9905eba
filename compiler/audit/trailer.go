package audit

import "strings"

// Trailer is a line at the end of a message, as in git-interpret-trailers(1), with the lines that go on it.
type Trailer struct{ Key, Value string }

// gitsOwn is how lines begin that git itself adds: they make a paragraph one of trailers that holds other text, too.
var gitsOwn = []string{"Signed-off-by: ", "(cherry picked from commit "}

// trailers are those of a message as git's trailer.c has it: of its last paragraph, which is not its first, if that holds nothing else,
// or has a line of git's own and is made of trailers by a quarter or more. Comments, and the conflicts that old versions of git listed,
// don't count at the end.
func trailers(message string) (all []Trailer) {
	lines := splitLines(message)
	lines = lines[:textEnd(lines)]
	var value []string // of the last trailer, by lines
	end := func() {
		if len(value) > 0 {
			all[len(all)-1].Value = strings.Trim(strings.Join(value, " "), whitespace)
		}
		value = nil
	}
	for _, line := range lines[trailersBegin(lines):] {
		if value != nil && space(line[0]) { // it goes on
			value = append(value, strings.Trim(line, whitespace))
			continue
		}
		end()
		if at := separator(line); at >= 1 && !comment(line) {
			all, value = append(all, Trailer{Key: strings.Trim(line[:at], whitespace)}), []string{strings.Trim(line[at+1:], whitespace)}
		}
	}
	end()
	return all
}

// whitespace is what git takes for it.
const whitespace = " \t\r\n"

func space(b byte) bool { return strings.IndexByte(whitespace, b) >= 0 }

func blank(line string) bool { return strings.Trim(line, whitespace) == "" }

func comment(line string) bool { return strings.HasPrefix(line, "#") }

// splitLines are the lines of a text with their ends.
func splitLines(text string) []string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// textEnd is the line behind the last that is text: no comment, empty line or list of conflicts comes after it.
func textEnd(lines []string) int {
	end, conflicts := len(lines), false
	for i, line := range lines {
		switch {
		case comment(line) || line == "\n":
			end = min(end, i)
		case line == "Conflicts:\n":
			conflicts, end = true, min(end, i)
		case conflicts && line[0] == '\t':
		default:
			conflicts, end = false, len(lines)
		}
	}
	return end
}

// trailersBegin is the first line of the trailers at the end; the number of lines if there are none.
func trailersBegin(lines []string) int {
	title := 0
	for title < len(lines) && (comment(lines[title]) || !blank(lines[title])) {
		title++
	}
	trailers, others, goOn, own, text := 0, 0, 0, false, false
	for i := len(lines) - 1; i >= title; i-- {
		line := lines[i]
		switch {
		case comment(line):
			others, goOn = others+goOn, 0
		case blank(line):
			if !text {
				continue
			}
			if others += goOn; own && trailers*3 >= others || trailers > 0 && others == 0 {
				return i + 1
			}
			return len(lines)
		case strings.HasPrefix(line, gitsOwn[0]) || strings.HasPrefix(line, gitsOwn[1]):
			trailers, goOn, own, text = trailers+1, 0, true, true
		case space(line[0]):
			goOn, text = goOn+1, true
		case separator(line) >= 1:
			trailers, goOn, text = trailers+1, 0, true
		default:
			others, goOn, text = others+1+goOn, 0, true
		}
	}
	return len(lines)
}

// separator is where the colon behind a key is; -1 for none.
func separator(line string) int {
	spaces := false
	for i := range len(line) {
		c := line[i]
		switch {
		case c == ':':
			return i
		case !spaces && (c == '-' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'):
		case i > 0 && (c == ' ' || c == '\t'):
			spaces = true
		default:
			return -1
		}
	}
	return -1
}
