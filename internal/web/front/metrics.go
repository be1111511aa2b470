// SPDX-License-Identifier: Apache-2.0

package front

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts requests, by their kind. A nil *Metrics counts nothing.
type Metrics struct {
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

// begin counts a request of a kind. The answer is written to the result, whose end is called
// when it is complete.
func (m *Metrics) begin(w http.ResponseWriter, k Kind) *watched {
	m.inFlight.Inc()
	return &watched{ResponseWriter: w, metrics: m, kind: k, begun: time.Now(), status: http.StatusOK}
}

// watched is an answer that is counted.
type watched struct {
	http.ResponseWriter
	metrics *Metrics
	kind    Kind
	begun   time.Time
	status  int
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
	classes := [...]string{"1xx", "2xx", "3xx", "4xx", "5xx"}
	w.metrics.inFlight.Dec()
	w.metrics.requests.WithLabelValues(w.kind.String(), classes[min(w.status/100, 5)-1]).Inc()
	w.metrics.seconds.WithLabelValues(w.kind.String()).Observe(time.Since(w.begun).Seconds())
	if cause != nil {
		panic(cause)
	}
}
