// SPDX-License-Identifier: Apache-2.0

// Package monitor serves the health and the metrics of a process. The health is whether
// the process is alive, and whether the parts that it works with answer. Each process has
// a Monitor, with any role.
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

// answerTime is how long a part may take to answer.
const answerTime = 5 * time.Second

// Part is a part that the process works with.
type Part struct {
	Name string
	// Check returns a remark to show after "OK", "" for none. It returns an error if
	// the part does not answer, or a Trouble.
	Check func(ctx context.Context) (remark string, err error)
	// Spare says that the process is ready even if this part fails.
	Spare bool
}

// Trouble is the error of a part that answers but does not do its work. Clients see the
// text, which must not reveal anything about the server.
type Trouble string

func (t Trouble) Error() string { return string(t) }

// Monitor serves the paths for monitoring.
type Monitor struct {
	Registry *prometheus.Registry
	Parts    []Part
	Log      *slog.Logger
}

// Routes adds the monitor's paths to a front.
func (m *Monitor) Routes(f *front.Front) {
	// The front compresses answers, and shares one answer between simultaneous
	// requests.
	metrics := promhttp.HandlerFor(m.Registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError, DisableCompression: true})
	f.Handle("/metrics", front.Light, front.Methods{http.MethodGet: metrics.ServeHTTP})
	f.Handle("/health", front.Probe, front.Methods{http.MethodGet: health})
	f.Handle("/ready", front.Probe, front.Methods{http.MethodGet: m.ready})
}

// health answers that the process is alive.
func health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	io.WriteString(w, "OK")
}

// ready answers whether all parts answer, one line for each part.
func (m *Monitor) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
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
