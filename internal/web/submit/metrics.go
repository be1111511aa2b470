// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/kcidb-go/kcidb/report"
)

// Metrics counts submissions. The names are those of the REST service, which monitoring
// systems know.
type Metrics struct {
	submissions  prometheus.Counter
	bytes        prometheus.Counter
	refusals     prometheus.Counter
	systemErrors prometheus.Counter
	userErrors   prometheus.Counter
	byOrigin     *prometheus.CounterVec
	postponed    *prometheus.CounterVec
	faults       *prometheus.CounterVec
	rejected     *prometheus.CounterVec
	foreign      *prometheus.CounterVec
	repairs      *prometheus.CounterVec
}

// NewMetrics returns metrics, and adds them to a registry.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
		registry.MustRegister(c)
		return c
	}
	m := &Metrics{
		submissions:  counter("kcidb_submissions_total", "Submissions accepted."),
		bytes:        counter("kcidb_submission_size_total", "Bytes of accepted submissions, decompressed."),
		refusals:     counter("kcidb_errors_total", "Submissions refused because of their token."),
		systemErrors: counter("kcidb_system_errors_total", "Requests that failed because of the service."),
		userErrors:   counter("kcidb_user_errors_total", "Submissions refused because of their content."),
		byOrigin: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kcidb_submissions_by_origin", Help: "Accepted submissions, by the origin of the token."}, []string{"origin"}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kcidb_rejected_objects_total", Help: "Objects with faults in accepted submissions, by the origin of the token."}, []string{"origin"}),
		repairs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kcidb_repairs_total", Help: "Repairs of values in accepted submissions, by kind."}, []string{"kind"}),
	}
	m.postponed = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kcidb_submissions_postponed_total", Help: "Submissions refused until later, because of the rate of their token, of the time that faults of their sender took, or of the length of the queue."},
		[]string{"reason"})
	m.faults = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kcidb_faults_total", Help: "Faults of submissions, by the origin of the token and the kind of fault."}, []string{"origin", "kind"})
	m.foreign = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "kcidb_foreign_objects_total", Help: "Objects in accepted submissions whose origins the token does not name, by the origin of the token: rejected, or loaded with origins=warn."},
		[]string{"origin"})
	registry.MustRegister(m.foreign, m.byOrigin, m.postponed, m.faults, m.rejected, m.repairs)
	for _, reason := range []string{reasonRate, reasonQueue, reasonFaulty} {
		m.postponed.WithLabelValues(reason)
	}
	return m
}

func (m *Metrics) accepted(origin string, bytes int, found *report.Sifted) {
	m.submissions.Inc()
	m.bytes.Add(float64(bytes))
	m.byOrigin.WithLabelValues(label(origin)).Inc()
	if e := found.Err(); e != nil {
		m.rejected.WithLabelValues(label(origin)).Add(float64(len(found.Rejected)))
		m.foreign.WithLabelValues(label(origin)).Add(float64(foreign(found)))
		m.faulty(origin, e.Faults)
	}
	for kind, n := range found.Counts {
		m.repairs.WithLabelValues(string(kind)).Add(float64(n))
	}
}

// faulty counts the faults of a submission. Origins are those of valid tokens, and kinds are
// those of package report, so that the number of labels is bounded.
func (m *Metrics) faulty(origin string, faults []report.Fault) {
	for _, f := range faults {
		m.faults.WithLabelValues(label(origin), string(f.Kind)).Inc()
	}
}

// label returns an origin as a label: in lower case, each run of characters other than
// letters and digits replaced by one "_", without "_" at the ends.
func label(origin string) string {
	words := strings.FieldsFunc(strings.ToLower(origin), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9')
	})
	return strings.Join(words, "_")
}
