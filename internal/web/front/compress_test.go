// SPDX-License-Identifier: Apache-2.0

package front

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func TestNegotiate(t *testing.T) {
	for header, want := range map[string]coding{
		"":                           "",
		"identity":                   "",
		"br":                         "",
		"gzip":                       codingGzip,
		"GZIP":                       codingGzip,
		"gzip, deflate, br, zstd":    codingZstd,
		"zstd, gzip":                 codingZstd,
		"zstd;q=0.5, gzip":           codingGzip,
		"zstd; q=0.5 , gzip ; q=0.4": codingZstd,
		"gzip;q=0":                   "",
		"gzip;q=0, zstd;q=0.000":     "",
		"gzip;q=x":                   "",
		",,,;;;":                     "",
		"*":                          "",
	} {
		if got := negotiate(header); got != want {
			t.Errorf("%q: %q, want %q", header, got, want)
		}
	}
}

// expand decompresses a body.
func expand(t *testing.T, c string, body []byte) string {
	t.Helper()
	var r io.Reader = bytes.NewReader(body)
	var err error
	switch coding(c) {
	case codingGzip:
		r, err = gzip.NewReader(r)
	case codingZstd:
		r, err = zstd.NewReader(r)
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(r)
	}
	if err != nil {
		t.Fatalf("%s: %v", c, err)
	}
	return string(text)
}

func TestCompress(t *testing.T) {
	text := strings.Repeat("all work and no play\n", 1000)
	for _, c := range []coding{codingGzip, codingZstd} {
		for range 3 { // the compressor is used again
			small := c.compress([]byte(text))
			if len(small) > len(text)/10 || expand(t, string(c), small) != text {
				t.Errorf("%s: %d bytes", c, len(small))
			}
		}
	}
}
