// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/graph"
)

func TestRender(t *testing.T) {
	standard := template.Must(template.New("").Funcs(template.FuncMap{"up": strings.ToUpper}).Parse(
		`{{define "summary"}}{{.Object.Path | up}}` + "\n" + `again{{end}}{{define "description"}}path {{.Object.Path}}{{end}}`))
	data := sample{Object: exampleTest(t)}
	for _, c := range []struct{ lines, subject, body string }{
		{"", "KSELFTEST.NET.FORWARDING again", "path kselftest.net.forwarding"},
		{"subject: '{{up .Was}}new {{template \"summary\" .}}'\n", "new KSELFTEST.NET.FORWARDING again", "path kselftest.net.forwarding"},
		{"body: |\n  {{define \"summary\"}}mine{{end}}a {{template \"summary\" .}}\n", "mine", "a mine\n"},
		{"body: '{{range 3}}{{.}}{{else}}-{{end}}{{range .Object.Compatible}}{{if eq . \"x\"}}{{break}}{{end}}[{{.}}]{{end}}'\n",
			"KSELFTEST.NET.FORWARDING again", "012[google,lazor][qcom,sc7180]"},
	} {
		s, problems := Parse("a.yaml", []byte(fileAbout("test", "match: 'true'\n"+c.lines)), Options{Templates: standard})
		if s == nil {
			t.Fatal(problems)
		}
		subject, body, err := s.Render(t.Context(), data)
		if err != nil || subject != c.subject || body.Text() != c.body {
			t.Errorf("%q: got %q, %q, %v", c.lines, subject, body, err)
		}
	}
}

// TestRenderKeepsBlocks: a document that a template prints stays a document, and all that
// surrounds or changes it is text.
func TestRenderKeepsBlocks(t *testing.T) {
	described := document.Document{document.Heading("Path"), document.Remark("boot")}
	standard := template.Must(template.New("").Funcs(template.FuncMap{
		"_blocks": func(d document.Document) document.Document { return d },
		"empty":   func() document.Document { return nil },
		"all":     func() document.Document { return described },
		"up":      func(v any) string { return strings.ToUpper(fmt.Sprint(v)) },
	}).Parse(`{{define "summary"}}s{{end}}{{define "description"}}{{_blocks all}}{{end}}{{define "nothing"}}{{_blocks empty}}{{end}}`))
	text := func(s string) document.Block { return document.Preformatted(s) }
	for _, c := range []struct {
		body string
		want document.Document
	}{
		{`{{template "description" .}}`, described},
		{`a {{template "description" .}}{{template "nothing" .}}b{{template "description" .}}`, slices.Concat(document.Document{text("a ")}, described, document.Document{text("b")}, described)},
		{`{{template "nothing" .}}`, nil},
		{`{{_blocks all | up}}`, document.Document{text("\nPATH\n\n  BOOT\n")}},
		{`{{$x := _blocks all}}{{with _blocks all}}{{.}}{{end}}{{$x}}`, slices.Concat(described, document.Document{text(described.Text())})},
		{`{{range 120}}{{template "description" .}}{{end}}`, append(slices.Repeat(described, 100), text(strings.Repeat(described.Text(), 20)))},
		{`{{define "description"}}mine{{end}}{{template "description" .}}`, document.Document{text("mine")}},
	} {
		s, problems := Parse("a.yaml", []byte(fileAbout("test", "match: 'true'\nbody: '"+c.body+"'\n")), Options{Templates: standard})
		if s == nil {
			t.Fatal(c.body, problems)
		}
		_, got, err := s.Render(t.Context(), sample{Object: exampleTest(t)})
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n-want +got:\n%s", c.body, err, diff)
		}
	}
}

// Templates that are well with an empty object, and not with others.
func TestRenderIsBounded(t *testing.T) {
	guard := "{{if .Object.Path}}"
	for _, c := range []struct{ name, body, want string }{
		{"index", guard + "{{index .Object.Compatible 7}}{{end}}", "body: template: _body:1:21: executing \"_body\" at <index .Object.Compatible 7>: error calling index: index out of range: 7"},
		{"long", guard + "{{range 300000}}x{{end}}{{end}}", "body: longer than 262144 bytes"},
		{"endless", guard + "{{range 10000}}{{range 10000}}{{end}}{{end}}{{end}}", "body: more than 1000000 steps"},
		{"deep", `{{define "x"}}{{if .}}{{template "x" .}}{{end}}{{end}}{{template "x" .Object.Path}}`, "body: more than 50 templates within each other"},
		{"wide", `{{define "x"}}{{if lt (len .) 40}}{{template "x" (print . 1)}}{{template "x" (print . 2)}}{{end}}{{end}}` + guard + `{{template "x" ""}}{{end}}`, "body: more than 1000000 steps"},
		{"doubling", guard + `{{$x := "x"}}{{range 64}}{{$x = print $x $x}}{{end}}{{end}}`, "body: a text longer than 262144 bytes"},
		{"escapes", guard + `{{$x := "'"}}{{range 64}}{{$x = js $x}}{{end}}{{end}}`, "body: a text longer than 262144 bytes"},
		{"width", guard + `{{printf "%999999d" 1}}{{end}}`, "a number greater than 1000"},
		{"width aside", guard + `{{printf "%*d" 999999 1}}{{end}}`, "a width that is an argument"},
		{"verbs", guard + `{{printf .Object.Excerpt .Object.Excerpt}}{{end}}`, "more than 100 verbs"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := parsed(t, "test", "match: 'true'\nbody: |\n  "+c.body+"\n")
			o := exampleTest(t)
			o.LogExcerpt = new(strings.Repeat("%[1]s", 3000))
			start := cpuTime(t)
			_, _, err := s.Render(t.Context(), sample{Object: o})
			late := err != nil && strings.Contains(err.Error(), "more time than there is") // on a slow machine
			if err == nil || !strings.Contains(err.Error(), c.want) && !late {
				t.Errorf("got %v", err)
			}
			if took := cpuTime(t) - start; took > 2*maxRendering {
				t.Errorf("took %v", took)
			}
		})
	}
}

type trap struct{ sample }

func (trap) Panic() string { panic("trap") }

func TestRenderPanics(t *testing.T) {
	standard := template.Must(template.New("").Funcs(template.FuncMap{"trap": func() string { panic("trap") }}).Parse("{{define `x`}}{{end}}"))
	options := Options{Templates: standard, Data: func(*Subscription, graph.Object) any { return trap{} }}
	for _, body := range []string{"{{trap}}", "{{.Panic}}"} {
		s, problems := Parse("a.yaml", []byte(fileAbout("test", "match: 'true'\nsubject: x\nbody: '"+body+"'\n")), options)
		if s == nil {
			t.Fatal(problems)
		}
		if _, _, err := s.Render(t.Context(), trap{}); err == nil || !strings.Contains(err.Error(), "trap") {
			t.Errorf("%s: got %v", body, err)
		}
	}
	s := parsed(t, "test", "match: 'true'\nbody: '{{range 10}}{{end}}'\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := s.Render(ctx, sample{Object: exampleTest(t)}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestConcurrently(t *testing.T) {
	s := parsed(t, "test", "match: object.compatible.exists(c, c == 'x') || object.path != ''\nbody: '{{range .Object.Compatible}}{{.}}{{end}}'\n")
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			in := &Input{Object: exampleTest(t), Was: returnStatus(""), Now: returnStatus("")}
			for range 100 {
				if matches, err := s.Match(t.Context(), in); err != nil || !matches {
					t.Fatal(matches, err)
				}
				if _, body, err := s.Render(t.Context(), sample{Object: in.Object}); err != nil || body.Text() != "google,lazorqcom,sc7180" {
					t.Fatal(body, err)
				}
			}
		})
	}
}
