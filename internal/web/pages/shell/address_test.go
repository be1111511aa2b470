// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"net/http"
	"testing"
)

func TestAddress(t *testing.T) {
	for host, want := range map[string]string{
		"kcidb.example.org": "http://kcidb.example.org", "127.0.0.1:8080": "http://127.0.0.1:8080", "[::1]:80": "http://[::1]:80",
		"x; rm -rf": "http://localhost", "": "http://localhost",
	} {
		if got := Address(&http.Request{Host: host}); got != want {
			t.Errorf("%q: %q, want %q", host, got, want)
		}
	}
}

func TestHomeURL(t *testing.T) {
	r := &http.Request{Host: "kcidb.example.org"}
	for base, want := range map[string]string{
		"": "http://kcidb.example.org", "https://example.org/kcidb/": "https://example.org/kcidb",
	} {
		if got := (&Shell{Base: base}).HomeURL(r); got != want {
			t.Errorf("%q: %q, want %q", base, got, want)
		}
	}
}
