// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"cloud.google.com/go/bigquery"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/internal/store/merging"
	"github.com/kcidb-go/kcidb/report"
)

// Rows can also come by a load job: a file of JSON, a row a line. That costs nothing, and
// takes rows of up to 100 MB, but BigQuery takes 1,500 jobs per table and day. The file is
// not compressed: BigQuery reads such a file by many workers at a time.

// loadJob loads the rows of a file into a table. The job has an ID, so that a request that
// is sent twice is one job.
func (s *Store) loadJob(ctx context.Context, table string, file []byte) error {
	if len(file) == 0 {
		return nil
	}
	source := bigquery.NewReaderSource(bytes.NewReader(file))
	source.SourceFormat = bigquery.JSON
	loader := s.client.Dataset(s.dataset).Table(table).LoaderFrom(source)
	loader.CreateDisposition = bigquery.CreateNever
	loader.WriteDisposition = bigquery.WriteAppend
	job, err := loader.Run(ctx)
	if err != nil {
		return err
	}
	status, err := job.Wait(ctx)
	if err != nil {
		return err
	}
	return status.Err()
}

// appendJSONRow appends a line for an object to b.
func appendJSONRow(b []byte, t *columns.Table, o report.Object, at rowTime) []byte {
	var w merging.Writer
	o.VisitFields(&w)
	w.Row[merging.TimestampColumn] = at.timestamp
	return appendJSONLine(b, t, w.Row, at.ahead)
}

// appendJSONLine appends a line for a row to b.
func appendJSONLine(b []byte, t *columns.Table, row []any, ahead int64) []byte {
	b = append(b, '{')
	var empty []string
	for i, value := range row {
		if value == nil {
			continue
		}
		b = append(b, '"')
		b = append(b, t.Columns[i]...)
		b = append(b, '"', ':')
		switch value := value.(type) {
		case int64:
			switch t.Kinds[i] {
			case columns.Time:
				b = strconv.AppendQuote(b, time.UnixMicro(value).UTC().Format("2006-01-02T15:04:05.999999Z"))
			case columns.Bool:
				b = strconv.AppendBool(b, value != 0)
			default:
				b = strconv.AppendInt(b, value, 10)
			}
		case float64:
			b = strconv.AppendFloat(b, value, 'g', -1, 64)
		case string:
			if isList(t.Kinds[i]) { // is JSON already
				b = append(b, value...)
				if value == "[]" {
					empty = append(empty, t.Columns[i])
				}
			} else {
				b, _ = jsontext.AppendQuote(b, value) // its only error is invalid UTF-8, which it replaces
			}
		}
		b = append(b, ',')
	}
	if ahead != 0 {
		b = append(b, `"`+aheadColumn+`":`...)
		b = append(strconv.AppendInt(b, ahead, 10), ',')
	}
	b = append(b, `"`+emptyColumn+`":`...)
	b = columns.AppendTexts(b, empty)
	return append(b, "}\n"...)
}
