// SPDX-License-Identifier: Apache-2.0

package kcidb

import (
	"net/url"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	tests := []struct{ address, root, token string }{
		{"https://abc@kcidb.example.org/", "https://kcidb.example.org", "abc"},
		{"http://abc@127.0.0.1:8080/some/where?x#y", "http://127.0.0.1:8080", "abc"},
		{"abc.def-g_h@kcidb.example.org", "https://kcidb.example.org", "abc.def-g_h"},
		{"kcidb.example.org:8443", "https://kcidb.example.org:8443", ""},
		{"http://@localhost", "http://localhost", ""},
		{"http://a@b@localhost", "http://localhost", "a@b"},
		{"http://a%40b@localhost", "http://localhost", "a%40b"},
		{"http://abc@[::1]:80/", "http://[::1]:80", "abc"},
	}
	for _, tt := range tests {
		t.Run(tt.address, func(t *testing.T) {
			root, token, err := parseAddress(tt.address)
			if root != tt.root || token != tt.token || err != nil {
				t.Errorf("got %q, %q, %v; want %q, %q", root, token, err, tt.root, tt.token)
			}
		})
	}
}

func TestParseAddressRefuses(t *testing.T) {
	for _, address := range []string{
		"", "http://", "https:///submit", "http://secret@", "http://secret@:80", "ftp://secret@host",
		"secret@ho st", "http://secret@host:port", "http://secr et@host", "http://secret\x00@host", "http://secrét@host",
	} {
		t.Run(address, func(t *testing.T) {
			root, token, err := parseAddress(address)
			if err == nil {
				t.Fatalf("got %q, %q", root, token)
			}
			if strings.Contains(err.Error(), "secr") {
				t.Errorf("the error tells the token: %v", err)
			}
		})
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"https://abc@kcidb.example.org/", "a@b", "http://[::1", "http://%zz@h", "//"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		root, token, err := parseAddress(address)
		if err != nil {
			return
		}
		u, err := url.Parse(root)
		if err != nil || u.Hostname() == "" || u.Path != "" || u.User != nil {
			t.Errorf("the root of %q is %q (%v)", address, root, err)
		}
		if checkToken(token) != nil {
			t.Errorf("the token of %q is %q", address, token)
		}
	})
}
