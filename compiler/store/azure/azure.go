// Package azure is the store in a container of Azure Blob Storage:
//
//	azblob://releases/shop?account=examplecorp
//	azblob://releases/shop?endpoint=http://127.0.0.1:10000/devstoreaccount1
//
// An object is one block blob, written by one Put Blob request with a condition. The service evaluates the condition and
// writes in one step, and what it has answered 201 for is there for every reader:
//
//	Create  If-None-Match: *     409 BlobAlreadyExists  store.ErrConflict
//	Swap    If-Match: "<etag>"   412 ConditionNotMet    store.ErrConflict
//
// Sources: "Put Blob", "Get Blob" and "Specifying conditional headers for Blob service operations" in the REST reference of
// Azure Storage. See errors.go for what other answers become, and access.go for where credentials come from.
package azure

import (
	"bytes"
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"

	"muster/compiler/store"
)

// Open returns the store at u, azblob://CONTAINER/PREFIX with one of the parameters account=NAME (the public cloud) and
// endpoint=URL (any other place; plain http only to this machine). The container must exist. Open reads the credentials from
// the environment, in this order, and asks no server:
//
//	AZURE_STORAGE_CONNECTION_STRING               an account key or a shared access signature
//	AZURE_STORAGE_ACCOUNT, AZURE_STORAGE_KEY      an account key
//	AZURE_STORAGE_SAS_TOKEN                       a shared access signature (SAS)
//	DefaultAzureCredential of the Azure SDK       a workload identity, a managed identity, a client secret, the Azure CLI
//
// The destination alone says where: credentials of another account are an error.
func Open(u *url.URL) (store.Store, error) {
	s, err := open(u, system())
	if err != nil {
		return nil, fmt.Errorf("opening the Azure container: %w", err)
	}
	return s, nil
}

func open(u *url.URL, sys surroundings) (*container, error) {
	at, err := parsePlace(u)
	if err != nil {
		return nil, err
	}
	access, err := findAccess(at, sys)
	if err != nil {
		return nil, err
	}
	options := blockblob.ClientOptions{ClientOptions: policy.ClientOptions{Transport: sys.client, Retry: sys.retry}}
	if access.bearer != nil {
		options.PerRetryPolicies = []policy.Policy{access.bearer}
	}
	return &container{place: at, access: access, options: options}, nil
}

type container struct {
	place
	access
	options blockblob.ClientOptions
}

func (c *container) KeepsHeaders() bool { return true }

// blob returns a client for one blob. All of them share the connections and the token. The SDK's clients for a whole container
// would make the program 4 MB larger, for listings that no store needs.
func (c *container) blob(path string) (*blockblob.Client, error) {
	if c.key != nil {
		return blockblob.NewClientWithSharedKeyCredential(c.address(path), c.key, &c.options)
	}
	return blockblob.NewClientWithNoCredential(c.address(path)+c.signature, &c.options)
}

func (c *container) Get(ctx context.Context, path string) (store.Object, store.Tag, error) {
	o, tag, err := c.get(ctx, path)
	if err != nil {
		return store.Object{}, "", fmt.Errorf("reading %q: %w", path, err)
	}
	return o, tag, nil
}

func (c *container) get(ctx context.Context, path string) (store.Object, store.Tag, error) {
	if err := store.CheckPath(path); err != nil {
		return store.Object{}, "", err
	}
	client, err := c.blob(path)
	if err != nil {
		return store.Object{}, "", c.explain(ctx, err)
	}
	answer, err := client.DownloadStream(ctx, nil)
	if bloberror.HasCode(err, bloberror.BlobNotFound) {
		return store.Object{}, "", store.ErrNotFound
	}
	if err != nil {
		return store.Object{}, "", c.explain(ctx, err)
	}
	if answer.ContentRange != nil || answer.ContentLength == nil {
		return store.Object{}, "", errPartial
	}
	defer answer.Body.Close()
	tag, err := newTag(answer.ETag)
	if err != nil {
		return store.Object{}, "", err
	}
	body, err := c.read(ctx, answer)
	if err != nil {
		return store.Object{}, "", err
	}
	return store.Object{Path: path, Body: body, CacheControl: orEmpty(answer.CacheControl), ContentType: orEmpty(answer.ContentType)}, tag, nil
}

// read returns the body of an answer, which must be as long as the answer says and have the checksum that was stored with it.
func (c *container) read(ctx context.Context, answer blob.DownloadStreamResponse) ([]byte, error) {
	if err := checkSize(*answer.ContentLength); err != nil {
		return nil, err
	}
	body := make([]byte, *answer.ContentLength)
	if _, err := io.ReadFull(answer.Body, body); err != nil {
		return nil, c.explain(ctx, err)
	}
	if sum := md5.Sum(body); answer.ContentMD5 != nil && !bytes.Equal(sum[:], answer.ContentMD5) {
		return nil, fmt.Errorf("%w: the answer was damaged on its way: its MD5 is %x, want %x", store.ErrUnavailable, sum, answer.ContentMD5)
	}
	return body, nil
}

// orEmpty is the value of a header field, "" if the answer has none.
func orEmpty(field *string) string {
	if field == nil {
		return ""
	}
	return *field
}

// The codes that mean a conflict. A blob that may not be overwritten is there, and one that is not there has no state.
var (
	cantCreate = []bloberror.Code{bloberror.BlobAlreadyExists, bloberror.ConditionNotMet, bloberror.BlobImmutableDueToPolicy}
	cantSwap   = []bloberror.Code{bloberror.ConditionNotMet, bloberror.TargetConditionNotMet, bloberror.BlobNotFound}
)

func (c *container) Create(ctx context.Context, o store.Object) error {
	err := c.put(ctx, o, blob.ModifiedAccessConditions{IfNoneMatch: to.Ptr(azcore.ETagAny)}, cantCreate)
	if err != nil {
		return fmt.Errorf("creating %q: %w", o.Path, err)
	}
	return nil
}

func (c *container) Swap(ctx context.Context, o store.Object, tag store.Tag) error {
	if err := c.swap(ctx, o, tag); err != nil {
		return fmt.Errorf("swapping %q: %w", o.Path, err)
	}
	return nil
}

// swap asks the service only for a tag that can be one.
func (c *container) swap(ctx context.Context, o store.Object, tag store.Tag) error {
	if err := check(o); err != nil {
		return err
	}
	if !isTag(tag) {
		return store.ErrConflict
	}
	state := azcore.ETag(`"` + tag + `"`)
	return c.put(ctx, o, blob.ModifiedAccessConditions{IfMatch: &state}, cantSwap)
}

// put uploads o in one request and with its MD5, which the service compares with what arrives and keeps for readers.
func (c *container) put(ctx context.Context, o store.Object, when blob.ModifiedAccessConditions, conflicts []bloberror.Code) error {
	if err := check(o); err != nil {
		return err
	}
	client, err := c.blob(o.Path)
	if err != nil {
		return c.explain(ctx, err)
	}
	sum := md5.Sum(o.Body)
	_, err = client.Upload(ctx, streaming.NopCloser(bytes.NewReader(o.Body)), &blockblob.UploadOptions{
		HTTPHeaders:             &blob.HTTPHeaders{BlobCacheControl: &o.CacheControl, BlobContentType: &o.ContentType, BlobContentMD5: sum[:]},
		TransactionalValidation: blob.TransferValidationTypeMD5(sum[:]),
		AccessConditions:        &blob.AccessConditions{ModifiedAccessConditions: &when},
	})
	if bloberror.HasCode(err, conflicts...) {
		return store.ErrConflict
	}
	return c.explain(ctx, err)
}

func check(o store.Object) error {
	if err := o.Check(); err != nil {
		return err
	}
	return checkSize(int64(len(o.Body)))
}

func checkSize(bytes int64) error {
	if bytes > store.MaxSize {
		return fmt.Errorf("it has %d bytes, and an object has %d at most", bytes, store.MaxSize)
	}
	return nil
}

// newTag returns the ETag of an answer without its quotes.
func newTag(etag *azcore.ETag) (store.Tag, error) {
	if etag == nil {
		return "", errTag
	}
	inner, opens := strings.CutPrefix(string(*etag), `"`)
	inner, closes := strings.CutSuffix(inner, `"`)
	if tag := store.Tag(inner); opens && closes && isTag(tag) {
		return tag, nil
	}
	return "", errTag
}

// isTag reports whether tag can stand between the quotes of one strong entity tag (RFC 9110, section 8.8.3). There is no tag
// "*": azurite for one takes it in quotes, too, for any state.
func isTag(tag store.Tag) bool {
	return tag != "" && tag != "*" && !strings.ContainsFunc(string(tag), func(r rune) bool { return r <= ' ' || r == '"' || r >= 0x7f })
}
