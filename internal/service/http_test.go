// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/kcidb-go/kcidb/internal/auth"
)

func gzipped(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text)
	z.Close()
	return b.String()
}

func zstandard(text string) string {
	z, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return string(z.EncodeAll([]byte(text), nil))
}

// TestContract checks the paths, methods, status codes and bodies that clients
// rely on, byte for byte.
func TestContract(t *testing.T) {
	s := start(t, func(c *Config) { c.JWTSecret = "s"; c.MaxSubmission = 10_000 })
	token, err := auth.Sign("s", "ci", time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"Authorization", "Bearer " + token}
	with := func(more ...string) []string { return append(more, known...) }
	refused := func(message string) string {
		return fmt.Sprintf(`{"id":"0","status":"error","message":%q}`, message)
	}
	large := newReport(1) + strings.Repeat(" ", 10_000)
	taken := fmt.Sprintf(`{"id":"*","status":"ok","message":"Received submission * with size %d bytes"}`, len(newReport(1)))

	tests := []struct {
		name, method, path, body string
		headers                  []string
		code                     int
		want                     string // the body; "~" before a part of the body; "*" is any ID
	}{
		{"health", "GET", "/health", "", nil, 200, "OK"},
		{"health, head", "HEAD", "/health", "", nil, 200, ""},
		{"ready", "GET", "/ready", "", nil, 200, "store: OK\nqueue: OK\nsubscriptions: OK\ndeliveries: OK\nloader: OK\n"},
		{"front", "GET", "/", "", nil, 200, "~<h1>KCIDB</h1>"},
		{"front, head", "HEAD", "/", "", nil, 200, ""},
		{"style", "GET", "/style.css", "", nil, 200, "~body {"},
		{"metrics", "GET", "/metrics", "", nil, 200, "~\n# TYPE kcidb_submissions_total counter\nkcidb_submissions_total 0\n"},

		{"unknown path", "GET", "/nothing", "", nil, 404, ""},
		{"below a path", "GET", "/submit/x", "", nil, 404, ""},
		{"get submit", "GET", "/submit", "", nil, 405, ""},
		{"put submit", "PUT", "/submit", "", nil, 405, ""},
		{"post status", "POST", "/status", "", nil, 405, ""},
		{"post front", "POST", "/", "", nil, 405, ""},
		{"delete health", "DELETE", "/health", "", nil, 405, ""},

		{"authtest", "GET", "/authtest", "", known, 200, `{"id":"0","status":"ok","message":"Authentication successful"}`},
		{"authtest, head", "HEAD", "/authtest", "", known, 200, ""},
		{"authtest, no token", "GET", "/authtest", "", nil, 401, refused("JWT is required")},
		{"authtest, bad token", "GET", "/authtest", "", []string{"Authorization", "Bearer x"}, 401, refused("InvalidToken")},

		{"status, no token", "GET", "/status?id=x", "", nil, 401, refused("JWT is required")},
		{"status, no token and no id", "GET", "/status", "", nil, 401, refused("JWT is required")},
		{"status, no id", "GET", "/status", "", known, 400, "~id"},
		{"status, empty id", "GET", "/status?id=", "", known, 400, refused("Empty id")},
		{"status, bad id", "GET", "/status?id=a-b", "", known, 400, refused("Invalid id")},
		{"status, unknown id", "GET", "/status?id=abc", "", known, 404, `{"id":"abc","status":"notfound","message":"File not found"}`},

		{"submit", "POST", "/submit", newReport(1), known, 200, taken},
		{"submit, form type", "POST", "/submit", newReport(1), with("Content-Type", "application/x-www-form-urlencoded"), 200, taken},
		{"submit, identity", "POST", "/submit", newReport(1), with("Content-Encoding", "identity"), 200, taken},
		{"submit, gzip", "POST", "/submit", gzipped(newReport(1)), with("Content-Encoding", "gzip"), 200, taken},
		{"submit, zstd", "POST", "/submit", zstandard(newReport(1)), with("Content-Encoding", "zstd"), 200, taken},
		{"submit, an old version", "POST", "/submit", `{"version": {"major": 4, "minor": 5}}`, known, 200, "~Received submission"},

		{"submit, our page", "POST", "/submit", newReport(1), with("Sec-Fetch-Site", "same-origin"), 200, taken},
		{"submit, page of another site", "POST", "/submit", newReport(1), with("Sec-Fetch-Site", "cross-site"), 403, refused("Pages of other sites must not submit")},
		{"submit, no token", "POST", "/submit", newReport(1), nil, 401, refused("JWT is required")},
		{"submit, no token and too large", "POST", "/submit", large, nil, 401, refused("JWT is required")},
		{"submit, empty", "POST", "/submit", "", known, 400, `~{"id":"0","status":"error","message":"`},
		{"submit, no JSON", "POST", "/submit", `{"version":`, known, 400, `~"faults":[{"kind":"syntax"`},
		{"submit, no UTF-8", "POST", "/submit", "{\"a\": \"\xff\"}", known, 400, `~{"id":"0","status":"error","message":"`},
		{"submit, no report", "POST", "/submit", `{"data":"test"}`, known, 400, `~"faults":[{"kind":"`},
		{"submit, a fault", "POST", "/submit?strict=1", strings.Replace(newReport(1), "PASS", "OK", 1), known, 400,
			`~"kind":"enum","list":"builds","id":"ci:b1","pointer":"/builds/0/status"`},
		{"submit, a fault for people", "POST", "/submit?strict=1", strings.Replace(newReport(1), "PASS", "OK", 1), known, 400,
			`~{"id":"0","status":"error","message":"builds[0] \"ci:b1\" at /builds/0/status: expected `},
		{"submit, too large", "POST", "/submit", large, known, 413, refused("The report is larger than 10000 bytes")},
		{"submit, too large in gzip", "POST", "/submit", gzipped(large), with("Content-Encoding", "gzip"), 413, refused("The report is larger than 10000 bytes")},
		{"submit, too large in zstd", "POST", "/submit", zstandard(large), with("Content-Encoding", "zstd"), 413, refused("The report is larger than 10000 bytes")},
		{"submit, unknown encoding", "POST", "/submit", "x", with("Content-Encoding", "br"), 415, refused(`Unknown content encoding "br": send the body as it is, or as gzip or zstd`)},
		{"submit, two encodings", "POST", "/submit", "x", with("Content-Encoding", "gzip, gzip"), 415, "~gzip, gzip"},
		{"submit, not gzip", "POST", "/submit", newReport(1), with("Content-Encoding", "gzip"), 400, "~The body is not gzip"},
		{"submit, cut gzip", "POST", "/submit", gzipped(newReport(1))[:100], with("Content-Encoding", "gzip"), 400, "~damaged"},
		{"submit, damaged gzip", "POST", "/submit", gzipped(newReport(1))[:150] + "xxxxxxxxxxxx", with("Content-Encoding", "gzip"), 400, "~damaged"},
		{"submit, not zstd", "POST", "/submit", newReport(1), with("Content-Encoding", "zstd"), 400, "~damaged"},
		{"submit, cut zstd", "POST", "/submit", zstandard(newReport(1))[:100], with("Content-Encoding", "zstd"), 400, "~damaged"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := do(t, request(t, test.method, s.url+test.path, strings.NewReader(test.body), test.headers...))
			got := r.body
			if r.ID != "" && r.Status == "ok" && r.ID != "0" {
				got = strings.ReplaceAll(got, r.ID, "*")
			}
			want, part := strings.CutPrefix(test.want, "~")
			if r.code != test.code || part && !strings.Contains(got, want) || !part && got != want {
				t.Errorf("%d %s\nwant %d %s", r.code, got, test.code, test.want)
			}
			if r.code == http.StatusMethodNotAllowed && r.header.Get("Allow") == "" {
				t.Error("no Allow header")
			}
			if !strings.Contains(r.header.Get("Content-Security-Policy"), "default-src 'none'") {
				t.Error("no Content-Security-Policy")
			}
		})
	}

	metrics := do(t, request(t, "GET", s.url+"/metrics", nil)).body
	for _, line := range []string{
		"kcidb_submissions_total 7", "kcidb_errors_total 2", "kcidb_system_errors_total 0", "kcidb_user_errors_total 17",
		`kcidb_submissions_by_origin{origin="ci"} 7`, "kcidb_json_files ", "kcidb_uptime_seconds ",
		"kcidb_submission_size_total ", "kcidb_loader_batches_total ", "kcidb_loader_seconds_count ", "kcidb_queue_dead_letters 0",
	} {
		if !strings.Contains(metrics, "\n"+line) {
			t.Errorf("/metrics lacks %q", line)
		}
	}
	if t.Failed() {
		t.Log(metrics)
	}
}

// TestSizeLimit: the limit counts the bytes of the report, to the byte,
// however it is sent.
func TestSizeLimit(t *testing.T) {
	body := newReport(1)
	s := start(t, func(c *Config) { c.MaxSubmission = Size(len(body)) })
	for _, test := range []struct {
		name, body, encoding string
		chunked              bool
		code                 int
	}{
		{"exactly", body, "identity", false, 200},
		{"exactly, chunked", body, "identity", true, 200},
		{"exactly, gzip", gzipped(body), "gzip", false, 200},
		{"one more", body + " ", "identity", false, 413},
		{"one more, chunked", body + " ", "identity", true, 413},
		{"one more, zstd", zstandard(body + " "), "zstd", true, 413},
		{"a bomb", gzipped(body + strings.Repeat(" ", 50<<20)), "gzip", false, 413},
		{"a large bomb", zstandard(strings.Repeat(" ", 50<<20)), "zstd", false, 413},
	} {
		t.Run(test.name, func(t *testing.T) {
			var source io.Reader = strings.NewReader(test.body)
			if test.chunked {
				source = io.MultiReader(source) // hides the length
			}
			if r := do(t, request(t, "POST", s.url+"/submit", source, "Content-Encoding", test.encoding)); r.code != test.code {
				t.Errorf("%d, want %d: %s", r.code, test.code, r.body)
			}
		})
	}
}

// TestManyAtOnce sends more reports at once than fit into memory: all are
// accepted, one after the other.
func TestManyAtOnce(t *testing.T) {
	body := reportOf(200_000, 1)
	s := start(t, func(c *Config) { c.MaxSubmission, c.MaxMemory = 300<<10, 300<<10 })
	taken := make(chan bool)
	const clients = 8
	for i := range clients {
		go func() {
			taken <- trySubmit(t.Context(), s.url, strings.ReplaceAll(body, "NNNNNNNN", fmt.Sprintf("%08d", i))) != ""
		}()
	}
	for range clients {
		if !<-taken {
			t.Error("a submission was refused")
		}
	}
}

// TestRefusedBeforeSent: a client that sends "Expect: 100-continue" is refused
// before it sends a large body.
func TestRefusedBeforeSent(t *testing.T) {
	s := start(t, func(c *Config) { c.JWTSecret = "s" })
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(2 * time.Minute))
	io.WriteString(conn, "POST /submit HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
	answer := make([]byte, 100)
	n, err := io.ReadAtLeast(conn, answer, 12)
	if err != nil || !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 401") {
		t.Errorf("%q, %v", answer[:n], err)
	}
}

// TestStatusOverRestarts: the next process on the same data knows the status
// of a submission.
func TestStatusOverRestarts(t *testing.T) {
	dir := t.TempDir()
	data := func(c *Config) { c.Data = dir }
	first := start(t, data)
	r := do(t, request(t, "POST", first.url+"/submit", strings.NewReader(newReport(1))))
	done := waitForStatus(t, first.url, r.ID, "processed")
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	second := start(t, data)
	if again := do(t, request(t, "GET", second.url+"/status?id="+r.ID, nil)); again.body != done.body || again.code != 200 {
		t.Errorf("after the restart: %d %s\nbefore: %s", again.code, again.body, done.body)
	}
}
