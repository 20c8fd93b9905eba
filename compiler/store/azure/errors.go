package azure

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"muster/compiler/store"
)

var (
	errPartial = errors.New("the answer is not the whole object with its length: is the endpoint a blob service?")
	errTag     = errors.New("the answer has no strong ETag: is there something between here and the blob service that changes answers?")
)

// tokenError is why no token could be had.
type tokenError struct{ error }

func (e *tokenError) Unwrap() error { return e.error }

// cures says what to do about an error code of the service ("Blob service error codes", "Common REST API error codes").
var cures = map[bloberror.Code]string{
	bloberror.AuthenticationFailed:            "check the key or signature, until when it is valid, and the clock of this machine",
	bloberror.AuthorizationFailure:            "check the firewall of the account and what the signature allows",
	bloberror.AuthorizationPermissionMismatch: "give the identity the role Storage Blob Data Contributor, or the signature the permissions to read, create and write",
	bloberror.UnauthorizedBlobOverwrite:       "give the signature the permission to write",
	bloberror.ContainerNotFound:               "create the container first",
	bloberror.ContainerBeingDeleted:           "wait until the container is deleted, and create it again",
	bloberror.LeaseIDMissing:                  "somebody holds a lease on the object: break it or wait until it ends",
	bloberror.BlobImmutableDueToPolicy:        "a retention policy protects the object: publish to a container without one",
	bloberror.BlobArchived:                    "the object is archived: set its access tier to hot",
	bloberror.MD5Mismatch:                     "the upload was damaged on its way",
	bloberror.ResourceNotFound:                "check the account and the container in the destination",
}

// explain says what became of a request, nil for no error. Of what the SDK and the HTTP client say only the innermost cause is
// kept: the rest holds URLs with signatures in them, and answers that quote what was signed.
func (c *container) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var token *tokenError
	var answer *azcore.ResponseError
	switch {
	case errors.As(err, &token):
		return fmt.Errorf("getting a token: %w: %s", token.kind(), c.hide(token.Error()))
	case errors.As(err, &answer):
		return explainAnswer(answer.StatusCode, bloberror.Code(answer.ErrorCode))
	case isTransport(err):
		return fmt.Errorf("%w: %s", store.ErrUnavailable, c.hide(cause(err).Error()))
	}
	return errors.New(c.hide(cause(err).Error()))
}

// cause is err without the URLs around it.
func cause(err error) error {
	var request *url.Error
	for errors.As(err, &request) {
		err = request.Err
	}
	return err
}

// explainAnswer shows the code of an answer only if it looks like one.
func explainAnswer(status int, code bloberror.Code) error {
	text := fmt.Sprintf("the service answered %d", status)
	if errorCode.MatchString(string(code)) {
		text += " " + string(code)
	}
	if cure, ok := cures[code]; ok {
		text += ": " + cure
	}
	if kind := kindOf(status, code); kind != nil {
		return fmt.Errorf("%w: %s", kind, text)
	}
	return errors.New(text)
}

var errorCode = regexp.MustCompile(`^[A-Za-z0-9]{1,60}$`)

// kindOf is the error of package store that an answer stands for, nil for none.
func kindOf(status int, code bloberror.Code) error {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden, code == bloberror.InvalidAuthenticationInfo:
		return store.ErrRefused
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status >= 500, code == bloberror.MD5Mismatch:
		return store.ErrUnavailable
	}
	return nil
}

// isTransport reports whether err came from the way to the service, so that another try may go better. A certificate that is
// not trusted stays so.
func isTransport(err error) bool {
	var certificate *tls.CertificateVerificationError
	var network net.Error // *url.Error among others
	return !errors.As(err, &certificate) && (errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
}

// kind tells a login service that refuses from one that does not answer. The SDK reports both as AuthenticationFailedError, and
// that nobody is logged in here as something else.
func (e *tokenError) kind() error {
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(e, &failed) || failed.RawResponse != nil && kindOf(failed.RawResponse.StatusCode, "") != store.ErrUnavailable {
		return store.ErrRefused
	}
	return store.ErrUnavailable
}

// secrets are texts that no error shows.
type secrets []string

// hide returns text on one line and without the secrets.
func (s secrets) hide(text string) string {
	for _, secret := range s {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "[hidden]")
		}
	}
	return strings.Join(strings.Fields(text), " ")
}
