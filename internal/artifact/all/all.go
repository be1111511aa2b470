// SPDX-License-Identifier: Apache-2.0

// Package all opens artifact stores by their specifications.
package all

import (
	"context"
	"fmt"
	"strings"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/folder"
	"github.com/kcidb-go/kcidb/internal/artifact/gs"
	"github.com/kcidb-go/kcidb/internal/artifact/s3"
)

// Help explains the specifications.
const Help = `An artifact store is one of

folder:PATH
    a folder, which is made if it does not exist.

s3://BUCKET/PREFIX?endpoint=URL&region=NAME&path_style=true
    a bucket of Amazon S3 or of another server with its interface, which the
    endpoint names. The bucket must exist. The keys come from the variables
    AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or else from the role of the
    virtual machine.

gs://BUCKET/PREFIX
    a bucket of Google Cloud Storage, which must exist.
`

// Open opens the artifact store of a specification.
func Open(ctx context.Context, spec string) (*artifact.Store, error) {
	b, err := open(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("artifact store: %w", err)
	}
	return &artifact.Store{Bucket: b}, nil
}

func open(ctx context.Context, spec string) (artifact.Bucket, error) {
	scheme, rest, _ := strings.Cut(spec, ":")
	switch scheme {
	case "folder":
		return folder.Open(rest)
	case "s3":
		return s3.Open(spec)
	case "gs":
		return gs.Open(ctx, spec)
	default:
		return nil, fmt.Errorf("no kind %q: use folder:PATH, s3://BUCKET/PREFIX or gs://BUCKET/PREFIX", scheme)
	}
}
