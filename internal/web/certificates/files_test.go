// SPDX-License-Identifier: Apache-2.0

package certificates

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/certificates/certificatestest"
)

// TestFilesAreReplaced: a renewed certificate is used from the next look on, and a pair that
// cannot be used is not.
func TestFilesAreReplaced(t *testing.T) {
	begin := time.Now().Truncate(time.Second)
	now := begin
	expires := func(days int) time.Time { return begin.AddDate(0, 0, days).UTC() }
	pair := certificatestest.New(t)
	pair.Write(t, expires(1), "a.example.org")
	var log bytes.Buffer
	f, err := OpenFiles(pair.Cert, pair.Key, slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	check := func(when string, days, lines int) {
		t.Helper()
		if got, want := f.Expires(), expires(days); !got.Equal(want) {
			t.Errorf("%s: the certificate expires %v, want %v", when, got, want)
		}
		if n := strings.Count(log.String(), "\n"); n != lines {
			t.Errorf("%s: %d lines in the log, want %d:\n%s", when, n, lines, &log)
		}
	}
	pair.Write(t, expires(2), "b.example.org")
	check("before the next look", 1, 0)
	now = now.Add(time.Minute)
	check("at the next look", 2, 1)
	if f.Serves("a.example.org") || !f.Serves("b.example.org") {
		t.Error("the names are not those of the new certificate")
	}

	other := certificatestest.New(t)
	other.Write(t, expires(3), "b.example.org")
	key, err := os.ReadFile(other.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(pair.Key, key, 0o600); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	check("half replaced", 2, 2)
	now = now.Add(time.Minute)
	check("still half replaced", 2, 2)
	pair.Write(t, expires(3), "b.example.org")
	now = now.Add(time.Minute)
	check("replaced", 3, 3)
	now = now.Add(time.Hour)
	check("the same", 3, 3)
}

func TestOpenFilesRefuses(t *testing.T) {
	pair, other := certificatestest.New(t), certificatestest.New(t)
	pair.Write(t, time.Now(), "a.example.org")
	other.Write(t, time.Now(), "a.example.org")
	for _, files := range [][2]string{{"/no/such/file", pair.Key}, {pair.Cert, "/no/such/file"}, {pair.Cert, other.Key}, {pair.Key, pair.Cert}} {
		if _, err := OpenFiles(files[0], files[1], slog.New(slog.DiscardHandler), time.Now); err == nil {
			t.Errorf("%v are taken", files)
		}
	}
}

// TestConfig: old versions of TLS are refused, and HTTP/2 is offered.
func TestConfig(t *testing.T) {
	pair := certificatestest.New(t)
	pair.Write(t, time.Now().Add(time.Hour), "a.example.org")
	f, err := OpenFiles(pair.Cert, pair.Key, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	a, err := ACME{Hosts: []string{"a.example.org"}}.Open()
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []Source{f, a} {
		if c := source.Config(); c.MinVersion != tls.VersionTLS12 || c.NextProtos[0] != "h2" {
			t.Errorf("%T: %+v", source, c)
		}
	}
}
