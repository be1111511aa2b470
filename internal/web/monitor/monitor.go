// SPDX-License-Identifier: Apache-2.0

// Package monitor is how a process is watched: whether it answers, whether what
// it works with does, and its numbers. Every process has it, whatever it does
// besides.
package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

// AnswerTime is how long a part has to answer.
const AnswerTime = 5 * time.Second

// Part is something the process works with.
type Part struct {
	Name string
	// Check returns what there is to say beside "OK", "" for nothing, or why the
	// part does not answer, or a Trouble.
	Check func(ctx context.Context) (remark string, err error)
	// Spare: the process does without it, and is ready nevertheless.
	Spare bool
}

// Trouble is the error of a part that answers and does not do its work. It is shown
// as it is, so it says nothing of the server.
type Trouble string

func (t Trouble) Error() string { return string(t) }

// Monitor answers for the paths by which a process is watched.
type Monitor struct {
	Registry *prometheus.Registry
	Parts    []Part
	Log      *slog.Logger
}

// Routes adds the monitor's paths to a front.
func (m *Monitor) Routes(f *front.Front) {
	// The front compresses, and lets all who ask at a time have one answer.
	metrics := promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, DisableCompression: true})
	f.Handle("/metrics", front.Light, front.Methods{http.MethodGet: metrics.ServeHTTP})
	f.Handle("/health", front.Probe, front.Methods{http.MethodGet: health})
	f.Handle("/ready", front.Probe, front.Methods{http.MethodGet: m.ready})
}

// health tells that the process answers.
func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "OK")
}

// ready tells whether all parts answer, a line each.
func (m *Monitor) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), AnswerTime)
	defer cancel()
	code := http.StatusOK
	var text strings.Builder
	for _, part := range m.Parts {
		remark, err := part.Check(ctx)
		state := "OK"
		if err != nil {
			state = "does not answer"
			if trouble, is := errors.AsType[Trouble](err); is {
				state = string(trouble)
			}
			if !part.Spare {
				code = http.StatusServiceUnavailable
			}
			m.Log.Error("not ready", "part", part.Name, "error", err)
		}
		if remark != "" {
			state += ", " + remark
		}
		fmt.Fprintf(&text, "%s: %s\n", part.Name, state)
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	io.WriteString(w, text.String())
}
