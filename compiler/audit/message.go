package audit

import (
	"regexp"
	"strings"
)

// Message is what a commit's message says of itself.
type Message struct {
	Subject     string   // the first paragraph on one line
	CoAuthors   []string // "Name <address>", from Co-authored-by
	Approvers   []string // likewise, from Approved-by, Reviewed-by and Acked-by
	PullRequest string   // "#123", or GitLab's "!123"; "" if none is named
	Reverts     []string // ids of commits, in full or 7 digits and more of them; or requests, as in PullRequest
	Trailers    []Trailer
}

var (
	// What git revert writes, with --reference too; what GitHub and GitLab write.
	revertLine     = regexp.MustCompile(`(?m)^This reverts commit ([0-9a-f]{40}|[0-9a-f]{7,39} \([^\n]*\))`)
	revertRequests = []struct {
		pattern *regexp.Regexp
		sign    string
	}{
		{regexp.MustCompile(`(?m)^Reverts (?:[\w.-]+/[\w.-]+)?#([0-9]+)\r?$`), "#"},
		{regexp.MustCompile(`(?m)^This reverts merge request (?:[^\s!]*)!([0-9]+)\r?$`), "!"},
	}
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
	text, _, _ = strings.Cut(text, "\x00") // where git stops reading
	m.Trailers = trailers(text)
	text = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	m.Subject = subject(text)
	var coAuthors, approvers, reverts unique
	for _, t := range m.Trailers {
		switch strings.ToLower(t.Key) {
		case "co-authored-by":
			coAuthors.add(t.Value)
		case "approved-by", "reviewed-by", "acked-by":
			approvers.add(t.Value)
		}
	}
	if strings.Contains(text, "everts ") { // most say nothing of the kind, and to ask the patterns takes longer
		for _, found := range revertLine.FindAllStringSubmatch(text, -1) {
			id, _, _ := strings.Cut(found[1], " ")
			reverts.add(id)
		}
		for _, r := range revertRequests {
			for _, found := range r.pattern.FindAllStringSubmatch(text, -1) {
				reverts.add(r.sign + found[1])
			}
		}
	}
	m.CoAuthors, m.Approvers, m.Reverts = coAuthors.all, approvers.all, reverts.all
	m.PullRequest = m.request(text)
	return m
}

// subject is the first paragraph, which a line without text ends.
func subject(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			break
		}
		words = append(words, fields...)
	}
	return strings.Join(words, " ")
}

// unique gathers texts in the order in which they come, each once, and none that is empty.
type unique struct {
	all  []string
	seen map[string]bool
}

func (u *unique) add(s string) {
	if s == "" || u.seen[s] {
		return
	}
	if u.seen == nil {
		u.seen = map[string]bool{}
	}
	u.seen[s] = true
	u.all = append(u.all, s)
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
