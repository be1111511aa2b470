// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// TestErrorsSayWhatToDo: each error of the service has a kind, and a text that helps.
func TestErrorsSayWhatToDo(t *testing.T) {
	for name, c := range map[string]struct {
		status          int
		reason, message string
		want            error
		kind            errkind.Kind
		text            string
	}{
		"no data set":         {404, "notFound", "Not found: Dataset p:d", store.ErrNotFound, errkind.Broken, "kcidb db init -d bigquery:p.d"},
		"no permission":       {403, "accessDenied", "Access Denied: Permission bigquery.datasets.get denied on dataset p:d (or it may not exist).", store.ErrForbidden, errkind.Broken, "roles/bigquery.dataViewer"},
		"the service is off":  {403, "accessNotConfigured", "BigQuery API has not been used in project", google.ErrProject, errkind.Broken, "gcloud services enable"},
		"too many requests":   {429, "quotaExceeded", "Quota exceeded", store.ErrUnavailable, errkind.Busy, "iam-admin/quotas"},
		"not available":       {503, "backendError", "Try again", store.ErrUnavailable, errkind.Busy, "did not answer in time"},
		"refused credentials": {401, "authError", "Invalid Credentials", google.ErrCredentials, errkind.Broken, "gcloud auth application-default login"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(c.status)
				fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"errors":[{"reason":%q,"message":%[2]q}]}}`, c.status, c.message, c.reason)
			}))
			defer server.Close()
			t.Setenv(google.BigQueryEmulator, strings.TrimPrefix(server.URL, "http://"))
			s := open(t, "bigquery:p.d")
			if c.status == http.StatusServiceUnavailable { // the client tries again until the patience ends
				s.patience = time.Second
			}
			_, err := s.Load(t.Context(), &report.Report{}, store.LoadOptions{})
			if !errors.Is(err, c.want) || errkind.Of(err) != c.kind || !strings.Contains(err.Error(), c.text) {
				t.Errorf("kind %v, %v\nwant %v, with %q", errkind.Of(err), err, c.want, c.text)
			}
		})
	}
}

// TestNoCredentials: without credentials, opening says how to get some.
func TestNoCredentials(t *testing.T) {
	t.Setenv(google.BigQueryEmulator, "")
	t.Setenv("GOOGLE_CLOUD_PROJECT", "")
	t.Setenv("HOME", t.TempDir()) // has no file of credentials
	t.Setenv("NO_GCE_CHECK", "true")
	file := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(file, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", file)
	for _, params := range []string{"d", "p.d"} {
		if s, err := Open(t.Context(), params); err == nil {
			s.Close()
			t.Errorf("%s: opened with a broken key file", params)
		}
	}
	os.Unsetenv("GOOGLE_APPLICATION_CREDENTIALS")
	for _, params := range []string{"d", "p.d"} {
		_, err := Open(t.Context(), params)
		if !errors.Is(err, google.ErrCredentials) || !strings.Contains(err.Error(), "GOOGLE_APPLICATION_CREDENTIALS") {
			t.Errorf("%s: %v", params, err)
		}
	}
}

func TestSpecifications(t *testing.T) {
	t.Setenv(google.BigQueryEmulator, "127.0.0.1:1")
	t.Setenv("GOOGLE_CLOUD_PROJECT", "mine")
	for params, want := range map[string]string{
		"d": "mine d", "p.d": "p d", "example.org:p.d_1": "example.org:p d_1",
		"": "no data set given", ".d": "no data set given", "p.": "no data set given", "p.a-b": "no data set given",
		"p`.d": "is not the ID of a project", "p d.d": "is not the ID of a project",
	} {
		s, err := Open(t.Context(), params)
		got := fmt.Sprint(err)
		if err == nil {
			got = s.project + " " + s.dataset
			s.Close()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", params, got, want)
		}
	}
}
