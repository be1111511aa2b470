// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/front"
)

// operation is what can be asked: how, and in words.
type operation struct {
	method string // GET where it is ""
	path   string // for the router, with {names} of what the input has tagged path:"name"
	group  string // of operations, in the document
	title  string
	text   string // what is asked, and answered
}

// Answers in place of what was asked for. Their texts are for who asks.
type (
	// nothing is the answer that there is nothing: 200, as clients expect.
	nothing string
	// badRequest is the answer to what cannot be understood.
	badRequest string
	// forbidden is the answer to what only those may ask who hand reports in.
	forbidden string
)

func (n nothing) Error() string    { return string(n) }
func (b badRequest) Error() string { return string(b) }
func (f forbidden) Error() string  { return string(f) }

// failed is the body of an answer that is not what was asked for.
type failed struct {
	Message string `json:"error" doc:"What is wrong, or missing"`
	status  int
}

func (f *failed) Error() string             { return f.Message }
func (f *failed) GetStatus() int            { return f.status }
func (f *failed) ContentType(string) string { return "application/json" }

func init() {
	huma.DefaultArrayNullable = false // lists without elements are empty
	// The library's errors, which are of parameters and bodies, become ours.
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		if status == http.StatusUnprocessableEntity {
			status = http.StatusBadRequest
		}
		for _, err := range errs {
			if err != nil {
				message += ": " + explain(err)
			}
		}
		return &failed{Message: message, status: status}
	}
}

// explain returns what is wrong with a parameter or a body, and not all of it.
func explain(err error) string {
	detail, ok := errors.AsType[*huma.ErrorDetail](err)
	if !ok {
		return err.Error()
	}
	text := detail.Location + ": " + detail.Message
	if value, ok := detail.Value.(string); ok && detail.Location != "body" {
		text += fmt.Sprintf(", and not %.40q", value)
	}
	return text
}

// answer adds an operation whose answer is a value, written as JSON.
func answer[I, O any](a *API, op operation, h func(context.Context, *I) (O, error)) {
	stream[I, O](a, op, func(ctx context.Context, in *I, w io.Writer) error {
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
func stream[I, O any](a *API, op operation, h func(ctx context.Context, in *I, w io.Writer) error) {
	o := a.describe(op, a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[O](), true, ""))
	if in, ok := any(new(I)).(interface{ params() []*huma.Param }); ok {
		o.Parameters = in.params()
	}
	huma.Register(a.huma, *o, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(hc huma.Context) {
			w := &lateWriter{hc: hc}
			ctx = context.WithValue(ctx, headerKey{}, hc)
			u := hc.URL()
			err := checkURL(&u)
			if err == nil {
				err = h(ctx, in, w)
			}
			a.finish(ctx, w, err)
		}}, nil
	})
}

// describe returns what the document says of an operation with answers of a form.
func (a *API) describe(op operation, found *huma.Schema) *huma.Operation {
	o := &huma.Operation{
		Method: op.method, Path: op.path, Tags: []string{op.group}, Summary: op.title, Description: op.text, MaxBodyBytes: maxForm,
	}
	if o.Method == "" {
		o.Method = http.MethodGet
	}
	o.OperationID = operationID(op)
	wrong := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[failed](), true, "")
	response := func(text string, of *huma.Schema) *huma.Response {
		if of == nil {
			return &huma.Response{Description: text}
		}
		return &huma.Response{Description: text, Content: map[string]*huma.MediaType{"application/json": {Schema: of}}}
	}
	o.Responses = map[string]*huma.Response{
		"200": response("What was asked for, or an object with an error: there is nothing.", &huma.Schema{AnyOf: []*huma.Schema{found, wrong}}),
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

// add adds an operation that answers by itself.
func (a *API) add(o *huma.Operation, h http.HandlerFunc) {
	a.huma.OpenAPI().AddOperation(o)
	a.router.HandleFunc(o.Method+" "+o.Path, h)
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

// headerKey is where a context has the huma.Context, whose headers are the answer's.
type headerKey struct{}

// lateWriter begins an answer with the first byte of its body.
type lateWriter struct {
	hc    huma.Context
	begun bool
}

func (w *lateWriter) Write(p []byte) (int, error) {
	if !w.begun {
		w.begun = true
		w.hc.SetHeader("Content-Type", "application/json")
		w.hc.SetStatus(http.StatusOK)
	}
	return w.hc.BodyWriter().Write(p)
}

// finish answers an error, where there is one.
func (a *API) finish(ctx context.Context, w *lateWriter, err error) {
	if err == nil {
		return
	}
	if w.begun {
		if !errors.Is(err, front.ErrNobodyReads) {
			a.log.LogAttrs(ctx, slog.LevelWarn, "answer broken off", slog.Any("error", err))
		}
		panic(http.ErrAbortHandler)
	}
	f := failed{Message: err.Error(), status: http.StatusInternalServerError}
	var none nothing
	var bad badRequest
	var not forbidden
	switch {
	case errors.As(err, &none):
		f.status = http.StatusOK
	case errors.As(err, &bad):
		f.status = http.StatusBadRequest
	case errors.As(err, &not):
		f.status = http.StatusForbidden
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrBusy), errors.Is(err, context.DeadlineExceeded):
		f = failed{"The database is too busy at the moment: try again in a while", http.StatusServiceUnavailable}
		w.hc.SetHeader("Retry-After", "10")
	default:
		a.log.LogAttrs(ctx, slog.LevelError, "no answer", slog.Any("error", err))
		f.Message = "The database does not answer at the moment"
	}
	w.begun = true
	w.hc.SetHeader("Content-Type", "application/json")
	w.hc.SetStatus(f.status)
	jsonv2.MarshalWrite(w, f, jsontext.AllowInvalidUTF8(true))
}
