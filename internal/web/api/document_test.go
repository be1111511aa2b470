// SPDX-License-Identifier: Apache-2.0

package api

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The document names every path there is, with what each takes and answers, in
// words that the page shows; references lead somewhere.
func TestDocument(t *testing.T) {
	a := emptyAPI()
	w := request(a, "GET", "/api/schema/")
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			Summary, Description, OperationID string
			Parameters                        []struct {
				Name, In, Description string
				Schema                any
			}
			Responses map[string]any
		}
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil || document.OpenAPI != "3.1.0" {
		t.Fatalf("%v: %s", err, w.Body)
	}
	var paths []string
	for path, methods := range document.Paths {
		for method, o := range methods {
			at := strings.ToUpper(method) + " " + path
			if o.Summary == "" || o.OperationID == "" || o.Responses["200"] == nil || o.Responses["429"] == nil {
				t.Errorf("%s: %+v", at, o)
			}
			paths = append(paths, at)
			for _, p := range o.Parameters {
				if p.In != "path" && p.In != "query" || p.Description == "" && p.In == "query" || p.Schema == nil {
					t.Errorf("%s: %+v", at, p)
				}
			}
		}
	}
	for _, route := range a.router.routes {
		for method := range route.methods {
			path := "/" + strings.Join(route.segments, "/")
			if at := method + " " + path; !slices.Contains(paths, at) && !strings.HasPrefix(path, "/api/schema/") {
				t.Errorf("%s is not in the document", at)
			}
		}
	}
	for _, ref := range regexp.MustCompile(`"#/components/schemas/([^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
		if document.Components.Schemas[ref[1]] == nil {
			t.Errorf("no schema %s", ref[1])
		}
	}
}

func TestDocumentAsYAML(t *testing.T) {
	a := emptyAPI()
	w := request(a, "GET", "/api/schema/?format=yaml")
	var document map[string]any
	if err := yaml.Unmarshal(w.Body.Bytes(), &document); err != nil || document["openapi"] != "3.1.0" || w.Header().Get("Content-Type") != "application/yaml" {
		t.Errorf("%v: %v %.100s", err, w.Header(), w.Body)
	}
	if w := request(a, "GET", "/api/schema/?format=xml"); w.Code != 400 || !strings.Contains(w.Body.String(), "expected json or yaml") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// The page has every operation and shape of the document, and its links lead to parts
// of it.
func TestDocumentAsPage(t *testing.T) {
	a := emptyAPI()
	w := request(a, "GET", "/api/schema/docs/")
	page := w.Body.String()
	if w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || strings.Contains(page, "<script") || strings.Contains(page, "ZgotmplZ") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for path, item := range a.huma.OpenAPI().Paths {
		for _, o := range methods(item) {
			if !strings.Contains(page, "<pre><code>"+o.Method+" "+path+"</code></pre>") {
				t.Errorf("%s %s is not on the page", o.Method, path)
			}
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+link[1]+`"`) {
			t.Errorf("nothing is at #%s", link[1])
		}
	}
}
