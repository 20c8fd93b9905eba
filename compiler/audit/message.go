package audit

import (
	"regexp"
	"slices"
	"strings"
)

// Message is what a commit's message says of itself.
type Message struct {
	Subject     string   // the first paragraph on one line
	CoAuthors   []string // "Name <address>", from Co-authored-by
	Approvers   []string // likewise, from Approved-by, Reviewed-by and Acked-by
	PullRequest string   // "#123", or GitLab's "!123"; "" if none is named
	Reverts     []string // full ids of commits
	Trailers    []Trailer
}

// Trailer is a line at the end of a message, as in git-interpret-trailers(1).
type Trailer struct{ Key, Value string }

var (
	trailerLine = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9-]*)[ \t]*:[ \t]*(.*)$`)
	revertLine  = regexp.MustCompile(`(?m)^This reverts commit ([0-9a-f]{40})\b`)
	// How forges name the request that a commit comes of: GitHub's merges and squashes, GitLab's, Azure's, Bitbucket's.
	requests = []struct {
		pattern *regexp.Regexp
		sign    string
	}{
		{regexp.MustCompile(`\AMerge pull request #([0-9]+) from `), "#"},
		{regexp.MustCompile(`(?m)^See merge request [^\s]*!([0-9]+)$`), "!"},
		{regexp.MustCompile(`\AMerged PR ([0-9]+): `), "#"},
		{regexp.MustCompile(`\AMerged in .* \(pull request #([0-9]+)\)`), "#"},
		{regexp.MustCompile(`\A[^\n]* \(#([0-9]+)\)[ \t]*(?:\n|\z)`), "#"},
		{regexp.MustCompile(`\A[^\n]* \(!([0-9]+)\)[ \t]*(?:\n|\z)`), "!"},
	}
	requestTrailers = regexp.MustCompile(`^(?:.*/(?:pull|pull-requests|pullrequest)/|#)([0-9]+)/?$|^(?:.*/merge_requests/|!)([0-9]+)/?$`)
)

// ParseMessage reads a commit's message.
func ParseMessage(text string) (m Message) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	paragraphs := strings.Split(text, "\n\n")
	m.Subject = strings.Join(strings.Fields(paragraphs[0]), " ")
	if len(paragraphs) > 1 {
		m.Trailers = trailers(strings.TrimSpace(paragraphs[len(paragraphs)-1]))
	}
	for _, t := range m.Trailers {
		switch strings.ToLower(t.Key) {
		case "co-authored-by":
			m.CoAuthors = appendNew(m.CoAuthors, t.Value)
		case "approved-by", "reviewed-by", "acked-by":
			m.Approvers = appendNew(m.Approvers, t.Value)
		}
	}
	for _, found := range revertLine.FindAllStringSubmatch(text, -1) {
		m.Reverts = appendNew(m.Reverts, found[1])
	}
	m.PullRequest = m.request(text)
	return m
}

func appendNew(l []string, s string) []string {
	if s == "" || slices.Contains(l, s) {
		return l
	}
	return append(l, s)
}

// trailers are those of the last paragraph, which must hold little else, as git has it: all lines but a quarter. A line that
// begins with a space goes on the one before.
func trailers(paragraph string) (all []Trailer) {
	lines, others := strings.Split(paragraph, "\n"), 0
	for _, line := range lines {
		switch found := trailerLine.FindStringSubmatch(line); {
		case found != nil:
			all = append(all, Trailer{found[1], strings.TrimSpace(found[2])})
		case strings.HasPrefix(line, " ") && len(all) > 0:
			all[len(all)-1].Value += " " + strings.TrimSpace(line)
		case strings.HasPrefix(line, "(cherry picked from commit "):
		default:
			others++
		}
	}
	if others*4 > len(lines) {
		return nil
	}
	return all
}

func (m *Message) request(text string) string {
	for _, t := range m.Trailers {
		switch strings.ToLower(t.Key) {
		case "pull-request", "pr-url", "pr", "merge-request", "mr":
			if found := requestTrailers.FindStringSubmatch(t.Value); found != nil && found[1] != "" {
				return "#" + found[1]
			} else if found != nil {
				return "!" + found[2]
			}
		}
	}
	for _, r := range requests {
		if found := r.pattern.FindStringSubmatch(text); found != nil {
			return r.sign + found[1]
		}
	}
	return ""
}
