// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/lists"
	"github.com/kcidb-go/kcidb/report"
)

// values reads the values of a row, one after the other. The first that is
// not what the column should hold sets err; what follows is then meaningless.
type values struct {
	row      []any // what is left of it
	err      error
	metadata bool // whether objects get their Timestamp
}

func (v *values) checkout() report.Checkout {
	return report.Checkout{
		Timestamp:              v.timestamp(),
		ID:                     v.required(),
		Origin:                 v.required(),
		TreeName:               v.text(),
		GitRepositoryURL:       v.text(),
		GitCommitHash:          v.text(),
		GitCommitName:          v.text(),
		GitCommitTags:          v.texts(),
		GitCommitMessage:       v.text(),
		GitRepositoryBranch:    v.text(),
		GitRepositoryBranchTip: v.boolean(),
		PatchsetFiles:          v.resources(),
		PatchsetHash:           v.text(),
		MessageID:              v.text(),
		Comment:                v.text(),
		StartTime:              v.time(),
		OriginBuildsFinishTime: v.time(),
		OriginTestsFinishTime:  v.time(),
		LogURL:                 v.text(),
		LogExcerpt:             v.text(),
		Valid:                  v.boolean(),
		Misc:                   v.raw(),
	}
}

func (v *values) build() report.Build {
	return report.Build{
		Timestamp:    v.timestamp(),
		ID:           v.required(),
		Origin:       v.required(),
		CheckoutID:   v.required(),
		Comment:      v.text(),
		StartTime:    v.time(),
		Duration:     v.float(),
		Architecture: v.text(),
		Command:      v.text(),
		Compiler:     v.text(),
		InputFiles:   v.resources(),
		OutputFiles:  v.resources(),
		ConfigName:   v.text(),
		ConfigURL:    v.text(),
		LogURL:       v.text(),
		LogExcerpt:   v.text(),
		Status:       (*report.Status)(v.text()),
		Misc:         v.raw(),
	}
}

func (v *values) test() report.Test {
	return report.Test{
		Timestamp:   v.timestamp(),
		ID:          v.required(),
		Origin:      v.required(),
		BuildID:     v.required(),
		Environment: v.environment(),
		Path:        v.text(),
		Comment:     v.text(),
		LogURL:      v.text(),
		LogExcerpt:  v.text(),
		Status:      (*report.Status)(v.text()),
		Number:      v.number(),
		StartTime:   v.time(),
		Duration:    v.float(),
		InputFiles:  v.resources(),
		OutputFiles: v.resources(),
		Misc:        v.raw(),
	}
}

func (v *values) environment() *report.Environment {
	e := report.Environment{Comment: v.text(), Compatible: v.texts(), Misc: v.raw()}
	if e.Comment == nil && e.Compatible == nil && e.Misc == nil {
		return nil
	}
	return &e
}

func (v *values) number() *report.Number {
	value, unit, prefix := v.float(), v.text(), v.text()
	if value == nil {
		return nil
	}
	return &report.Number{Value: *value, Unit: unit, Prefix: (*report.Prefix)(prefix)}
}

func (v *values) issue() report.Issue {
	return report.Issue{
		Timestamp:     v.timestamp(),
		ID:            v.required(),
		Version:       v.int(),
		Origin:        v.required(),
		ReportURL:     v.text(),
		ReportSubject: v.text(),
		Culprit:       v.culprit(),
		Categories:    v.texts(),
		Comment:       v.text(),
		Misc:          v.raw(),
	}
}

func (v *values) culprit() *report.Culprit {
	c := report.Culprit{Code: v.boolean(), Tool: v.boolean(), Harness: v.boolean()}
	if c == (report.Culprit{}) {
		return nil
	}
	return &c
}

func (v *values) incident() report.Incident {
	return report.Incident{
		Timestamp:    v.timestamp(),
		ID:           v.required(),
		Origin:       v.required(),
		IssueID:      v.required(),
		IssueVersion: v.int(),
		BuildID:      v.text(),
		TestID:       v.text(),
		Present:      v.boolean(),
		Comment:      v.text(),
		Misc:         v.raw(),
	}
}

// next returns the next value, nil where it is NULL.
func next[T any](v *values) *T {
	value := v.row[0]
	v.row = v.row[1:]
	if value == nil {
		return nil
	}
	typed, ok := value.(T)
	if !ok {
		v.fail(fmt.Errorf("%T where %T belongs", value, typed))
	}
	return &typed
}

func (v *values) fail(err error) {
	if v.err == nil {
		v.err = fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
}

func (v *values) text() *string { return next[string](v) }

func (v *values) float() *float64 {
	n := next[float64](v)
	if n != nil {
		v.check(store.Finite(*n))
	}
	return n
}

// check notes an error, if it is one.
func (v *values) check(err error) {
	if err != nil {
		v.fail(err)
	}
}

func (v *values) required() string {
	if s := next[string](v); s != nil {
		return *s
	}
	return ""
}

func (v *values) int() int {
	if i := next[int64](v); i != nil {
		return int(*i)
	}
	return 0
}

func (v *values) boolean() *bool {
	i := next[int64](v)
	if i == nil {
		return nil
	}
	return new(*i != 0)
}

func (v *values) time() *time.Time {
	i := next[int64](v)
	if i == nil {
		return nil
	}
	t := time.UnixMicro(*i).UTC()
	v.check(store.Reportable(t))
	return &t
}

func (v *values) timestamp() *time.Time {
	if t := v.time(); v.metadata {
		return t
	}
	return nil
}

func (v *values) raw() json.RawMessage {
	s := next[string](v)
	if s == nil {
		return nil
	}
	object, err := store.FreeObject(*s)
	v.check(err)
	return object
}

func (v *values) texts() []string              { return list[string](v) }
func (v *values) resources() []report.Resource { return list[report.Resource](v) }

func list[T string | report.Resource](v *values) []T {
	s := next[string](v)
	if s == nil {
		return nil
	}
	all, err := lists.Read[T]([]byte(*s))
	if err != nil {
		v.fail(err)
	}
	return all
}
