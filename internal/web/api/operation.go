// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	jsonv2 "github.com/go-json-experiment/json"
)

// operation describes a question that clients may ask.
type operation struct {
	method string // "" for GET
	path   string // for the router; {name} is the field of the input with the tag path:"name"
	group  string // heading in the document
	title  string
	text   string // description
	plain  bool   // needs no roll-ups
}

// answer adds an operation whose handler returns the answer.
func answer[I, O any](r *registry, op operation, h func(context.Context, *I) (O, error)) {
	stream[I, O](r, op, func(ctx context.Context, in *I, w io.Writer) error {
		out, err := h(ctx, in)
		if err != nil {
			return err
		}
		return jsonv2.MarshalWrite(w, out, encoding)
	})
}

// stream adds an operation whose handler writes the answer, JSON of the type O, while
// it reads. An error before the first byte is answered as such; after that the
// connection breaks. If the input has a method params, or embeds a type with such a
// method, the document has these parameters in addition to those of its fields.
func stream[I, O any](r *registry, op operation, h func(ctx context.Context, in *I, w io.Writer) error) {
	o := r.describe(op, r.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[O](), true, ""))
	if in, ok := any(new(I)).(interface{ params() []*huma.Param }); ok {
		o.Parameters = in.params()
	}
	huma.Register(r.huma, *o, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			w := &lateWriter{hc: hc}
			ctx = context.WithValue(ctx, headerKey{}, hc)
			u := hc.URL()
			err := checkURL(&u)
			if err == nil && !op.plain && !r.counts {
				err = noCounts{}
			}
			if err == nil {
				err = h(ctx, in, w)
			}
			r.fail(ctx, w, err)
		}}, nil
	})
}

// describe returns the description of an operation in the document; found is the schema
// of its answer.
func (r *registry) describe(op operation, found *huma.Schema) *huma.Operation {
	o := &huma.Operation{
		Method: op.method, Path: op.path, Tags: []string{op.group}, Summary: op.title, Description: op.text, MaxBodyBytes: maxForm,
	}
	if o.Method == "" {
		o.Method = http.MethodGet
	}
	o.OperationID = operationID(op)
	wrong := r.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[failed](), true, "")
	response := func(text string, of *huma.Schema) *huma.Response {
		if of == nil {
			return &huma.Response{Description: text}
		}
		return &huma.Response{Description: text, Content: map[string]*huma.MediaType{"application/json": {Schema: of}}}
	}
	o.Responses = map[string]*huma.Response{
		"200": response("The answer, or an object with an error that says that nothing was found.", &huma.Schema{AnyOf: []*huma.Schema{found, wrong}}),
		"400": response("The parameters or the body are wrong.", wrong),
		"431": response("The URL or the headers are too long.", nil),
		"429": response("Too many requests from this address. The header Retry-After says when to come back.", wrong),
		"500": response("The service failed.", wrong),
		"501": response("The database of this service keeps no counts, which the answer needs.", wrong),
		"503": response("The service is too busy at the moment. The header Retry-After says when to come back.", wrong),
	}
	if o.Method == http.MethodPost {
		o.Responses["413"] = response("The body is too large.", wrong)
	}
	return o
}

// operationID returns a name for programs: "get-tree-hash-summary".
func operationID(op operation) string {
	words := strings.FieldsFunc(op.path, func(r rune) bool { return strings.ContainsRune("/{}", r) })
	method := op.method
	if method == "" {
		method = "get"
	}
	return strings.ToLower(method + "-" + strings.Join(words[1:], "-"))
}
