// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/semaphore"
)

const (
	// firstRead is the memory asked for where the size is not known.
	firstRead = 64 << 10
	// drained is how much of a body is read though nobody wants it: many
	// clients look at the answer only when they have sent everything.
	drained = 64 << 20
	// zstdWindow bounds the memory a compressed body can make us take.
	zstdWindow = 8 << 20
)

// body is a report as received, decompressed. It holds a share of the memory
// for reports until released.
type body struct {
	data   []byte
	memory *semaphore.Weighted
	held   int64
}

func (b *body) release() {
	b.memory.Release(b.held)
	b.held, b.data = 0, nil
}

// grow waits for memory for a body of size bytes, and takes it.
func (b *body) grow(ctx context.Context, size int64, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if b.memory.Acquire(ctx, size-b.held) != nil {
		return &failure{http.StatusServiceUnavailable, "Too many submissions at once, try again later", nil, 10 * time.Second}
	}
	b.held = size
	b.data = slices.Grow(b.data, int(size)-len(b.data))
	return nil
}

// read reads the request's body and decompresses it, within the limits. The
// body returned must be released, whatever the error.
func (d *Door) read(r *http.Request) (*body, error) {
	b := &body{memory: d.memory}
	if r.ContentLength > d.MaxBytes {
		return b, d.tooLarge()
	}
	source, end, err := decompress(r)
	if err != nil {
		return b, err
	}
	defer end()
	// One byte more than expected, or allowed, shows the end of the body, or
	// that it is too long.
	room := int64(firstRead)
	if source == r.Body && r.ContentLength >= 0 {
		room = r.ContentLength + 1
	}
	for {
		if int64(len(b.data)) == b.held {
			if err := b.grow(r.Context(), min(max(room, 2*b.held), d.MaxBytes+1), d.Wait); err != nil {
				return b, err
			}
		}
		n, err := source.Read(b.data[len(b.data):b.held])
		b.data = b.data[:len(b.data)+n]
		switch {
		case int64(len(b.data)) > d.MaxBytes:
			return b, d.tooLarge()
		case errors.Is(err, io.EOF):
			return b, nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			return b, &failure{code: http.StatusRequestTimeout, message: "The body takes too long"}
		case err != nil:
			return b, &failure{code: http.StatusBadRequest, message: fmt.Sprintf("The body is damaged: %v", err)}
		}
	}
}

func (d *Door) tooLarge() error {
	return &failure{code: http.StatusRequestEntityTooLarge, message: fmt.Sprintf("The report is larger than %d bytes", d.MaxBytes)}
}

// decompress returns a reader of the request's body as it was before
// compression, and what to call when done with it.
func decompress(r *http.Request) (source io.Reader, end func(), err error) {
	switch encoding := strings.ToLower(strings.Join(r.Header.Values("Content-Encoding"), ",")); encoding {
	case "", "identity":
		return r.Body, func() {}, nil
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, nil, &failure{code: http.StatusBadRequest, message: fmt.Sprintf("The body is not gzip: %v", err)}
		}
		return z, func() { z.Close() }, nil
	case "zstd":
		z, err := zstd.NewReader(r.Body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, nil, &failure{code: http.StatusBadRequest, message: fmt.Sprintf("The body is not zstd: %v", err)}
		}
		return z, z.Close, nil
	default:
		return nil, nil, &failure{code: http.StatusUnsupportedMediaType,
			message: fmt.Sprintf("Unknown content encoding %.40q: send the body as it is, or as gzip or zstd", encoding)}
	}
}

// drain reads on where the body was not wanted, unless the client waits to be
// told to send it.
func drain(r *http.Request) {
	if r.Header.Get("Expect") == "" {
		io.CopyN(io.Discard, r.Body, drained)
	}
}
