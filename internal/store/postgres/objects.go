// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/lists"
	"github.com/kcidb-go/kcidb/report"
)

// values reads the values of a row, in the binary format, one after the other.
// References to contents are replaced by these before. The first value that is
// not what the column should hold sets err; what follows is then meaningless.
type values struct {
	row      [][]byte // what is left of it
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
		GitCommitTags:          v.array(),
		GitCommitMessage:       v.text(),
		GitRepositoryBranch:    v.text(),
		GitRepositoryBranchTip: v.boolean(),
		PatchsetFiles:          list[report.Resource](v, v.jsonb()),
		PatchsetHash:           v.text(),
		MessageID:              v.text(),
		Comment:                v.text(),
		StartTime:              v.time(),
		OriginBuildsFinishTime: v.time(),
		OriginTestsFinishTime:  v.time(),
		LogURL:                 v.text(),
		LogExcerpt:             v.text(),
		Valid:                  v.boolean(),
		Misc:                   v.misc(),
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
		InputFiles:   list[report.Resource](v, v.jsonb()),
		OutputFiles:  list[report.Resource](v, v.jsonb()),
		ConfigName:   v.text(),
		ConfigURL:    v.text(),
		LogURL:       v.text(),
		LogExcerpt:   v.text(),
		Status:       (*report.Status)(v.text()),
		Misc:         v.misc(),
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
		InputFiles:  list[report.Resource](v, v.next()),
		OutputFiles: list[report.Resource](v, v.next()),
		Misc:        v.raw(),
	}
}

func (v *values) environment() *report.Environment {
	e := report.Environment{Comment: v.text(), Compatible: list[string](v, v.next()), Misc: v.raw()}
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
		Version:       v.integer(),
		Origin:        v.required(),
		ReportURL:     v.text(),
		ReportSubject: v.text(),
		Culprit:       v.culprit(),
		Categories:    v.array(),
		Comment:       v.text(),
		Misc:          v.misc(),
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
		IssueVersion: v.integer(),
		BuildID:      v.text(),
		TestID:       v.text(),
		Present:      v.boolean(),
		Comment:      v.text(),
		Misc:         v.misc(),
	}
}

// next returns the next value, nil where it is NULL.
func (v *values) next() []byte {
	value := v.row[0]
	v.row = v.row[1:]
	return value
}

// sized returns the next value, which is so many bytes, or nil.
func (v *values) sized(size int) []byte {
	value := v.next()
	if value != nil && len(value) != size {
		v.fail(fmt.Errorf("a value of %d bytes where %d belong", len(value), size))
		return nil
	}
	return value
}

func (v *values) fail(err error) {
	if v.err == nil {
		v.err = fmt.Errorf("%w: %w", store.ErrCorrupt, err)
	}
}

// check notes an error, if it is one.
func (v *values) check(err error) {
	if err != nil {
		v.fail(err)
	}
}

func (v *values) text() *string {
	if value := v.next(); value != nil {
		return new(string(value))
	}
	return nil
}

func (v *values) required() string { return string(v.next()) }

func (v *values) integer() int {
	if value := v.sized(4); value != nil {
		return int(int32(binary.BigEndian.Uint32(value)))
	}
	return 0
}

func (v *values) float() *float64 {
	if value := v.sized(8); value != nil {
		n := math.Float64frombits(binary.BigEndian.Uint64(value))
		v.check(store.Finite(n))
		return &n
	}
	return nil
}

func (v *values) boolean() *bool {
	if value := v.sized(1); value != nil {
		return new(value[0] != 0)
	}
	return nil
}

func (v *values) time() *time.Time {
	if value := v.sized(timeSize); value != nil {
		t := time.UnixMicro(int64(binary.BigEndian.Uint64(value)) + epoch).UTC()
		v.check(store.Reportable(t))
		return &t
	}
	return nil
}

func (v *values) timestamp() *time.Time {
	if t := v.time(); v.metadata {
		return t
	}
	return nil
}

// raw returns the free object in a value of text, without the mark.
func (v *values) raw() json.RawMessage {
	if value := v.next(); value != nil {
		object, err := store.FreeObject(strings.TrimPrefix(string(value), " "))
		v.check(err)
		return object
	}
	return nil
}

// jsonb returns the text in a value of that type.
func (v *values) jsonb() []byte {
	value := v.next()
	switch {
	case value == nil:
		return nil
	case len(value) == 0 || value[0] != 1:
		v.fail(errors.New("an unknown version of jsonb"))
		return nil
	}
	return value[1:]
}

// misc returns the free object in a value of type jsonb.
func (v *values) misc() json.RawMessage {
	value := v.jsonb()
	if value == nil {
		return nil
	}
	text, err := readMisc(value)
	if err == nil {
		text, err = store.FreeObject(string(text))
	}
	v.check(err)
	return text
}

// array returns the strings in a value of type text[].
func (v *values) array() []string {
	value := v.next()
	if value == nil {
		return nil
	}
	all := []string{}
	const header, each = 3 * 4, 2 * 4 // dimensions, nulls, type; for each dimension its size and first index
	if len(value) == header {
		return all
	}
	if len(value) < header+each || binary.BigEndian.Uint32(value) != 1 {
		v.fail(errors.New("a list that is none"))
		return nil
	}
	for rest := value[header+each:]; len(rest) > 0; {
		if len(rest) < lengthSize || uint64(binary.BigEndian.Uint32(rest)) > uint64(len(rest)-lengthSize) {
			v.fail(errors.New("a list that breaks off, or has a NULL"))
			return nil
		}
		var element []byte
		element, rest = cutValue(rest)
		all = append(all, string(element[lengthSize:]))
	}
	return all
}

// list returns the list in a JSON text, nil where there is none.
func list[T string | report.Resource](v *values, text []byte) []T {
	if text == nil {
		return nil
	}
	all, err := lists.Read[T](text)
	if err != nil {
		v.fail(err)
	}
	return all
}
