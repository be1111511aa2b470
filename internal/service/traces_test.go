// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/kcidb-go/kcidb/internal/auth"
)

// TestTraces: a submission can be followed from its request over its publication to the
// batch that loaded it, and no token or query leaves the process.
func TestTraces(t *testing.T) {
	var mu sync.Mutex
	var got []*collector.ExportTraceServiceRequest
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		export := &collector.ExportTraceServiceRequest{}
		if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(body, export) != nil {
			t.Errorf("not spans at %s: %v", r.URL, err)
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, export)
	}))
	defer server.Close()
	s := start(t, func(c *Config) { c.Traces, c.JWTSecret = server.URL, "s" })
	token, err := auth.Sign("s", "ci", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	r := submitAs(t, s.url, token, 1)
	for range 1000 {
		status := do(t, request(t, "GET", s.url+"/status?id="+r.ID, nil, "Authorization", "Bearer "+token))
		if status.Status == "processed" {
			break
		}
	}
	do(t, request(t, "GET", s.url+"/test/private%3Aname?q=hidden", nil))
	if err := s.stop(); err != nil { // which sends the last spans
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	var names []string
	parents, traceOf := map[string]string{}, map[string]string{}
	for _, export := range got {
		for _, of := range export.ResourceSpans {
			for _, scope := range of.ScopeSpans {
				for _, span := range scope.Spans {
					names = append(names, span.Name)
					parents[span.Name], traceOf[span.Name] = string(span.ParentSpanId), string(span.TraceId)
					if text := fmt.Sprint(span.Attributes); (span.Name == "publish" || span.Name == "load") && !strings.Contains(text, r.ID) {
						t.Errorf("%s does not name the submission: %s", span.Name, text)
					}
				}
			}
		}
	}
	for _, name := range []string{"POST /submit", "publish", "load", "GET /test/"} {
		if !slices.Contains(names, name) {
			t.Errorf("no span %q among %q", name, names)
		}
	}
	if parents["publish"] == "" || traceOf["publish"] != traceOf["POST /submit"] {
		t.Error("the publication is not part of its request")
	}
	if text := fmt.Sprint(got); strings.Contains(text, token) || strings.Contains(text, "hidden") || strings.Contains(text, "private") {
		t.Errorf("spans show what clients sent:\n%s", text)
	}
}
