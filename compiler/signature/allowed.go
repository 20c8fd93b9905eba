package signature

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// The longest allowed signers file, and the longest list of principals on one of its lines, in bytes: matching patterns
// costs the square of the latter.
const maxAllowed, maxPrincipals = 256 << 10, 4 << 10

// SSHKeys are the keys of an allowed signers file. The zero value has none.
type SSHKeys struct {
	lines map[string][]allowed // by the key in wire format
}

// allowed is one line of an allowed signers file.
type allowed struct {
	number     int
	principals string    // patterns with commas between them
	authority  bool      // the key signs certificates, not commits
	namespaces string    // patterns with commas between them; "" is any
	after      time.Time // the first second in which the key counts; zero: it always did
	before     time.Time // the last one; zero: it always will
}

// ParseAllowedSigners reads an allowed signers file as ssh-keygen(1) describes it under "ALLOWED SIGNERS":
//
//	# who                options                                 key                     comment
//	alice@example.com    namespaces="git"                        ssh-ed25519 AAAAC3Nz... laptop
//	*@example.com,!bob@* cert-authority,valid-before="20270101Z" ssh-ed25519 AAAAC3Nz...
//
// Times without a "Z" are UTC here, and not of the local time zone: a verdict is the same on every machine. Lines with a
// fault count for nothing, as with ssh-keygen, and the others count.
func ParseAllowedSigners(text []byte) (SSHKeys, []Fault) {
	if len(text) > maxAllowed {
		return SSHKeys{}, []Fault{{0, "the file is longer than 256 KiB"}}
	}
	keys := SSHKeys{lines: map[string][]allowed{}}
	var faults []Fault
	number := 0
	for line := range bytes.Lines(text) {
		number++
		line := strings.Trim(string(line), " \t\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		key, a, err := parseAllowed(line)
		if err != nil {
			faults = append(faults, Fault{number, err.Error()})
			continue
		}
		a.number = number
		wire := string(key.Marshal())
		keys.lines[wire] = append(keys.lines[wire], a)
	}
	return keys, faults
}

// parseAllowed reads one line that is neither empty nor a comment.
func parseAllowed(line string) (key ssh.PublicKey, a allowed, err error) {
	var rest string
	if a.principals, rest, err = parsePrincipals(line); err != nil {
		return nil, a, err
	}
	kind, rest := cutOutsideQuotes(rest, blanks)
	if !isKeyType(kind) {
		if err := a.parseOptions(kind); err != nil {
			return nil, a, err
		}
		kind, rest = cutOutsideQuotes(rest, blanks)
	}
	digits, _ := cutOutsideQuotes(rest, blanks)
	key, err = parseKey(kind, digits)
	return key, a, err
}

// parsePrincipals takes the patterns off a line, in quotes or not. ssh-keygen takes each as the name of a signer and holds
// it against all of them: a line whose every pattern is refused by another one lets nobody in.
func parsePrincipals(line string) (principals, rest string, err error) {
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		if principals, rest, ok = strings.Cut(quoted, `"`); !ok {
			return "", "", errors.New("the quote around the principals does not end")
		}
	} else if principals, rest = cutOutsideQuotes(line, blanks); strings.Contains(principals, `"`) {
		return "", "", fmt.Errorf("a quote within the principals %q; put all of them in quotes", oneLine(principals))
	}
	if len(principals) > maxPrincipals {
		return "", "", errors.New("the principals are longer than 4 KiB")
	}
	for name := range strings.SplitSeq(principals, ",") {
		if name != "" && matchList(name, principals) {
			return principals, strings.TrimLeft(rest, blanks), nil
		}
	}
	return "", "", fmt.Errorf("the principals %q let nobody in; name a signer without a \"!\"", oneLine(principals))
}

const blanks = " \t"

// cutOutsideQuotes cuts a line in two at the first run of the separators that is not in quotes.
func cutOutsideQuotes(line, separators string) (before, after string) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line) && line[i+1] == '"':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && strings.IndexByte(separators, c) >= 0:
			return line[:i], strings.TrimLeft(line[i:], separators)
		}
	}
	return line, ""
}

// parseOptions reads options with commas between them, as sshsigopt_parse of OpenSSH's sshsig.c does.
func (a *allowed) parseOptions(text string) error {
	seen := map[string]bool{}
	for text != "" {
		var option string
		option, text = cutOutsideQuotes(text, ",")
		name, value, _ := strings.Cut(option, "=")
		name = strings.ToLower(name)
		if seen[name] {
			return fmt.Errorf("the option %q stands twice", name)
		}
		seen[name] = true
		if err := a.setOption(name, value); err != nil {
			return err
		}
	}
	if !a.after.IsZero() && !a.before.IsZero() && !a.after.Before(a.before) {
		return errors.New("valid-after is not before valid-before")
	}
	return nil
}

// setOption takes one option; the value is in quotes, or empty if there is none.
func (a *allowed) setOption(name, value string) (err error) {
	if name == "cert-authority" && value == "" {
		a.authority = true
		return nil
	}
	var target *time.Time
	switch name {
	case "namespaces":
	case "valid-after":
		target = &a.after
	case "valid-before":
		target = &a.before
	default:
		return fmt.Errorf("neither an option nor a type of key: %q", oneLine(name))
	}
	if len(value) < 3 || value[0] != '"' || value[len(value)-1] != '"' {
		return fmt.Errorf("the option %s wants a value in quotes", name)
	}
	value = strings.ReplaceAll(value[1:len(value)-1], `\"`, `"`)
	if target == nil {
		a.namespaces = value
		return nil
	}
	if *target, err = parseTime(value); err != nil {
		return fmt.Errorf("the option %s: %w", name, err)
	}
	return nil
}

// parseTime reads a time as ssh-keygen does, but for the time zone: without a "Z" it is UTC too.
func parseTime(text string) (time.Time, error) {
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if t, err := time.Parse(layout, strings.TrimSuffix(text, "Z")); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with a Z for UTC", oneLine(text))
}

// parseKey reads a public key as ssh-keygen writes it: a type and base64.
func parseKey(kind, digits string) (ssh.PublicKey, error) {
	if !isKeyType(kind) {
		return nil, fmt.Errorf("where the type of the key belongs stands %q", oneLine(kind))
	}
	wire, err := base64.StdEncoding.DecodeString(digits)
	if err != nil {
		return nil, errors.New("the key is not base64")
	}
	key, err := ssh.ParsePublicKey(wire)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the key can't be read: %s", oneLine(err.Error()))
	case key.Type() != kind:
		return nil, fmt.Errorf("the key is of type %s, and not %s", key.Type(), kind)
	}
	if _, ok := key.(*ssh.Certificate); ok {
		return nil, errors.New("a certificate can't stand here; name the key of its authority, with the option cert-authority")
	}
	return key, weakness(key)
}
