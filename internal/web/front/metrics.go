// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// Metrics counts requests, by their kind. A nil *Metrics counts nothing.
type Metrics struct {
	// Tracer gets a span for each request, named by its route; nil for no spans.
	Tracer trace.Tracer

	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	refused  *prometheus.CounterVec
}

// The reasons to refuse a request before a handler sees it.
var refusals = []string{"busy", "connections", "host", "rate", "size"}

// NewMetrics returns metrics, and adds them to a registry.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kcidb_http_requests_total", Help: "Requests answered, by kind and class of status."}, []string{"kind", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kcidb_http_seconds", Help: "Time from the headers of a request to the end of its answer.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 9), // 1 ms to 65 s
		}, []string{"kind"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "kcidb_http_in_flight", Help: "Requests that are being answered."}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kcidb_http_refused_total", Help: "Requests and connections refused by a limit."}, []string{"reason"}),
	}
	registry.MustRegister(m.requests, m.seconds, m.inFlight, m.refused)
	for _, reason := range refusals {
		m.refused.WithLabelValues(reason)
	}
	return m
}

// Refused counts a request or a connection that a limit refused.
func (m *Metrics) Refused(reason string) {
	if m != nil {
		m.refused.WithLabelValues(reason).Inc()
	}
}

// begin counts a request to a route. The answer is written to the result, whose end is called
// when it is complete. Spans of clients are not continued, because strangers choose them.
func (m *Metrics) begin(w http.ResponseWriter, r *http.Request, route Route) (*watched, *http.Request) {
	m.inFlight.Inc()
	watched := &watched{ResponseWriter: w, metrics: m, kind: route.Kind, begun: time.Now(), status: http.StatusOK}
	if m.Tracer != nil {
		method := r.Method
		if !slices.Contains([]string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodOptions}, method) {
			method = "OTHER"
		}
		ctx, span := m.Tracer.Start(r.Context(), method+" "+route.Path, trace.WithSpanKind(trace.SpanKindServer))
		r, watched.span = r.WithContext(ctx), span
	}
	return watched, r
}

// watched is an answer that is counted.
type watched struct {
	http.ResponseWriter
	metrics *Metrics
	kind    Kind
	begun   time.Time
	status  int
	span    trace.Span // nil without traces
}

// WriteHeader implements http.ResponseWriter.
func (w *watched) WriteHeader(status int) {
	if status >= http.StatusOK { // others are not the last
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// end counts the answer. A panic, which the server answers, counts as an error of the service.
func (w *watched) end() {
	cause := recover()
	if cause != nil {
		w.status = http.StatusInternalServerError
	}
	if w.span != nil {
		w.span.SetAttributes(attribute.Int("http.response.status_code", w.status))
		w.span.End()
	}
	classes := [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}
	w.metrics.inFlight.Dec()
	w.metrics.requests.WithLabelValues(w.kind.String(), classes[min(w.status/100, 5)-1]).Inc()
	w.metrics.seconds.WithLabelValues(w.kind.String()).Observe(time.Since(w.begun).Seconds())
	if cause != nil {
		panic(cause)
	}
}
