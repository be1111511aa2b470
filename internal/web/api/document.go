// SPDX-License-Identifier: Apache-2.0

package api

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

// addDocument adds the operations that return the OpenAPI document, and the page of it.
func (r *registry) addDocument() {
	texts := map[string]func() ([]byte, error){
		"":     sync.OnceValues(func() ([]byte, error) { return r.huma.OpenAPI().MarshalJSON() }),
		"json": nil,
		"yaml": sync.OnceValues(func() ([]byte, error) { return r.huma.OpenAPI().YAML() }),
	}
	texts["json"] = texts[""]
	get := r.describe(operation{
		path: "/api/schema", group: "This document", title: "Describe the API",
		text: "This document, in the format OpenAPI 3.1, for programs. /api/schema/docs/ is a page for people.",
	}, &huma.Schema{Type: huma.TypeObject})
	get.Parameters = []*huma.Param{{
		Name: "format", In: "query", Description: "Format of the document",
		Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{"json", "yaml"}, Default: "json"},
	}}
	get.Responses["200"].Content["application/yaml"] = &huma.MediaType{Schema: &huma.Schema{}}
	r.add(get, func(w http.ResponseWriter, r *http.Request) {
		format := r.URL.Query().Get("format")
		make, ok := texts[format]
		if !ok {
			front.Refuse(w, http.StatusBadRequest, fmt.Sprintf("format is %.40q: expected json or yaml", format))
			return
		}
		text, err := make()
		if err != nil {
			panic(fmt.Errorf("the document of the API: %w", err))
		}
		w.Header().Set("Content-Type", "application/json")
		if format == "yaml" {
			w.Header().Set("Content-Type", "application/yaml")
		}
		w.Write(text)
	})
	page := sync.OnceValues(func() ([]byte, error) {
		var b bytes.Buffer
		err := docsTemplate().Execute(&b, r.document())
		return b.Bytes(), err
	})
	docs := func(w http.ResponseWriter, _ *http.Request) {
		text, err := page()
		if err != nil {
			panic(fmt.Errorf("the page of the API: %w", err))
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(text)
	}
	// Other services of the field have the page at these paths.
	for _, name := range []string{"docs", "swagger-ui", "redoc"} {
		r.router.HandleFunc("GET /api/schema/"+name, docs)
	}
}

// describeNulls marks members that may be null in the document: members whose Go type is
// a pointer. huma does not mark pointers to lists and structs.
func describeNulls(all huma.Registry) {
	for name, s := range all.Map() {
		for _, field := range reflect.VisibleFields(all.TypeFromRef("#/components/schemas/" + name)) {
			member, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			of := s.Properties[member]
			switch {
			case of == nil || field.Type.Kind() != reflect.Pointer || strings.Contains(options, "omit"):
			case of.Ref != "":
				s.Properties[member] = &huma.Schema{
					Description: of.Description, AnyOf: []*huma.Schema{{Ref: of.Ref}, {Type: "null"}},
				}
			case of.Type != "": // a schema without a type allows null already
				of.Nullable = true
			}
		}
	}
}

//go:embed document.html
var docsText string

var docsTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("docs").Funcs(template.FuncMap{"lower": strings.ToLower}).Parse(docsText))
})

// document is the content of the page.
type document struct {
	Groups  []docGroup
	Filters []docParam
	Shapes  []docShape
}

type docGroup struct {
	Name       string
	Operations []docOperation
}

type docOperation struct {
	ID, Method, Path, Title, Text string
	Params                        []docParam
	Filters                       bool // it has filters
	Body, Answer                  *docShape
}

// docParam is a parameter of an operation, or a member of an object.
type docParam struct {
	Name, Text, Type string
	Ref              string // name of the shape in the type, "" for none
	Required         bool
	Default          any
}

// docShape is a type of objects, or another type in words.
type docShape struct {
	docParam
	Members []docParam
}

// document returns the content of the page, from the OpenAPI document.
func (r *registry) document() document {
	all := r.huma.OpenAPI()
	d := schemaWords{schemas: all.Components.Schemas.Map()}
	var out document
	for _, path := range paths(all) {
		for _, o := range methods(all.Paths[path]) {
			op := docOperation{ID: o.OperationID, Method: o.Method, Path: o.Path, Title: o.Summary, Text: o.Description}
			for _, p := range o.Parameters {
				param := d.param(p.Name, p.Description, p.Schema, p.Required)
				if strings.HasPrefix(p.Name, "filter_") {
					if op.Filters = true; !slices.ContainsFunc(out.Filters, func(f docParam) bool { return f.Name == p.Name }) {
						out.Filters = append(out.Filters, param)
					}
					continue
				}
				op.Params = append(op.Params, param)
			}
			if o.RequestBody != nil {
				for _, media := range o.RequestBody.Content {
					op.Body = d.shape("", media.Schema)
				}
			}
			if media := o.Responses["200"].Content["application/json"]; media != nil {
				op.Answer = d.shape("", answerOf(media.Schema))
			}
			group := o.Tags[0]
			i := slices.IndexFunc(out.Groups, func(g docGroup) bool { return g.Name == group })
			if i < 0 {
				i = len(out.Groups)
				out.Groups = append(out.Groups, docGroup{Name: group})
			}
			out.Groups[i].Operations = append(out.Groups[i].Operations, op)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(d.schemas)) {
		out.Shapes = append(out.Shapes, *d.shape(name, d.schemas[name]))
	}
	return out
}

// answerOf returns the schema of an answer, without the schema of errors.
func answerOf(s *huma.Schema) *huma.Schema {
	if len(s.AnyOf) == 2 {
		return s.AnyOf[0]
	}
	return s
}

// paths returns the paths of a document, sorted.
func paths(all *huma.OpenAPI) []string { return slices.Sorted(maps.Keys(all.Paths)) }

// methods returns the operations of a path.
func methods(item *huma.PathItem) (all []*huma.Operation) {
	for _, o := range []*huma.Operation{item.Get, item.Post} {
		if o != nil {
			all = append(all, o)
		}
	}
	return all
}

// schemaWords describes schemas in words.
type schemaWords struct{ schemas map[string]*huma.Schema }

func (d *schemaWords) param(name, text string, s *huma.Schema, required bool) docParam {
	p := docParam{Name: name, Text: text, Required: required, Default: s.Default}
	if p.Text == "" {
		p.Text = s.Description
	}
	p.Type, p.Ref = d.words(s)
	return p
}

// shape describes a schema, and its members if it is an object.
func (d *schemaWords) shape(name string, s *huma.Schema) *docShape {
	shape := &docShape{docParam: d.param(name, "", s, false)}
	for _, member := range slices.Sorted(maps.Keys(s.Properties)) {
		shape.Members = append(shape.Members, d.param(member, "", s.Properties[member], slices.Contains(s.Required, member)))
	}
	return shape
}

// words describes the type of a schema, such as "list of", and returns the name of the
// shape in it.
func (d *schemaWords) words(s *huma.Schema) (text, ref string) {
	if s.Ref != "" {
		return "", strings.TrimPrefix(s.Ref, "#/components/schemas/")
	}
	if len(s.AnyOf) > 0 { // the other schema is null
		text, ref = d.words(s.AnyOf[0])
		return text + ", or null", ref
	}
	switch s.Type {
	case huma.TypeArray:
		text, ref = d.words(s.Items)
		text = strings.TrimSpace("list of " + text)
	case huma.TypeObject:
		text = "object"
		if inner, ok := s.AdditionalProperties.(*huma.Schema); ok {
			text, ref = d.words(inner)
			text = strings.TrimSpace("object, by name, of " + text)
		}
	case huma.TypeString:
		text = map[string]string{"": "text", "date-time": "time"}[s.Format]
		if text == "" {
			text = "text"
		}
		if len(s.Enum) > 0 {
			var values []string
			for _, value := range s.Enum {
				if value != "" {
					values = append(values, fmt.Sprint(value))
				}
			}
			text = strings.Join(values, ", ")
		}
	case huma.TypeInteger, huma.TypeNumber:
		text = "number"
	case huma.TypeBoolean:
		text = "true or false"
	default:
		text = "anything"
	}
	if s.Nullable {
		text += ", or null"
	}
	return text, ref
}
