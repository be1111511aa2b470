// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
)

const (
	// zstdWindow bounds the memory that a body compressed by zstd makes us
	// take. It is what zstd -19 uses.
	zstdWindow = 8 << 20
	// A body may expand to maxRatio times its size, and freeBytes in addition.
	// The largest real report expands 118 times, and gzip to 1,032 times at
	// most; zstd has no bound of its own.
	maxRatio  = 400
	freeBytes = 32 << 20
)

// errRatio is the error of a body that expands too much.
var errRatio = errors.New("it expands too much")

// decompress returns a reader of the request's body as it was before
// compression, and what to call when done with it. See unreadable about the
// reader's errors.
func decompress(r *http.Request) (source io.Reader, end func(), err error) {
	encoding := strings.ToLower(strings.Join(r.Header.Values("Content-Encoding"), ","))
	if encoding == "" || encoding == "identity" {
		return r.Body, func() {}, nil
	}
	body := &counted{from: r.Body}
	switch encoding {
	case "gzip", "x-gzip":
		z, err := gzip.NewReader(body)
		if err != nil {
			return nil, nil, unreadable(err)
		}
		return &expanded{from: z, body: body}, func() { z.Close() }, nil
	case "zstd":
		z, err := zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, nil, unreadable(err)
		}
		return &expanded{from: z, body: body}, z.Close, nil
	}
	return nil, nil, &failure{code: http.StatusUnsupportedMediaType,
		message: fmt.Sprintf("Unknown content encoding %.40q: send the body as it is, or as gzip or zstd", encoding)}
}

// counted counts what is read.
type counted struct {
	from io.Reader
	n    int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

// expanded is what a compressed body expands to, as far as it may.
type expanded struct {
	from io.Reader
	body *counted
	n    int64
}

func (e *expanded) Read(p []byte) (int, error) {
	n, err := e.from.Read(p)
	e.n += int64(n)
	if e.n > freeBytes+maxRatio*e.body.n {
		return n, errRatio
	}
	return n, err
}

// unreadable says what is wrong with a body that cannot be read. It shows the
// sender what decompressors say, but not what the network says, which would
// name hosts.
func unreadable(err error) error {
	var corrupt flate.CorruptInputError
	bad := func(format string, values ...any) error {
		return &failure{http.StatusBadRequest, fmt.Sprintf(format, values...), err, 0}
	}
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &failure{code: http.StatusRequestTimeout, message: "The body takes too long"}
	case errors.Is(err, errRatio):
		return &failure{code: http.StatusRequestEntityTooLarge, message: fmt.Sprintf(
			"The report expands to more than %d times the size of the body: compress it less, or send it in parts", maxRatio)}
	case errors.Is(err, zstd.ErrWindowSizeExceeded), errors.Is(err, zstd.ErrDecoderSizeExceeded):
		return bad("The body needs a zstd window of more than %d MiB: compress it by zstd -19 or less, and without --long", zstdWindow>>20)
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return bad("The body is damaged: it ends too early")
	case errors.Is(err, gzip.ErrHeader):
		return bad("The body is not gzip")
	case errors.Is(err, zstd.ErrMagicMismatch):
		return bad("The body is not zstd, or damaged")
	case errors.As(err, &corrupt), errors.Is(err, gzip.ErrChecksum), errors.Is(err, zstd.ErrCRCMismatch):
		return bad("The body is damaged: %v", err)
	}
	return bad("The body is damaged, or did not arrive")
}
