// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/folder"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/report"
)

// A submitter sees the submissions of its origins, an administrator sees all, and others see
// none.
func TestSubmissions(t *testing.T) {
	db := sqlite.OpenMemory("test")
	defer db.Close()
	if err := db.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for i, origin := range []string{"ci", "lab"} {
		r := &report.Report{Tests: []report.Test{{ID: origin + ":t", Origin: origin, BuildID: origin + ":b"}}}
		received := at.Add(time.Duration(i) * time.Minute)
		_, err := db.Load(t.Context(), r, store.LoadOptions{
			Receipts: []store.Receipt{{ID: origin + "1", Origin: origin, Digest: artifact.Digest([]byte("bytes of " + origin)), Received: received, Finished: received, Objects: 1, Version: "5.0", Rejected: 1}},
			Reports:  []*report.Report{r},
			Rejected: []store.Rejected{{Submission: origin + "1", Origin: origin, Received: received, List: "tests", Place: 1, ID: origin + ":bad",
				Document: []byte("{}"), Faults: []report.Fault{{Kind: report.KindEnum, Pointer: "/tests/1/status", Expected: "PASS", Found: `"OK"`}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.SaveReceipts(t.Context(), []store.Receipt{{ID: "ci2", Origin: "ci", Received: at, Finished: at.Add(-time.Hour), Failure: "no report"}}); err != nil {
		t.Fatal(err)
	}
	bucket, err := folder.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	artifacts := &artifact.Store{Bucket: bucket}
	if err := artifacts.Put(t.Context(), []byte("bytes of ci"), []byte("bytes of lab")); err != nil {
		t.Fatal(err)
	}
	h := fronted(New(Config{
		Store: db, Receipts: db, Artifacts: artifacts, Log: slog.New(slog.DiscardHandler), Now: time.Now,
		Submitter: func(_ context.Context, h http.Header) ([]string, error) {
			switch h.Get("Authorization") {
			case "Bearer ci":
				return []string{"ci"}, nil
			case "Bearer admin":
				return nil, nil
			}
			return nil, errors.New("JWT is required")
		},
	}), front.Limits{})
	for _, tt := range []struct {
		token, path string
		code        int
		has, lacks  string
	}{
		{"", "/api/submissions", 403, "JWT is required", ""},
		{"", "/api/submissions/ci1", 403, "JWT is required", ""},
		{"", "/api/tray", 403, "JWT is required", ""},
		{"ci", "/api/submissions", 200, `"id":"ci1"`, "lab1"},
		{"ci", "/api/submissions?origin=lab", 403, "does not name the origin lab", ""},
		{"ci", "/api/submissions?state=failed", 200, `"reason":"no report"`, "ci1"},
		{"ci", "/api/submissions?rejected=true", 200, `"rejected":1`, "ci2"},
		{"ci", "/api/submissions?state=odd", 400, "odd", ""},
		{"ci", "/api/submissions?cursor=odd", 400, "cursor is not from a header Link", ""},
		{"ci", "/api/submissions?cursor=" + (cursor{"odd", "ci1"}).String(), 400, "cursor is not from a header Link", ""},
		{"admin", "/api/submissions", 200, "lab1", "error"},
		{"admin", "/api/submissions?origin=lab", 200, "lab1", "ci1"},
		{"ci", "/api/submissions/ci1", 200, `"loaded":[{"list":"tests","effect":"new","count":1,"ids":["ci:t"]}]`, `"error"`},
		{"ci", "/api/submissions/ci1", 200, `"pointer":"/tests/1/status"`, "lab"},
		{"ci", "/api/submissions/lab1", 200, `"error":"No submission of your origins`, "lab:t"},
		{"ci", "/api/submissions/none", 200, `"error":"No submission of your origins`, ""},
		{"admin", "/api/submissions/lab1", 200, `"lab:t"`, ""},
		{"", "/api/submissions/ci1/raw", 403, "JWT is required", "bytes"},
		{"ci", "/api/submissions/ci1/raw", 200, "bytes of ci", "{"},
		{"ci", "/api/submissions/ci2/raw", 404, "does not keep this submission", "bytes"},
		{"ci", "/api/submissions/lab1/raw", 404, "No submission of your origins", "bytes"},
		{"ci", "/api/submissions/none/raw", 404, "No submission of your origins", "bytes"},
		{"admin", "/api/submissions/lab1/raw", 200, "bytes of lab", "{"},
		{"ci", "/api/tray", 200, `"id":"ci:bad"`, "lab:bad"},
		{"ci", "/api/tray?state=dropped", 200, `{"objects":[]}`, ""},
		{"ci", "/api/tray?submission=lab1", 200, `{"objects":[]}`, ""},
		{"admin", "/api/tray", 200, `"id":"lab:bad"`, ""},
	} {
		r := httptest.NewRequest("GET", tt.path, nil)
		if tt.token != "" {
			r.Header.Set("Authorization", "Bearer "+tt.token)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code != tt.code || !strings.Contains(body, tt.has) || tt.lacks != "" && strings.Contains(body, tt.lacks) {
			t.Errorf("%s as %q: %d %s", tt.path, tt.token, w.Code, body)
		}
	}
}

// TestSubmissionPages: each submission is on one page, although a batch is finished at once.
func TestSubmissionPages(t *testing.T) {
	db := sqlite.OpenMemory("test")
	defer db.Close()
	if err := db.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 4, 12, 0, 0, 123456000, time.UTC)
	var receipts []store.Receipt
	var want []string
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		receipts = append(receipts, store.Receipt{ID: id, Received: at, Finished: at, Failure: "no report"})
		want = append(want, id)
	}
	receipts = append(receipts, store.Receipt{ID: "0", Received: at, Finished: at.Add(-time.Microsecond), Failure: "no report"})
	if err := db.SaveReceipts(t.Context(), receipts); err != nil {
		t.Fatal(err)
	}
	h := fronted(New(Config{Store: db, Receipts: db, Log: slog.New(slog.DiscardHandler), Now: time.Now}), front.Limits{})
	var got []string
	for path := "/api/submissions?limit=2"; path != ""; {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		var answer Submissions
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != 200 || len(answer.Submissions) != 2 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		for _, s := range answer.Submissions {
			got = append(got, s.ID)
		}
		path, _, _ = strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<"), ">")
	}
	if want = append(want, "0"); !slices.Equal(got, want) {
		t.Errorf("the pages have %v, want %v", got, want)
	}
}
