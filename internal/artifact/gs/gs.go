// SPDX-License-Identifier: Apache-2.0

// Package gs keeps the files of an artifact store in a bucket of Google Cloud Storage.
package gs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"google.golang.org/api/googleapi"
	"google.golang.org/api/storage/v1"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/google"
)

// Bucket is a bucket, or the part of it below a prefix.
type Bucket struct {
	client       *storage.Service
	name, prefix string
}

// Open returns the bucket that a URL names: gs://BUCKET/PREFIX. It does not connect to the
// bucket yet.
func Open(ctx context.Context, spec string) (*Bucket, error) {
	u, err := url.Parse(spec)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("gs: the specification is gs://BUCKET/PREFIX")
	}
	client, err := storage.NewService(ctx, google.HTTP(google.StorageEmulator, "/storage/v1/")...)
	if err != nil {
		return nil, google.Explain(err)
	}
	prefix := strings.Trim(u.Path, "/")
	if prefix != "" {
		prefix += "/"
	}
	return &Bucket{client, u.Host, prefix}, nil
}

// Write sends the files, several at a time.
func (b *Bucket) Write(ctx context.Context, files []artifact.File) error {
	return artifact.WriteEach(ctx, files, func(ctx context.Context, f artifact.File) error {
		_, err := b.client.Objects.Insert(b.name, &storage.Object{Name: b.prefix + f.Name}).
			Media(bytes.NewReader(f.Data), googleapi.ContentType("application/octet-stream")).Context(ctx).Do()
		return b.meaning(err)
	})
}

// Read returns a file.
func (b *Bucket) Read(ctx context.Context, name string) (io.ReadCloser, error) {
	r, err := b.client.Objects.Get(b.name, b.prefix+name).Context(ctx).Download()
	if err != nil {
		return nil, b.meaning(err)
	}
	return artifact.Body{ReadCloser: r.Body}, nil
}

// Stat describes a file.
func (b *Bucket) Stat(ctx context.Context, name string) (artifact.Info, error) {
	o, err := b.client.Objects.Get(b.name, b.prefix+name).Context(ctx).Do()
	if err != nil {
		return artifact.Info{}, b.meaning(err)
	}
	return b.info(o), nil
}

// info returns the description of a file.
func (b *Bucket) info(o *storage.Object) artifact.Info {
	modified, _ := time.Parse(time.RFC3339, o.Updated) // the server writes its own time
	return artifact.Info{Name: strings.TrimPrefix(o.Name, b.prefix), Bytes: int64(o.Size), Modified: modified}
}

// List reads pages of a thousand files.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[artifact.Info, error] {
	return func(yield func(artifact.Info, error) bool) {
		for token := ""; ; {
			page, err := b.client.Objects.List(b.name).Prefix(b.prefix + prefix).PageToken(token).Context(ctx).Do()
			if err != nil {
				yield(artifact.Info{}, b.meaning(err))
				return
			}
			for _, o := range page.Items {
				if !yield(b.info(o), nil) {
					return
				}
			}
			if token = page.NextPageToken; token == "" {
				return
			}
		}
	}
}

// Delete removes a file.
func (b *Bucket) Delete(ctx context.Context, name string) error {
	err := b.meaning(b.client.Objects.Delete(b.name, b.prefix+name).Context(ctx).Do())
	if errors.Is(err, artifact.ErrNotFound) {
		return nil
	}
	return err
}

// Close does nothing: connections end by themselves.
func (b *Bucket) Close() error { return nil }

// meaning returns an error of the server with its meaning.
func (b *Bucket) meaning(err error) error {
	if err == nil {
		return nil
	}
	if answer, ok := errors.AsType[*googleapi.Error](err); ok && answer.Code == http.StatusNotFound {
		if strings.Contains(answer.Message, "bucket does not exist") {
			return fmt.Errorf("gs://%s: %w: %w", b.name, artifact.ErrMissing, err)
		}
		return fmt.Errorf("gs://%s: %w: %w", b.name, artifact.ErrNotFound, err)
	}
	err = google.Explain(err)
	switch errkind.Of(err) {
	case errkind.Busy:
		return fmt.Errorf("gs://%s: %w: %w", b.name, artifact.ErrUnavailable, err)
	case errkind.Broken:
		return fmt.Errorf("gs://%s: %w: %w", b.name, artifact.ErrForbidden, err)
	default:
		return fmt.Errorf("gs://%s: %w", b.name, err)
	}
}
