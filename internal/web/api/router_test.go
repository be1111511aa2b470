// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// routes are kinds of paths that there are, in the order they are tried.
var routes = []string{
	"/api/tree", "/api/tree/commits-history", "/api/tree/{hash}/summary", "/api/tree/{hash}/commits", "/api/tree/{tree}/{branch}/{hash}/commits",
	"/api/tree/{tree}/{branch}/commits",
	"/api/tree/{tree}/{branch}/compare", "/api/tree/{tree}/{branch}/{hash}/summary", "/api/tree/{tree}/{branch}",
	"/api/build/{id}", "/api/build/{id}/tests", "/api/test/status-history", "/api/test/{id}", "/api/hardware/selectors", "/api/hardware/{hardware}",
	"/api/hardware/{hardware}/summary",
}

func routed(path string) string {
	rt := &router{}
	for _, route := range routes {
		rt.HandleFunc("GET "+route, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, route)
			for _, name := range []string{"hash", "tree", "branch", "id", "hardware"} {
				if value := r.PathValue(name); value != "" {
					fmt.Fprintf(w, " %s=%s", name, value)
				}
			}
		})
	}
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return err.Error()
	}
	w := httptest.NewRecorder()
	rt.ServeHTTP(w, &http.Request{Method: "GET", URL: u})
	if w.Code != 200 {
		return http.StatusText(w.Code)
	}
	return w.Body.String()
}

func TestRouter(t *testing.T) {
	for path, want := range map[string]string{
		"/api/tree":                                      "/api/tree",
		"/api/tree/":                                     "/api/tree",
		"/api/tree/commits-history/":                     "/api/tree/commits-history",
		"/api/tree/" + hashOld + "/summary":              "/api/tree/{hash}/summary hash=" + hashOld,
		"/api/tree/abc/summary":                          "/api/tree/{hash}/summary hash=abc",
		"/api/tree/v6.13-rc1/commits":                    "/api/tree/{hash}/commits hash=v6.13-rc1",
		"/api/tree/a/x/v6.13-rc1/summary":                "/api/tree/{tree}/{branch}/{hash}/summary hash=v6.13-rc1 tree=a branch=x",
		"/api/tree/a/x/y/v6.13-rc1/summary":              "/api/tree/{tree}/{branch}/{hash}/summary hash=v6.13-rc1 tree=a branch=x/y",
		"/api/tree/a/x/v6.13-rc1/commits":                "/api/tree/{tree}/{branch}/commits tree=a branch=x/v6.13-rc1",
		"/api/tree/a/x/" + hashOld + "/commits":          "/api/tree/{tree}/{branch}/{hash}/commits hash=" + hashOld + " tree=a branch=x",
		"/api/tree/a/x/y/commits":                        "/api/tree/{tree}/{branch}/commits tree=a branch=x/y",
		"/api/tree/a/summary":                            "/api/tree/{hash}/summary hash=a",
		"/api/tree/mainline/master":                      "/api/tree/{tree}/{branch} tree=mainline branch=master",
		"/api/tree/android/android/main-6.6":             "/api/tree/{tree}/{branch} tree=android branch=android/main-6.6",
		"/api/tree/android/a/b/c/compare":                "/api/tree/{tree}/{branch}/compare tree=android branch=a/b/c",
		"/api/tree/android/a/b/" + hashOld + "/summary/": "/api/tree/{tree}/{branch}/{hash}/summary hash=" + hashOld + " tree=android branch=a/b",
		"/api/tree/android/a%2Fb":                        "/api/tree/{tree}/{branch} tree=android branch=a/b",
		"/api/build/maestro:abc":                         "/api/build/{id} id=maestro:abc",
		"/api/build/maestro:abc/tests":                   "/api/build/{id}/tests id=maestro:abc",
		"/api/build/maestro%3Aabc%2Ftests":               "/api/build/{id} id=maestro:abc/tests",
		"/api/build/ci:%25%3F%23%20%2B+,%C3%A9=&;'":      "/api/build/{id} id=ci:%?# ++,é=&;'",
		"/api/build/ci:http://a/b":                       "/api/build/{id} id=ci:http://a/b",
		"/api/build/ci:http://a/b/tests":                 "/api/build/{id}/tests id=ci:http://a/b",
		"/api/build/ci:a//":                              "/api/build/{id} id=ci:a/",
		"/api/build/..":                                  "/api/build/{id} id=..",
		"/api/build/%2E%2E/tests":                        "/api/build/{id}/tests id=..",
		"/api/build/ci:../../x":                          "/api/build/{id} id=ci:../../x",
		"/api/build/%00":                                 "/api/build/{id} id=\x00",
		"/api/build/%ff":                                 "/api/build/{id} id=\xff",
		"/api/build/":                                    "Not Found",
		"/api/build//tests":                              "Not Found",
		"/api/test/status-history":                       "/api/test/status-history",
		"/api/test/status-history2":                      "/api/test/{id} id=status-history2",
		"/api/hardware/selectors/":                       "/api/hardware/selectors",
		"/api/hardware/a+b%2Cc%2Fd%2B/summary":           "/api/hardware/{hardware}/summary hardware=a b,c/d+",
		"/api/hardware/google,rk3399/x/summary":          "/api/hardware/{hardware}/summary hardware=google,rk3399/x",
		"/api/nothing":                                   "Not Found",
		"/api":                                           "Not Found",
		"/":                                              "Not Found",
		"/api/tree/%zz/summary":                          `parse "/api/tree/%zz/summary": invalid URL escape "%zz"`,
	} {
		if got := routed(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// Any escaped ID is found, and the path of a found ID leads to it again.
func FuzzRouter(f *testing.F) {
	for _, seed := range []string{"a/b", "ci:é?#%", "..", "tests", "a/tests", "+", "//", "\x00"} {
		f.Add(seed)
	}
	rt := &router{}
	for _, route := range routes {
		rt.HandleFunc("GET "+route, func(http.ResponseWriter, *http.Request) {})
	}
	f.Fuzz(func(t *testing.T, id string) {
		if id != "" {
			for route, name := range map[string]string{"/api/build/{id}": "id", "/api/build/{id}/tests": "id", "/api/hardware/{hardware}/summary": "hardware"} {
				path := strings.Replace(route, "{"+name+"}", url.PathEscape(id), 1)
				if name == "hardware" {
					path = strings.ReplaceAll(path, "+", "%2B")
				}
				_, values := rt.find(path)
				if values[name] != id {
					t.Errorf("%s: %q", path, values)
				}
			}
		}
		// As it is, it leads to something or nothing, but comes to an end.
		methods, values := rt.find("/api/" + id)
		if methods == nil && len(values) > 0 || slices.Contains(slices.Collect(maps.Values(values)), "") {
			t.Errorf("%q: %q", id, values)
		}
	})
}

func TestMethods(t *testing.T) {
	a := emptyAPI()
	for _, tt := range []struct {
		method, path, allow string
		code                int
	}{
		{"DELETE", "/api/report", "GET, HEAD, POST", 405},
		{"OPTIONS", "/api/report", "GET, HEAD, POST", 405},
		{"HEAD", "/api/report", "", 400},
		{"GET", "/api/nowhere", "", 404},
		{"POST", "/api/nowhere", "", 404},
	} {
		w := request(a, tt.method, tt.path)
		if w.Code != tt.code || w.Header().Get("Allow") != tt.allow || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s %s: %d %v", tt.method, tt.path, w.Code, w.Header())
		}
	}
}
