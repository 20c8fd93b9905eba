package signature

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// maxCertified is how many principals a certificate may have: SSHKEY_CERT_MAX_PRINCIPALS of OpenSSH.
const maxCertified = 256

// trustCertificate looks for an authority's line that covers one of the certificate's principals. A line with the
// certificate's own key is no such line, as with ssh-keygen.
func (k SSHKeys) trustCertificate(c *ssh.Certificate, at time.Time) verdict {
	var authorities []allowed
	for _, a := range k.lines[string(c.SignatureKey.Marshal())] {
		if a.authority {
			authorities = append(authorities, a)
		}
	}
	if len(authorities) == 0 {
		return settle(nil, "no authority among the allowed signers made this certificate")
	}
	if state, err := checkCertificate(c, at); err != nil {
		return verdict{state: state, reason: err.Error()}
	}
	var lines []verdict
	for _, a := range authorities {
		i := slices.IndexFunc(c.ValidPrincipals, func(p string) bool { return matchList(p, a.principals) })
		if i >= 0 {
			lines = append(lines, a.admit(c.ValidPrincipals[i], at))
		}
	}
	return settle(lines, fmt.Sprintf("the authority may not certify %q", oneLine(strings.Join(c.ValidPrincipals, ","))))
}

// checkCertificate holds a certificate against the time of a commit and the key of its authority, which is trusted.
func checkCertificate(c *ssh.Certificate, at time.Time) (State, error) {
	now := uint64(max(at.Unix(), 0))
	switch {
	case c.CertType != ssh.UserCert:
		return Bad, errors.New("the certificate is not of a user")
	case len(c.ValidPrincipals) == 0 || len(c.ValidPrincipals) > maxCertified:
		return Bad, fmt.Errorf("the certificate names %d users; 1 to %d are wanted", len(c.ValidPrincipals), maxCertified)
	case len(c.CriticalOptions) > 0:
		return Unsupported, errors.New("the certificate has critical options, which only a login can heed")
	case c.Signature.Format == ssh.KeyAlgoRSA:
		return Bad, errors.New("the certificate is made with SHA-1, which is too weak")
	}
	// CheckCert is given a moment within the certificate's times: its error would not tell them from a wrong signature.
	checker := ssh.CertChecker{Clock: func() time.Time { return time.Unix(int64(min(c.ValidAfter, 1<<62)), 0) }}
	if err := checker.CheckCert(c.ValidPrincipals[0], c); err != nil {
		return Bad, errors.New("the authority that the certificate names did not make it")
	}
	if now < c.ValidAfter || now >= c.ValidBefore {
		return Expired, errors.New("the certificate was not valid when the commit was made")
	}
	return Good, nil
}
