package azure

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// The environment variables that the Azure command line reads too.
const (
	envConnection = "AZURE_STORAGE_CONNECTION_STRING"
	envAccount    = "AZURE_STORAGE_ACCOUNT"
	envKey        = "AZURE_STORAGE_KEY"
	envSAS        = "AZURE_STORAGE_SAS_TOKEN"
)

// access is how requests are authorized: by key, by signature, or by bearer.
type access struct {
	key       *blob.SharedKeyCredential
	signature string        // "?" and a shared access signature, which is part of each URL
	bearer    policy.Policy // puts a token into each request, and gets a new one before it expires
	secrets
}

// findAccess looks for the credentials of the account at a place.
func findAccess(at place, sys surroundings) (access, error) {
	if connection := sys.getenv(envConnection); connection != "" {
		return connectionAccess(at, connection)
	}
	if key := sys.getenv(envKey); key != "" {
		return keyAccess(at, sys.getenv(envAccount), key, envKey)
	}
	if sas := sys.getenv(envSAS); sas != "" {
		return signatureAccess(sas, envSAS)
	}
	return tokenAccess(at, sys)
}

// connectionAccess reads a connection string: pairs NAME=VALUE with semicolons between them ("Configure Azure Storage
// connection strings"). The place it speaks of must be the destination, for else a key would sign requests to another account.
func connectionAccess(at place, connection string) (access, error) {
	pairs := make(map[string]string)
	for pair := range strings.SplitSeq(connection, ";") {
		name, value, _ := strings.Cut(pair, "=")
		pairs[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	endpoint, err := connectionEndpoint(pairs)
	if err != nil {
		return access{}, fmt.Errorf("%s: %w", envConnection, err)
	}
	if endpoint != at.endpoint {
		return access{}, fmt.Errorf("%s is for %q, and the destination is at %q: unset it or change the destination", envConnection, endpoint, at.endpoint)
	}
	if key := pairs["AccountKey"]; key != "" {
		return keyAccess(at, pairs["AccountName"], key, envConnection)
	}
	return signatureAccess(pairs["SharedAccessSignature"], envConnection)
}

func connectionEndpoint(pairs map[string]string) (string, error) {
	text, name := pairs["BlobEndpoint"], pairs["AccountName"]
	if text == "" && name == "" {
		return "", errors.New("it has neither BlobEndpoint nor AccountName: copy it again from the account's access keys")
	}
	if text == "" {
		protocol, suffix := pairs["DefaultEndpointsProtocol"], pairs["EndpointSuffix"]
		if protocol == "" {
			protocol = "https"
		}
		if suffix == "" {
			suffix = "core.windows.net"
		}
		text = protocol + "://" + name + ".blob." + suffix
	}
	u, err := parseEndpoint(text)
	if err != nil {
		return "", err
	}
	return u.String(), nil
}

// keyAccess signs requests with the key of an account. The variable is where the key came from.
func keyAccess(at place, account, key, variable string) (access, error) {
	switch {
	case account == "" && at.account == "":
		return access{}, fmt.Errorf("the endpoint does not tell whose key %s has: set %s", variable, envAccount)
	case account == "":
		account = at.account
	case at.account != "" && at.account != account:
		return access{}, fmt.Errorf("%s has a key of account %q, and the destination is in %q: unset it or change the destination", variable, account, at.account)
	}
	credential, err := blob.NewSharedKeyCredential(account, key)
	if err != nil {
		return access{}, fmt.Errorf("%s has a key that is not base64: copy it again from the account's access keys", variable)
	}
	return access{key: credential, secrets: secrets{key}}, nil
}

// signatureAccess puts a shared access signature into each URL.
func signatureAccess(sas, variable string) (access, error) {
	sas = strings.TrimPrefix(sas, "?")
	values, err := url.ParseQuery(sas)
	signature := values.Get("sig")
	if err != nil || signature == "" {
		return access{}, fmt.Errorf("%s has no account key and no shared access signature: make a new one", variable)
	}
	query := values.Encode()
	return access{signature: "?" + query, secrets: secrets{sas, query, signature, url.QueryEscape(signature), url.PathEscape(signature)}}, nil
}

// scope is what a token is for: blobs of any account, in every cloud.
const scope = "https://storage.azure.com/.default"

func tokenAccess(at place, sys surroundings) (access, error) {
	if !strings.HasPrefix(at.endpoint, "https:") {
		return access{}, fmt.Errorf("there is no %s, %s or %s, and tokens are not sent over plain http: set one of them", envConnection, envKey, envSAS)
	}
	options := policy.ClientOptions{Transport: sys.client, Retry: sys.loginRetry}
	chain, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: options})
	if err != nil {
		return access{}, fmt.Errorf("looking for credentials: %w", err)
	}
	bearer := runtime.NewBearerTokenPolicy(patientCredential{chain, sys.login}, []string{scope}, nil)
	return access{bearer: bearer, secrets: secrets{sys.getenv("AZURE_CLIENT_SECRET"), sys.getenv("AZURE_CLIENT_CERTIFICATE_PASSWORD")}}, nil
}

// patientCredential gives up after a while, and says of an error that no token could be had.
type patientCredential struct {
	azcore.TokenCredential
	patience time.Duration
}

func (c patientCredential) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	token, err := c.TokenCredential.GetToken(ctx, options)
	if err != nil {
		return token, &tokenError{err}
	}
	return token, nil
}
