// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"text/template"

	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/object"
)

// Templates of subscriptions that have none of their own.
const (
	defaultSubject = `{{template "summary" .}}`
	defaultBody    = `{{template "description" .}}`
)

// templates reads the templates of subject and body, and executes them once.
func (s *source) templates(out *Subscription, found map[string]entry, opts Options) {
	t := template.New("")
	if opts.Templates != nil {
		var err error
		if t, err = opts.Templates.Clone(); err != nil {
			s.problem(0, 0, "templates: %v", err)
			return
		}
	}
	t.Funcs((&walker{ctx: context.Background()}).funcs())
	standard := opts.Templates != nil && opts.Templates.Lookup("summary") != nil && opts.Templates.Lookup("description") != nil
	subject := s.optional(found, "subject", maxSubject)
	body := s.optional(found, "body", maxBody)
	if !standard {
		// Without standard templates, a missing template writes the name of the object.
		subject, body = orElse(subject, "{{.Object.Ref}}"), orElse(body, "{{.Object.Ref}}\n")
	}
	subject, body = orElse(subject, defaultSubject), orElse(body, defaultBody)
	parsed := s.template(t, subjectName, "subject", subject)
	parsed = s.template(t, bodyName, "body", body) && parsed
	if !parsed {
		return
	}
	o, data := sampleOf(out, opts)
	before := len(s.problems)
	s.check(t, "subject", subjectName, subject, data, o)
	s.check(t, "body", bodyName, body, data, o)
	if len(s.problems) > before {
		return
	}
	if err := watch(t); err != nil {
		s.problem(0, 0, "templates: %v", err)
		return
	}
	out.templates = t
	s.tryTemplate(out, "subject", subjectName, subject, data)
	s.tryTemplate(out, "body", bodyName, body, data)
}

func orElse(w words, text string) words {
	if w.text == "" {
		w.text = text
	}
	return w
}

// template reads a template. It returns false after a mistake.
func (s *source) template(t *template.Template, name, key string, w words) bool {
	if _, err := t.New(name).Parse(w.text); err != nil {
		s.templateProblem(key, name, w, err)
		return false
	}
	return true
}

// sample is the data that templates are executed with, unless the options have other
// data.
type sample struct {
	Object       graph.Object
	Subscription *Subscription
	Was, Now     string
}

// sampleOf returns an object without properties, and the data of templates for it.
func sampleOf(out *Subscription, opts Options) (graph.Object, any) {
	id := object.ID{"0"}
	if len(out.On.Fields()) > 1 {
		id[1] = "0"
	}
	o := graph.NewEmpty(context.Background()).Object(object.Ref{Type: out.On, ID: id})
	if opts.Data != nil {
		return o, opts.Data(out, o)
	}
	return o, sample{o, out, "", ""}
}

// tryTemplate executes a template. An error that any object would cause is a problem,
// such as a missing template or a wrong number of arguments. Other errors may be due to
// the object.
func (s *source) tryTemplate(out *Subscription, key, name string, w words, data any) {
	_, err := out.render(context.Background(), name, maxBody, data)
	if beyond := limit(""); errors.As(err, &beyond) {
		s.problem(w.line, 0, "%s: %v", key, err)
	} else if err != nil && always().MatchString(err.Error()) {
		s.templateProblem(key, name, w, err)
	}
}

// always matches errors that any object would cause.
var always = lazyregexp.New(`can't evaluate field|wrong number of args|not defined|has arguments but|wrong type for value|` +
	`can't give argument|can't call method|range can't iterate|cannot have arguments`)

// failure matches the error of a template, as the library writes it.
var failure = lazyregexp.New(`(?s)^template: ([^:]*):(\d+)(?::(\d+))?: (.*)$`)

// executing matches the place that the library adds to an error.
var executing = lazyregexp.New(`(?s)^executing "[^"]*" at <(.*?)>: (.*)$`)

// templateProblem reports an error of a template with its place in the file.
func (s *source) templateProblem(key, name string, w words, err error) {
	at := failure().FindStringSubmatch(err.Error())
	if at == nil || at[1] != name {
		s.problem(w.line, w.column, "%s: %v", key, err)
		return
	}
	line, _ := strconv.Atoi(at[2])
	column, _ := strconv.Atoi(at[3])
	text := at[4]
	if e := executing().FindStringSubmatch(text); e != nil {
		text = "{{" + strings.Trim(e[1], "{}") + "}}: " + e[2]
	}
	if w.line == 0 { // the standard template
		s.problem(0, 0, "%s: %s", key, text)
		return
	}
	offset := offsetOf(w.text, line, 0)
	// Columns of the library count bytes from 0.
	fileLine, fileColumn := w.position(min(offset+column, len(w.text)))
	if at[3] == "" {
		fileColumn = 0
	}
	s.problem(fileLine, fileColumn, "%s: %s", key, strings.TrimSpace(text))
}
