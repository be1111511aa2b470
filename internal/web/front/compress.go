// SPDX-License-Identifier: Apache-2.0

package front

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// coding is a content coding, as HTTP names it; "" for no compression.
type coding string

const (
	codingGzip coding = "gzip"
	codingZstd coding = "zstd"
)

// worthwhile is the smallest size in bytes of an answer that is compressed.
const worthwhile = 1 << 10

// negotiate returns the best coding that a header Accept-Encoding allows.
func negotiate(accept string) coding {
	best, quality := coding(""), 0.0
	for accept != "" {
		var element string
		element, accept, _ = strings.Cut(accept, ",")
		name, parameters, _ := strings.Cut(element, ";")
		c := coding(strings.ToLower(strings.TrimSpace(name)))
		if c != codingGzip && c != codingZstd {
			continue
		}
		q := 1.0
		if value, ok := strings.CutPrefix(strings.TrimSpace(parameters), "q="); ok {
			q, _ = strconv.ParseFloat(value, 64)
		}
		if q > quality || q == quality && q > 0 && c == codingZstd {
			best, quality = c, q
		}
	}
	return best
}

// compressible reports whether compression makes answers of a type smaller.
func compressible(contentType string) bool {
	return strings.HasPrefix(contentType, "application/json") || strings.HasPrefix(contentType, "application/yaml") ||
		strings.HasPrefix(contentType, "text/") || contentType == "image/svg+xml"
}

// compressor is the writer of either library.
type compressor interface {
	io.WriteCloser
	Reset(io.Writer)
}

// compressors has compressors to reuse, because they are large. The window and the level
// keep the memory of each below a megabyte or so.
var compressors = map[coding]*sync.Pool{
	codingGzip: {New: func() any {
		w, err := gzip.NewWriterLevel(nil, 3)
		if err != nil {
			panic(err) // the level
		}
		return w
	}},
	codingZstd: {New: func() any {
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithWindowSize(256<<10), zstd.WithLowerEncoderMem(true))
		if err != nil {
			panic(err) // the options
		}
		return w
	}},
}

// begin returns a compressor that writes to w. The caller gives it back with end.
func (c coding) begin(w io.Writer) compressor {
	to := compressors[c].Get().(compressor)
	to.Reset(w)
	return to
}

func (c coding) end(to compressor) {
	to.Reset(nil)
	compressors[c].Put(to)
}

// compress returns the compressed text.
func (c coding) compress(text []byte) []byte {
	var b bytes.Buffer
	to := c.begin(&b)
	defer c.end(to)
	to.Write(text)
	to.Close() // neither fails, as the buffer does not
	return b.Bytes()
}
