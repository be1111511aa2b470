// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/kcidb-go/kcidb/internal/spool"
)

// Most bytes of the parts of a text, so that a document has less than 1 MiB.
const (
	mostSubject = 10_000
	mostBody    = 400_000
	mostHTML    = 500_000 // compressed
	inflated    = 64 << 20
)

// text is a rendered notification as its document has it.
type text struct {
	subject, body, thread string
	html                  []byte
}

// The options are valid, so there is no error. They are made when first needed, because
// all commands link this package.
var (
	compressor = sync.OnceValue(func() *zstd.Encoder {
		w, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
		return w
	})
	decompressor = sync.OnceValue(func() *zstd.Decoder {
		r, _ := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(inflated))
		return r
	})
)

// textOf returns a rendered notification as its document has it.
func textOf(r spool.Rendered) text {
	t := text{subject: cut(r.Subject, mostSubject), body: cut(r.Body, mostBody), thread: cut(r.Thread, mostSubject), html: []byte{}}
	if r.HTML == "" || t.body != spool.Storable(r.Body) {
		return t
	}
	if html := compressor().EncodeAll([]byte(spool.Storable(r.HTML)), nil); len(html) <= mostHTML {
		t.html = html
	}
	return t
}

// htmlOf returns the HTML of a document.
func htmlOf(compressed []byte) (string, error) {
	if len(compressed) == 0 {
		return "", nil
	}
	html, err := decompressor().DecodeAll(compressed, nil)
	if err != nil {
		return "", fmt.Errorf("html: %w", err)
	}
	return string(html), nil
}
