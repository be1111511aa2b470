// SPDX-License-Identifier: Apache-2.0

package artifact

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"golang.org/x/sync/errgroup"
)

// Bucket keeps files by name. A name has components with slashes between them, of letters,
// digits and the characters "-_.%". All methods may be called concurrently.
//
// Errors of the bucket as a whole are ErrUnavailable, ErrFull, ErrForbidden and ErrMissing.
type Bucket interface {
	// Write keeps files, and replaces those of the same names. It returns when all are
	// safe: on disk, or with the server. After an error some of them may be kept. Readers
	// see a file as a whole or not at all.
	Write(ctx context.Context, files []File) error
	// Read returns a file, which the caller closes. Its error is ErrNotFound if the file
	// does not exist.
	Read(ctx context.Context, name string) (io.ReadCloser, error)
	// Stat describes a file. Its error is ErrNotFound if the file does not exist.
	Stat(ctx context.Context, name string) (Info, error)
	// List returns the files whose names begin with a prefix, in the order of their names.
	// The prefix is some first components of a name, with a slash at the end. An error ends
	// the sequence. The caller may delete files meanwhile.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Delete removes a file if it exists.
	Delete(ctx context.Context, name string) error
	Close() error
}

// File is a file to be kept.
type File struct {
	Name string
	Data []byte
}

// Info describes a file of a bucket.
type Info struct {
	Name     string
	Bytes    int64
	Modified time.Time // when the file was written last, by the clock of the bucket
}

// writesAtOnce is how many files are sent to a server at a time.
const writesAtOnce = 16

// WriteEach writes files by a function that writes one, several at a time.
func WriteEach(ctx context.Context, files []File, write func(ctx context.Context, f File) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(writesAtOnce)
	for _, f := range files {
		group.Go(func() error { return write(ctx, f) })
	}
	return group.Wait()
}

// ReadAll returns a file of a bucket as a whole.
func ReadAll(ctx context.Context, b Bucket, name string) ([]byte, error) {
	r, err := b.Read(ctx, name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	return data, errors.Join(err, r.Close())
}

// Body is the body of an answer of a server. An error of the network while reading it is
// ErrUnavailable.
type Body struct{ io.ReadCloser }

// Read implements io.Reader.
func (b Body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF && !isContext(err) {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return n, err
}
