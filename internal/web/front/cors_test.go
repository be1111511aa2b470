// SPDX-License-Identifier: Apache-2.0

package front

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestCrossOrigin(t *testing.T) {
	const site = "https://dashboard.example.org"
	for _, tt := range []struct {
		name, origin string
		origins      []string
		preflight    bool
		code         int
		allowed      string
		vary         string
	}{
		{"not configured", site, nil, false, 200, "", "Accept-Encoding"},
		{"not configured", site, nil, true, 405, "", "Accept-Encoding"},
		{"all", site, []string{"*"}, false, 200, "*", "Accept-Encoding"},
		{"all", "", []string{"*"}, false, 200, "*", "Accept-Encoding"},
		{"all", site, []string{"*"}, true, 204, "*", ""},
		{"one", site, []string{"https://a.example", site}, false, 200, site, "Origin, Accept-Encoding"},
		{"one", site, []string{"https://a.example", site}, true, 204, site, "Origin"},
		{"another", "https://b.example", []string{site}, false, 200, "", "Origin, Accept-Encoding"},
		{"another", "https://b.example", []string{site}, true, 405, "", "Origin, Accept-Encoding"},
		{"none", "", []string{site}, false, 200, "", "Origin, Accept-Encoding"},
	} {
		front := New(Limits{Origins: tt.origins})
		front.HandleBelow("/api/", Question, Methods{"GET": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") }})
		r := httptest.NewRequest("GET", "/api/x", nil)
		if tt.preflight {
			r = httptest.NewRequest("OPTIONS", "/api/x", nil)
			r.Header.Set("Access-Control-Request-Method", "POST")
		}
		if tt.origin != "" {
			r.Header.Set("Origin", tt.origin)
		}
		w := httptest.NewRecorder()
		front.ServeHTTP(w, r)
		vary := ""
		for i, value := range w.Header().Values("Vary") {
			if i > 0 {
				vary += ", "
			}
			vary += value
		}
		if w.Code != tt.code || w.Header().Get("Access-Control-Allow-Origin") != tt.allowed || vary != tt.vary {
			t.Errorf("%s, %s from %q: %d %v", tt.name, r.Method, tt.origin, w.Code, w.Header())
		}
		if methods := w.Header().Get("Access-Control-Allow-Methods"); (methods == "GET, POST") != (tt.code == 204) {
			t.Errorf("%s: methods %q", tt.name, methods)
		}
	}
}
