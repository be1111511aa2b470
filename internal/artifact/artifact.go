// SPDX-License-Identifier: Apache-2.0

// Package artifact keeps contents of any kind by their SHA-256: raw submissions and copies
// of logs.
//
// A Store compresses contents and checks them when they are read. It stands on a Bucket,
// which keeps files by name: a folder, or a bucket of S3 or Google Cloud Storage. Each
// driver of buckets lives in a folder of its own and passes the suite of package
// artifacttest. Package artifact/all opens a store by its specification.
package artifact

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/kcidb-go/kcidb/internal/errkind"
)

// The errors of an artifact store, each with its kind.
var (
	// ErrNotFound: the content or the file does not exist.
	ErrNotFound = errkind.New(errkind.Gone, "not found in the artifact store")
	// ErrDamaged: the content does not have the digest that it is kept by.
	ErrDamaged = errkind.New(errkind.Gone, "damaged in the artifact store")
	// ErrUnavailable: the server does not answer, or failed. Trying again may help.
	ErrUnavailable = errkind.New(errkind.Busy, "artifact store unavailable")
	// ErrFull: there is no space left.
	ErrFull = errkind.New(errkind.Full, "no space left in the artifact store")
	// ErrForbidden: the account may not do this.
	ErrForbidden = errkind.New(errkind.Broken, "not permitted in the artifact store")
	// ErrMissing: the folder or the bucket does not exist.
	ErrMissing = errkind.New(errkind.Broken, "artifact store missing")
)

// Store keeps contents by digest. All methods may be called concurrently.
type Store struct{ Bucket Bucket }

// Digest returns the digest of a content: its SHA-256 in hexadecimal digits.
func Digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// IsDigest reports whether a text has the form of a digest.
func IsDigest(text string) bool {
	return len(text) == 2*sha256.Size && strings.Trim(text, "0123456789abcdef") == ""
}

// contents is the beginning of the names of contents.
const contents = "contents/"

// nameOf returns the name of a content in the bucket. Contents are spread over 256 folders.
func nameOf(digest string) string { return contents + digest[:2] + "/" + digest + ".zst" }

// Content is a content with its digest.
type Content struct {
	Digest string
	Data   []byte
}

// Put keeps contents, and returns when they are safe. A content that is kept already is
// written again, so that it counts as new: see Info.Modified.
func (s *Store) Put(ctx context.Context, all ...[]byte) error {
	var contents []Content
	for _, data := range all {
		contents = append(contents, Content{Digest(data), data})
	}
	return s.Write(ctx, contents)
}

// Write keeps contents as Put does, and together with them other files, whose names do not
// begin with "contents/".
func (s *Store) Write(ctx context.Context, contents []Content, others ...File) error {
	files := make([]File, 0, len(contents)+len(others))
	for _, c := range contents {
		files = append(files, File{nameOf(c.Digest), encoder().EncodeAll(c.Data, nil)})
	}
	return s.Bucket.Write(ctx, append(files, others...))
}

// Has reports whether a content is kept. It does not read the content.
func (s *Store) Has(ctx context.Context, digest string) (bool, error) {
	_, err := s.Stat(ctx, digest)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Stat returns when a content was kept, and its size as it is kept. Its error is
// ErrNotFound if the content is not kept.
func (s *Store) Stat(ctx context.Context, digest string) (Info, error) {
	if !IsDigest(digest) {
		return Info{}, fmt.Errorf("%w: %q is not a digest", ErrNotFound, digest)
	}
	return s.Bucket.Stat(ctx, nameOf(digest))
}

// Get returns a content as a stream, which the caller closes. Its error is ErrNotFound if the
// content is not kept. The last Read returns ErrDamaged in place of io.EOF if the content
// does not have the digest.
func (s *Store) Get(ctx context.Context, digest string) (io.ReadCloser, error) {
	if !IsDigest(digest) {
		return nil, fmt.Errorf("%w: %q is not a digest", ErrNotFound, digest)
	}
	file, err := s.Bucket.Read(ctx, nameOf(digest))
	if err != nil {
		return nil, err
	}
	plain, err := zstd.NewReader(file, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &content{file: file, plain: plain, digest: digest, sum: sha256.New()}, nil
}

// Read returns a content as a whole.
func (s *Store) Read(ctx context.Context, digest string) ([]byte, error) {
	stream, err := s.Get(ctx, digest)
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(stream)
	return b.Bytes(), err
}

// Check reads a content, and returns ErrNotFound, ErrDamaged or another error if it cannot
// be read.
func (s *Store) Check(ctx context.Context, digest string) error {
	stream, err := s.Get(ctx, digest)
	if err != nil {
		return err
	}
	defer stream.Close()
	_, err = io.Copy(io.Discard, stream)
	return err
}

// Delete removes a content if it is kept.
func (s *Store) Delete(ctx context.Context, digest string) error {
	if !IsDigest(digest) {
		return nil
	}
	return s.Bucket.Delete(ctx, nameOf(digest))
}

// DeleteOld removes a content unless it was kept, perhaps again, after a time.
func (s *Store) DeleteOld(ctx context.Context, digest string, before time.Time) error {
	info, err := s.Stat(ctx, digest)
	if errors.Is(err, ErrNotFound) || err == nil && info.Modified.After(before) {
		return nil
	} else if err != nil {
		return err
	}
	return s.Delete(ctx, digest)
}

// Close closes the bucket.
func (s *Store) Close() error { return s.Bucket.Close() }

// content is a content that is being read.
type content struct {
	file   io.Closer
	plain  *zstd.Decoder
	digest string
	sum    hash.Hash
}

// Read implements io.Reader.
func (c *content) Read(p []byte) (int, error) {
	n, err := c.plain.Read(p)
	c.sum.Write(p[:n])
	switch {
	case err == io.EOF && hex.EncodeToString(c.sum.Sum(nil)) != c.digest:
		err = fmt.Errorf("%w: %s", ErrDamaged, c.digest)
	case err != nil && err != io.EOF && errkind.Of(err) == errkind.Unknown && !isContext(err):
		err = fmt.Errorf("%w: %s: %w", ErrDamaged, c.digest, err)
	}
	return n, err
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// Close implements io.Closer.
func (c *content) Close() error {
	c.plain.Close()
	return c.file.Close()
}

// encoder returns the encoder of all contents, which takes some memory.
var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // the options are right
	}
	return e
})
