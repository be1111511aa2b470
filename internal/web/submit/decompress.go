// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"bytes"
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
	// zstdWindow limits the memory for decompressing zstd. It is the window of zstd
	// -19.
	zstdWindow = 8 << 20
	// A body may expand to maxRatio times its size plus freeBytes. The largest real
	// report expands 118 times. gzip expands at most 1,032 times; zstd has no limit.
	maxRatio  = 400
	freeBytes = 32 << 20
)

// errRatio is the error of a body that expands too much.
var errRatio = errors.New("it expands too much")

// encoding is a compression of bodies.
type encoding struct {
	memory int64 // needed to decompress
	open   func(packed []byte) (source io.Reader, done func(), err error)
}

var (
	gzipEncoding = &encoding{64 << 10, func(packed []byte) (io.Reader, func(), error) {
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, nil, err
		}
		return bounded(z, packed), func() { z.Close() }, nil
	}}
	zstdEncoding = &encoding{zstdWindow, func(packed []byte) (io.Reader, func(), error) {
		z, err := zstd.NewReader(bytes.NewReader(packed),
			zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, nil, err
		}
		return bounded(z, packed), z.Close, nil
	}}
)

// decompressor returns the compression of a request's body, nil for none.
func decompressor(h http.Header) (*encoding, error) {
	switch name := strings.ToLower(strings.Join(h.Values("Content-Encoding"), ",")); name {
	case "", "identity":
		return nil, nil
	case "gzip", "x-gzip":
		return gzipEncoding, nil
	case "zstd":
		return zstdEncoding, nil
	default:
		return nil, &failure{code: http.StatusUnsupportedMediaType,
			message: fmt.Sprintf("Unknown content encoding %.40q: send the body as it is, or as gzip or zstd", name)}
	}
}

// expanded reads a decompressed body, as far as it may expand.
type expanded struct {
	from io.Reader
	left int64
}

func bounded(from io.Reader, packed []byte) *expanded {
	return &expanded{from, freeBytes + maxRatio*int64(len(packed))}
}

func (e *expanded) Read(p []byte) (int, error) {
	n, err := e.from.Read(p)
	if e.left -= int64(n); e.left < 0 {
		return n, errRatio
	}
	return n, err
}

// unreadable returns the failure for a body that cannot be read. The client gets the
// errors of decompressors, but not those of the network, which name hosts.
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
