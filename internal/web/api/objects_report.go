// SPDX-License-Identifier: Apache-2.0

package api

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/report"
)

// Limits of a request.
const (
	maxForm    = 4 << 20 // bytes
	maxObjects = 5_000
)

// registerReport adds the two ways to ask for a report.
func (a objectAPI) registerReport(r *registry, group string) {
	names := func(name, text string) *huma.Param {
		return &huma.Param{
			Name: name, In: "query", Description: text + ". Repeat it for several", Explode: new(true),
			Schema: &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString}},
		}
	}
	turns := func(name, text string) *huma.Param {
		return &huma.Param{
			Name: name, In: "query", Description: text + ": true or false; no value means true",
			AllowEmptyValue: true, Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"true", "false", "1", "0", ""}},
		}
	}
	params := []*huma.Param{
		names("checkout", "ID of a checkout"), names("build", "ID of a build"), names("test", "ID of a test"),
		names("issue", "ID of an issue, a comma and its version"), names("incident", "ID of an incident"),
		turns("parents", "Include all parents"),
		turns("children", "Include all children; with parents, the children of the parents as well"),
		turns("metadata", "Include the times at which objects last changed"),
	}
	form := &huma.Schema{Type: huma.TypeObject, Properties: make(map[string]*huma.Schema)}
	for _, p := range params {
		form.Properties[p.Name] = p.Schema
	}
	op := operation{
		path: "/api/report", group: group, title: "Get a report of objects",
		text: "The named objects, as one report in the newest version of the schema. The answer is sent while it is read: " +
			"if it takes too long, the connection breaks. Name at least one object and at most 5,000.",
	}
	get := r.describe(op, &huma.Schema{Type: huma.TypeObject, Description: "A report"})
	get.Parameters = params
	op.method = http.MethodPost
	op.text += " The parameters are in a form, so that there may be more than fit in a URL."
	post := r.describe(op, &huma.Schema{Type: huma.TypeObject, Description: "A report"})
	post.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/x-www-form-urlencoded": {Schema: form}}}
	r.add(get, a.report)
	r.add(post, a.report)
}

// report answers with a report of the named objects, and sends it while it is read. If
// the database fails or the time is over, the connection breaks, so that the client
// notices.
func (a objectAPI) report(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		code := http.StatusBadRequest
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			code = http.StatusRequestEntityTooLarge
		}
		front.Refuse(w, code, fmt.Sprintf("The parameters cannot be read: %v", err))
		return
	}
	query, err := parseQuery(r.Form)
	if err != nil {
		front.Refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	next, stop := iter.Pull2(a.Store.Query(r.Context(), query))
	defer stop()
	first, err, found := next()
	if err != nil {
		f, retryAfter := failureOf(r.Context(), a.Log, err)
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		front.Refuse(w, f.status, f.Message)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache")
	if !found {
		first = &report.Report{}
		next = func() (*report.Report, error, bool) { return nil, nil, false }
	}
	parts := func(yield func(*report.Report, error) bool) {
		for part, err, more := first, error(nil), true; more && yield(part, err); part, err, more = next() {
		}
	}
	if err := report.NewWriter(w).WriteParts(parts); err != nil {
		a.Log.LogAttrs(r.Context(), slog.LevelWarn, "report broken off", slog.String("to", r.RemoteAddr), slog.Any("error", err))
		panic(http.ErrAbortHandler)
	}
	io.WriteString(w, "\n")
}

// parseQuery returns the query in the parameters of a request. Its errors are for
// clients.
func parseQuery(form url.Values) (store.Query, error) {
	var q store.Query
	ids := map[string]*[]string{
		"checkout": &q.Checkouts, "build": &q.Builds, "test": &q.Tests, "incident": &q.Incidents,
	}
	switches := map[string]*bool{"parents": &q.Parents, "children": &q.Children, "metadata": &q.Metadata}
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := form[name]
		switch {
		case !validText(name + strings.Join(values, "")):
			return q, fmt.Errorf("%.40q has a NUL character, or is not UTF-8", name)
		case ids[name] != nil:
			*ids[name] = values
		case name == "issue":
			for _, value := range values {
				key, err := parseIssue(value)
				if err != nil {
					return q, err
				}
				q.Issues = append(q.Issues, key)
			}
		case switches[name] != nil:
			on, err := strconv.ParseBool(values[len(values)-1])
			if values[len(values)-1] == "" {
				on, err = true, nil // "&parents"
			}
			if err != nil {
				return q, fmt.Errorf("%s is %.40q: expected true or false, or no value for true", name, values[len(values)-1])
			}
			*switches[name] = on
		default:
			return q, fmt.Errorf("unknown parameter %.40q: expected checkout, build, test, issue, incident, parents, children or metadata", name)
		}
	}
	switch n := len(q.Checkouts) + len(q.Builds) + len(q.Tests) + len(q.Incidents) + len(q.Issues); {
	case n == 0:
		return q, errors.New("name at least one object: checkout=ID, build=ID, test=ID, issue=ID,VERSION or incident=ID")
	case n > maxObjects:
		return q, fmt.Errorf("%d objects are named: at most %d are allowed", n, maxObjects)
	}
	return q, nil
}

// parseIssue parses ID,VERSION. The ID may contain commas.
func parseIssue(value string) (store.Key, error) {
	i := max(strings.LastIndexByte(value, ','), 0)
	version, err := strconv.Atoi(strings.TrimPrefix(value[i:], ","))
	if err != nil || i == 0 || version < 0 {
		return store.Key{}, fmt.Errorf("issue is %.100q: expected its ID and its version, as in ci:issue-1,2", value)
	}
	return store.Key{ID: value[:i], Version: version}, nil
}
