// SPDX-License-Identifier: Apache-2.0

//go:build unix

package registry_test

import (
	"log/slog"
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
	"github.com/kcidb-go/kcidb/report"
)

// BenchmarkIdentity compares the time for checking the token of each submission and the
// origins of its objects with the time for loading the submissions, in time of the processor.
func BenchmarkIdentity(b *testing.B) {
	texts := storebench.Submissions(b)
	private, _, err := auth.NewKey()
	if err != nil {
		b.Fatal(err)
	}
	keys, err := auth.ParseKeys(private)
	if err != nil {
		b.Fatal(err)
	}
	origins := originsOf(b, texts)
	text, err := keys.Sign(auth.Token{Origins: origins, Roles: auth.Roles{auth.Submit}, Expires: time.Now().Add(time.Hour)}, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	header := http.Header{"Authorization": {"Bearer " + text}}
	allowed := make(map[string]bool)
	for _, origin := range origins {
		allowed[origin] = true
	}
	var token, with, without, load time.Duration
	for b.Loop() {
		s, err := sqlite.Open(filepath.Join(b.TempDir(), "x.sqlite"))
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Init(b.Context(), store.Version{}); err != nil {
			b.Fatal(err)
		}
		revocations, err := registry.Of(s).Revocations(b.Context(), slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		checker := &auth.Checker{Keys: func() *auth.Keys { return keys }, Revoked: revocations.Revoked}
		token += timed(b, func() error {
			for range texts {
				if _, err := checker.Token(b.Context(), header); err != nil {
					return err
				}
			}
			return nil
		})
		check := func(text []byte, origin func(string) bool) time.Duration {
			return timed(b, func() error {
				_, err := report.CheckFor(b.Context(), text, origin)
				return err
			})
		}
		isAllowed := func(name string) bool { return allowed[name] }
		for i, text := range texts {
			if i%2 == 0 { // the second check of a text finds it in the processor's cache
				without += check(text, nil)
				with += check(text, isAllowed)
			} else {
				with += check(text, isAllowed)
				without += check(text, nil)
			}
		}
		load += timed(b, func() error {
			for batch, err := range storebench.Batches(texts) {
				if err != nil {
					return err
				}
				if _, err := s.Load(b.Context(), batch, store.LoadOptions{}); err != nil {
					return err
				}
			}
			return nil
		})
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
	percent := func(d time.Duration) float64 { return 100 * d.Seconds() / load.Seconds() }
	b.ReportMetric(token.Seconds()*1e6/float64(b.N*len(texts)), "µs/token")
	b.ReportMetric(load.Seconds()*1e6/float64(b.N*len(texts)), "µs/load")
	b.ReportMetric(percent(token), "%token/load")
	b.ReportMetric(percent(with-without), "%origins/load")
	b.ReportMetric(percent(token+with-without), "%both/load")
}

// timed returns the time that the processor worked for f, which does not depend on what else
// the machine does.
func timed(b *testing.B, f func() error) time.Duration {
	b.Helper()
	begin := worked(b)
	if err := f(); err != nil {
		b.Fatal(err)
	}
	return worked(b) - begin
}

// worked returns the time that the processor worked for this process.
func worked(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// originsOf returns the origins of all objects in submissions.
func originsOf(b *testing.B, texts [][]byte) (all []string) {
	b.Helper()
	seen := make(map[string]bool)
	for _, text := range texts {
		_, err := report.CheckFor(b.Context(), text, func(name string) bool {
			if !seen[name] {
				seen[name] = true
				all = append(all, name)
			}
			return true
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return all
}
