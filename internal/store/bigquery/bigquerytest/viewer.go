// SPDX-License-Identifier: Apache-2.0

package bigquerytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Viewer returns an address of the server whose callers have roles/bigquery.dataViewer and
// roles/bigquery.jobUser: it refuses all requests but those that read metadata or rows, and
// jobs that only select. It ends with the test.
func (s *Server) Viewer(t testing.TB) string {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: s.HTTP})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault := viewerFault(r); fault != "" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `{"error":{"code":403,"message":%q,"errors":[{"reason":"accessDenied"}]}}`, "Access Denied: "+fault)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// viewerPaths are what the roles let a caller get.
var viewerPaths = regexp.MustCompile(`^/bigquery/v2/projects/[^/]+/(datasets/[^/]+(/tables(/[^/]+(/data)?)?)?|jobs/[^/]+|queries/[^/]+)$`)

// selects matches statements that change nothing, and make no temporary tables.
var selects = regexp.MustCompile(`(?i)^\s*(SELECT|WITH|\()`)

// viewerFault returns why a request is refused, or "".
func viewerFault(r *http.Request) string {
	request := r.Method + " " + r.URL.Path
	switch {
	case r.Method == http.MethodGet && viewerPaths.MatchString(r.URL.Path):
		return ""
	case r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/jobs") && !strings.HasSuffix(r.URL.Path, "/queries"):
		return request
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err.Error()
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	type query struct {
		Query            string
		DestinationTable any
		CreateSession    bool
	}
	var job struct {
		query         // of a request to /queries
		Configuration struct{ Query query }
	}
	if err := json.Unmarshal(body, &job); err != nil {
		return request + ": " + err.Error()
	}
	for _, q := range []query{job.query, job.Configuration.Query} {
		if q.DestinationTable != nil || q.CreateSession {
			return request + ": the query makes a table or a session"
		}
	}
	sql := job.Query + job.Configuration.Query.Query
	for statement := range strings.SplitSeq(sql, ";\n") {
		if !selects.MatchString(statement) {
			return fmt.Sprintf("%s: %.80q", request, statement)
		}
	}
	return ""
}
