// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
)

// readyTime is how long the parts have to answer.
const readyTime = 5 * time.Second

// health tells that the process answers.
func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "OK")
}

// ready tells whether the store and the queue answer, a line each.
func (d *Door) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	_, storeErr := d.Store.Time(ctx, store.Current)
	_, queueErr := d.Queue.Stats(ctx)

	code := http.StatusOK
	var text strings.Builder
	for _, part := range []struct {
		name string
		err  error
	}{{"store", storeErr}, {"queue", queueErr}} {
		state := "OK"
		if part.err != nil {
			code = http.StatusServiceUnavailable
			state = "does not answer"
			d.Log.Error("not ready", "part", part.name, "error", part.err)
		}
		fmt.Fprintf(&text, "%s: %s\n", part.name, state)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	io.WriteString(w, text.String())
}
