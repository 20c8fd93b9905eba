// Package provenance states where a compiled output comes from, so that CI can sign it: an in-toto Statement v1
// (https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md) with the predicate SLSA Provenance v1
// (https://slsa.dev/spec/v1.0/provenance).
//
//	_type          https://in-toto.io/Statement/v1
//	subject        every file of the output: {name: path below the output folder, digest: {sha256}}, by name
//	predicateType  https://slsa.dev/provenance/v1
//	predicate
//	  buildDefinition
//	    buildType             urn:muster:compile:v1
//	    externalParameters    {registry, commit, folder, keep}: all that the output follows from, besides the version of muster
//	    resolvedDependencies  the commit: {uri: git+<URL>, digest: {gitCommit}}
//	  runDetails
//	    builder               {id, version: {go, muster}}
//
// A build of the type urn:muster:compile:v1 is this, and anybody can repeat it: take a clone that has the whole history up to
// externalParameters.commit, and run `muster compile --at <commit> --keep <keep>` in its folder externalParameters.folder ("" is
// the top), with the muster of builder.version. The subjects come out again, byte for byte. The version in the URN changes when the same
// parameters come to mean something else.
//
// The statement holds no time, host name or path of the machine: one commit and one muster give one statement. It proves
// nothing by itself. Who signs it says with it that the build was theirs.
package provenance

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"muster/compiler/canonical"
	"muster/compiler/manifest"
	"muster/compiler/store"
)

const (
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "https://slsa.dev/provenance/v1"
	buildType     = "urn:muster:compile:v1"
)

// Local is the id of a builder of which nothing is known but that it ran muster.
const Local = "urn:muster:local"

// Input is what a statement says.
type Input struct {
	Objects  []store.Object // the files of the output, in any order; at least one. Only path and body count.
	Registry string         // the name that its policy gives it
	Commit   string         // 40 lower-case hexadecimal digits
	Folder   string         // where the registry lies in the repository, slash-separated; "" is the top
	Keep     int            // of how many serials before it holds the manifests too
	// Repository is where the commit can be had: a URL, or host:path as ssh reads it. User names, passwords and whatever
	// follows the path are left out. "" says nothing about it.
	Repository string
	// Builder is a URI for whoever vouches for the build, as a verifier knows it: the workflow, say. "" is Local.
	Builder    string
	Muster, Go string // the versions of the program
}

var (
	// ErrRepository is the error of a Repository that can't be shown without what may be a password.
	ErrRepository = errors.New("the repository is to be a URL of https, http, ssh or git, or host:path")
	// ErrBuilder is the error of a Builder that is no URI, or holds a password.
	ErrBuilder = errors.New("the builder is to be a URI without a user name or a password, such as https://ci.acme.example/publish")

	errNoFiles = errors.New("an output without files has no provenance")
)

type statement struct {
	Type          string    `json:"_type"`
	Subject       []subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     predicate `json:"predicate"`
}

type subject struct {
	Name   string `json:"name"`
	Digest sha256 `json:"digest"`
}

type sha256 struct {
	SHA256 string `json:"sha256"`
}

type predicate struct {
	Definition definition `json:"buildDefinition"`
	Run        run        `json:"runDetails"`
}

type definition struct {
	BuildType    string       `json:"buildType"`
	Parameters   parameters   `json:"externalParameters"`
	Dependencies []dependency `json:"resolvedDependencies"`
}

type parameters struct {
	Registry string `json:"registry"`
	Commit   string `json:"commit"`
	Folder   string `json:"folder"`
	Keep     int    `json:"keep"`
}

type dependency struct {
	URI    string    `json:"uri,omitempty"`
	Digest gitCommit `json:"digest"`
}

type gitCommit struct {
	Commit string `json:"gitCommit"`
}

type run struct {
	Builder builder `json:"builder"`
}

type builder struct {
	ID      string   `json:"id"`
	Version versions `json:"version"`
}

type versions struct {
	Go     string `json:"go"`
	Muster string `json:"muster"`
}

// Statement returns the statement as canonical JSON (RFC 8785), without a signature. Equal inputs give equal bytes, and the
// order of the objects does not matter. Errors say what of the input can't be stated, and never show a repository's URL.
func Statement(in Input) ([]byte, error) {
	subjects, err := subjectsOf(in.Objects)
	if err != nil {
		return nil, stating(err)
	}
	source, err := sourceOf(in)
	if err != nil {
		return nil, stating(err)
	}
	id, err := builderOf(in.Builder)
	if err != nil {
		return nil, stating(err)
	}
	b, err := canonical.JSON(statement{statementType, subjects, predicateType, predicate{
		definition{buildType, parameters{in.Registry, in.Commit, in.Folder, in.Keep}, []dependency{source}},
		run{builder{id, versions{in.Go, in.Muster}}},
	}})
	if err != nil {
		return nil, stating(err)
	}
	return b, nil
}

func stating(err error) error { return fmt.Errorf("stating the provenance: %w", err) }

func subjectsOf(objects []store.Object) ([]subject, error) {
	var all []subject
	for _, o := range objects {
		if err := store.CheckPath(o.Path); err != nil {
			return nil, fmt.Errorf("%q: %w", o.Path, err)
		}
		all = append(all, subject{o.Path, sha256{manifest.Sum(o.Body).String()}})
	}
	slices.SortFunc(all, func(a, b subject) int { return cmp.Compare(a.Name, b.Name) })
	for i := range len(all) - 1 {
		if all[i].Name == all[i+1].Name {
			return nil, fmt.Errorf("%q: two files have this path", all[i].Name)
		}
	}
	if len(all) == 0 {
		return nil, errNoFiles
	}
	return all, nil
}

var commitID = regexp.MustCompile(`^[0-9a-f]{40}$`)

func sourceOf(in Input) (dependency, error) {
	if !commitID.MatchString(in.Commit) {
		return dependency{}, fmt.Errorf("%q is not the id of a commit, 40 lower-case hexadecimal digits", in.Commit)
	}
	d := dependency{Digest: gitCommit{in.Commit}}
	if in.Repository == "" {
		return d, nil
	}
	address, err := withoutCredentials(in.Repository)
	d.URI = "git+" + address
	return d, err
}

var (
	reachable = []string{"https", "http", "ssh", "git"} // a file: URL would tell of the machine, and nobody else can follow it
	scp       = regexp.MustCompile(`^(?:[^@/:]+@)?([^@/:]+):([^@:]+)$`)
)

// withoutCredentials is a repository's URL as anybody may read it. What url.Parse has to say of one that it can't read would
// quote it, and is dropped.
func withoutCredentials(repository string) (string, error) {
	if m := scp.FindStringSubmatch(repository); m != nil && !strings.HasPrefix(m[2], "//") {
		repository = "ssh://" + m[1] + "/" + strings.TrimPrefix(m[2], "/")
	}
	u, err := url.Parse(repository)
	if err != nil || !slices.Contains(reachable, u.Scheme) || u.Hostname() == "" {
		return "", ErrRepository
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String(), nil
}

func builderOf(id string) (string, error) {
	if id == "" {
		return Local, nil
	}
	u, err := url.Parse(id)
	if err != nil || u.Scheme == "" || u.User != nil {
		return "", ErrBuilder
	}
	return id, nil
}
