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
	"github.com/go-json-experiment/json/jsontext"
)

// operation is what can be asked: how, and in words.
type operation struct {
	method string // GET where it is ""
	path   string // for the router, with {names} of what the input has tagged path:"name"
	group  string // of operations, in the document
	title  string
	text   string // what is asked, and answered
}

// answer adds an operation whose answer is a value, written as JSON.
func answer[I, O any](r *registry, op operation, h func(context.Context, *I) (O, error)) {
	stream[I, O](r, op, func(ctx context.Context, in *I, w io.Writer) error {
		out, err := h(ctx, in)
		if err != nil {
			return err
		}
		return jsonv2.MarshalWrite(w, out, jsonv2.Deterministic(true), jsontext.AllowInvalidUTF8(true))
	})
}

// stream adds an operation whose answer, JSON of the type O, is written while it is
// read. What h returns before it writes anything is answered properly; after that
// the connection breaks. An input with a method params, or which embeds a type with
// one, has these parameters in the document beside those of its fields.
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
			if err == nil {
				err = h(ctx, in, w)
			}
			r.fail(ctx, w, err)
		}}, nil
	})
}

// describe returns what the document says of an operation with answers of a form.
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
