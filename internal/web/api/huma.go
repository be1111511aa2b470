// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// setUpHuma sets what version 2 of the library huma keeps in variables of the package,
// and not in the configuration of an API. Nothing else in this program uses huma, and
// the values suit any API. A process sets them when it makes its first API.
var setUpHuma = sync.OnceFunc(func() {
	// Our lists without elements are empty, and never null.
	huma.DefaultArrayNullable = false
	// Errors about parameters and bodies have the shape of all our errors, and the
	// status 400 that clients know, in place of 422.
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
})

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

// jsonFormat reads and writes bodies.
var jsonFormat = huma.Format{
	Marshal:   func(w io.Writer, v any) error { return jsonv2.MarshalWrite(w, v, jsontext.AllowInvalidUTF8(true)) },
	Unmarshal: func(data []byte, v any) error { return cmp.Or(checkBody(data), jsonv2.Unmarshal(data, v)) },
}
