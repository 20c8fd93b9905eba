package s3

import (
	"errors"
	"strings"

	"github.com/minio/minio-go/v7/pkg/credentials"
)

var errNoCredentials = errors.New("there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name a profile in AWS_PROFILE, or run where there is a role")

// roles returns where credentials are looked for, in the order in which Amazon's own tools look.
func roles(getenv func(string) string) credentials.Provider {
	all := []credentials.Provider{&credentials.EnvAWS{}, &credentials.EnvMinio{}, &credentials.FileAWSCredentials{}}
	if hasRole(getenv) {
		all = append(all, &credentials.IAM{})
	}
	return &signedOnly{credentials.Chain{Providers: all}}
}

// hasRole reports whether to ask for a role. The machine's own costs seconds where there is no service that knows it, so that
// AWS_EC2_METADATA_DISABLED is a usual setting.
func hasRole(getenv func(string) string) bool {
	for _, name := range []string{"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} {
		if getenv(name) != "" {
			return true
		}
	}
	return !strings.EqualFold(getenv("AWS_EC2_METADATA_DISABLED"), "true")
}

// signedOnly is a chain that has to find something: without credentials requests would be sent unsigned.
type signedOnly struct{ credentials.Chain }

func (s *signedOnly) RetrieveWithCredContext(c *credentials.CredContext) (credentials.Value, error) {
	value, err := s.Chain.RetrieveWithCredContext(c)
	if err == nil && value.SignerType.IsAnonymous() {
		err = errNoCredentials
	}
	return value, err
}
