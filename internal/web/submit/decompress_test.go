// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

func gzipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstandard(t *testing.T, text string, options ...zstd.EOption) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil, options...)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return z.EncodeAll([]byte(text), nil)
}

// failing fails after what it holds.
type failing struct {
	io.Reader
	err error
}

func (f failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

func TestDecompress(t *testing.T) {
	text := strings.Repeat("report ", 1000)
	bomb := strings.Repeat(" ", 100<<20)
	reset := &net.OpError{Op: "read", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}, Err: errors.New("connection reset")}
	for _, test := range []struct {
		name, encoding string
		body           io.Reader
		code           int    // 200 if all is read
		message        string // what it has
	}{
		{"plain", "", strings.NewReader(text), 200, ""},
		{"identity", "Identity", strings.NewReader(text), 200, ""},
		{"gzip", "gzip", bytes.NewReader(gzipped(t, text)), 200, ""},
		{"zstd", "zstd", bytes.NewReader(zstandard(t, text)), 200, ""},
		{"two", "gzip, zstd", strings.NewReader(text), 415, "gzip or zstd"},
		{"gzip bomb", "x-gzip", bytes.NewReader(gzipped(t, bomb)), 413, "400 times"},
		{"zstd bomb", "zstd", bytes.NewReader(zstandard(t, bomb)), 413, "400 times"},
		{"zstd window", "zstd", bytes.NewReader(zstandard(t, bomb[:40<<20], zstd.WithWindowSize(32<<20), zstd.WithSingleSegment(true))), 400, "window of more than 8 MiB"},
		{"not gzip", "gzip", strings.NewReader(text), 400, "not gzip"},
		{"not zstd", "zstd", strings.NewReader(text), 400, "not zstd"},
		{"half a gzip", "gzip", bytes.NewReader(gzipped(t, text)[:50]), 400, "too early"},
		{"half a zstd", "zstd", bytes.NewReader(zstandard(t, text)[:20]), 400, "too early"},
		{"nothing", "gzip", strings.NewReader(""), 400, "too early"},
		{"connection lost", "gzip", failing{bytes.NewReader(gzipped(t, text)[:50]), reset}, 400, "did not arrive"},
		{"connection lost early", "gzip", failing{strings.NewReader(""), reset}, 400, "did not arrive"},
		{"connection lost of zstd", "zstd", failing{bytes.NewReader(zstandard(t, text)[:20]), reset}, 400, "did not arrive"},
		{"connection lost of plain", "", failing{strings.NewReader(text), reset}, 400, "did not arrive"},
	} {
		d := New(Config{MaxBytes: 1 << 30, MaxMemory: 1 << 30, Wait: time.Minute, Now: time.Now})
		r := httptest.NewRequest("POST", "/submit", test.body)
		if test.encoding != "" {
			r.Header.Set("Content-Encoding", test.encoding)
		}
		body, err := d.read(r, "")
		if err == nil && string(body.data) != text {
			t.Errorf("%s: read %d bytes, want %d", test.name, len(body.data), len(text))
		}
		if err == nil && body.held > int64(cap(body.data)) {
			t.Errorf("%s: %d bytes held for %d", test.name, body.held, cap(body.data))
		}
		body.release()
		code, message := http.StatusOK, ""
		if failed, ok := errors.AsType[*failure](err); ok {
			code, message = failed.code, failed.message
		}
		if code != test.code || !strings.Contains(message, test.message) || strings.Contains(message, "192.0.2.1") {
			t.Errorf("%s: %d %q, want %d %q", test.name, code, message, test.code, test.message)
		}
		if !d.memory.TryAcquire(1 << 30) {
			t.Errorf("%s: memory was not given back", test.name)
		}
	}
}
