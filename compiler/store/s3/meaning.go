package s3

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/minio/minio-go/v7"

	"muster/compiler/store"
)

var (
	errTooLarge = fmt.Errorf("it has more than %d bytes", store.MaxSize)
	errNoETag   = errors.New("the server gives no strong ETag, without which nothing can be swapped; is there a proxy that changes objects between?")
	errNotS3    = errors.New("the answer is none of S3; is the endpoint right?")
	errRedirect = errors.New("the server sends to another place, where credentials must not follow")
	errNoWrites = errors.New("the server has no conditional writes, without which two who publish at once overwrite each other; use another server or a newer version of it")
)

// meaning returns the error of package store that an error of the client library stands for, in an again if the next try
// may succeed.
func (b *bucket) meaning(err error) error {
	var answer minio.ErrorResponse
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errNoCredentials):
		return fmt.Errorf("%w: %w", store.ErrRefused, err)
	case errors.As(err, &answer):
		return b.answered(answer)
	case isSetup(err):
		return err
	}
	return again{fmt.Errorf("%w: %v", store.ErrUnavailable, err)}
}

// isSetup reports whether a connection will never work the way it has been set up.
func isSetup(err error) bool {
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate) || errors.Is(err, http.ErrSchemeMismatch)
}

// Codes of errors whose HTTP status does not say enough (docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
var (
	// Others write at the same moment. ConcurrentModification is what Ceph says; "Conflict" is the client library's word for a
	// 409 without a body.
	raceCodes = []string{"ConditionalRequestConflict", "OperationAborted", "ConcurrentModification", minio.Conflict}
	// The body did not arrive as it was sent.
	damageCodes = []string{"BadDigest", "XAmzContentSHA256Mismatch", "IncompleteBody", "RequestTimeout"}
	// The credentials, with a status that is neither 401 nor 403. XAdminUserNotFound is what versitygw says of an unknown key.
	accessCodes = []string{"ExpiredToken", "InvalidToken", "TokenRefreshRequired", "XAdminUserNotFound"}
	regionCodes = []string{"AuthorizationHeaderMalformed", "PermanentRedirect", "InvalidRegion", "IllegalLocationConstraintException"}
)

func (b *bucket) answered(a minio.ErrorResponse) error {
	switch {
	case a.Code == minio.NoSuchBucket:
		return fmt.Errorf("there is no bucket %q at %s: create it, or name another endpoint", b.name, b.client.EndpointURL().Host)
	case slices.Contains(regionCodes, a.Code):
		return fmt.Errorf("%s; set the region of the bucket (the server says %q) with ?region= or AWS_REGION", describe(a), a.Region)
	case a.StatusCode == http.StatusPreconditionFailed:
		return store.ErrConflict
	case slices.Contains(raceCodes, a.Code):
		return again{store.ErrConflict}
	case a.StatusCode == http.StatusUnauthorized, a.StatusCode == http.StatusForbidden, slices.Contains(accessCodes, a.Code):
		return refused(a)
	case isBusy(a.StatusCode), slices.Contains(damageCodes, a.Code):
		return again{fmt.Errorf("%w: %s", store.ErrUnavailable, describe(a))}
	case a.StatusCode/100 == 3:
		return fmt.Errorf("%w: %s", errRedirect, describe(a))
	case !isS3(a):
		return fmt.Errorf("%w: %s", errNotS3, describe(a))
	case a.StatusCode == http.StatusNotImplemented:
		return fmt.Errorf("%w: %s", errNoWrites, describe(a))
	case a.Code == minio.NoSuchKey:
		return store.ErrNotFound
	}
	return errors.New(describe(a))
}

// isBusy reports whether a status says that another try may succeed. Those above 511 come from proxies in front of servers.
func isBusy(status int) bool {
	return status >= 500 && status != http.StatusNotImplemented || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// isS3 reports whether an answer is an XML document of S3, and not what the client library makes of a bare status: the 404 of a
// web server at a wrong address must not pass for the absence of an object.
func isS3(a minio.ErrorResponse) bool { return a.XMLName.Local != "" }

// refused adds what helps against the most frequent reasons.
func refused(a minio.ErrorResponse) error {
	cure := "are the credentials those of this endpoint, and is the clock right?"
	if a.Code == minio.AccessDenied {
		cure = "the credentials need s3:GetObject, s3:PutObject and s3:ListBucket, without which an object that is missing looks like one that is forbidden"
	}
	return fmt.Errorf("%w: %s; %s", store.ErrRefused, describe(a), cure)
}

// describe returns what a server said. The text of an answer that is none of S3 is left out: a proxy may have put the fields
// of the request into it, and among them a session token.
func describe(a minio.ErrorResponse) string {
	text := fmt.Sprintf("the server answered %d %s", a.StatusCode, http.StatusText(a.StatusCode))
	if isS3(a) {
		text += fmt.Sprintf(" %q: %.300q", a.Code, a.Message)
	}
	return text
}
