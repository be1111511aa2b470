// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"time"

	"github.com/kcidb-go/kcidb/internal/store/lists"
	"github.com/kcidb-go/kcidb/report"
)

// From objects to rows: values are what a query of the database returns, too,
// so that rows can be compared: nil, int64, float64 and string.

func checkoutRow(row []any, o *report.Checkout) []any {
	return append(row, micros(o.Timestamp), o.ID, o.Origin, text(o.TreeName), text(o.GitRepositoryURL),
		text(o.GitCommitHash), text(o.GitCommitName), texts(o.GitCommitTags), text(o.GitCommitMessage),
		text(o.GitRepositoryBranch), boolean(o.GitRepositoryBranchTip), resources(o.PatchsetFiles), text(o.PatchsetHash),
		text(o.MessageID), text(o.Comment), micros(o.StartTime), micros(o.OriginBuildsFinishTime),
		micros(o.OriginTestsFinishTime), text(o.LogURL), text(o.LogExcerpt), boolean(o.Valid), raw(o.Misc))
}

func buildRow(row []any, o *report.Build) []any {
	return append(row, micros(o.Timestamp), o.ID, o.Origin, o.CheckoutID, text(o.Comment), micros(o.StartTime),
		number64(o.Duration), text(o.Architecture), text(o.Command), text(o.Compiler), resources(o.InputFiles),
		resources(o.OutputFiles), text(o.ConfigName), text(o.ConfigURL), text(o.LogURL), text(o.LogExcerpt),
		text(o.Status), raw(o.Misc))
}

func testRow(row []any, o *report.Test) []any {
	row = append(row, micros(o.Timestamp), o.ID, o.Origin, o.BuildID)
	if e := o.Environment; e != nil {
		row = append(row, text(e.Comment), texts(e.Compatible), raw(e.Misc))
	} else {
		row = append(row, nil, nil, nil)
	}
	row = append(row, text(o.Path), text(o.Comment), text(o.LogURL), text(o.LogExcerpt), text(o.Status))
	if n := o.Number; n != nil {
		row = append(row, n.Value, text(n.Unit), text(n.Prefix))
	} else {
		row = append(row, nil, nil, nil)
	}
	return append(row, micros(o.StartTime), number64(o.Duration), resources(o.InputFiles), resources(o.OutputFiles), raw(o.Misc))
}

func issueRow(row []any, o *report.Issue) []any {
	row = append(row, micros(o.Timestamp), o.ID, int64(o.Version), o.Origin, text(o.ReportURL), text(o.ReportSubject))
	if c := o.Culprit; c != nil {
		row = append(row, boolean(c.Code), boolean(c.Tool), boolean(c.Harness))
	} else {
		row = append(row, nil, nil, nil)
	}
	return append(row, texts(o.Categories), text(o.Comment), raw(o.Misc))
}

func incidentRow(row []any, o *report.Incident) []any {
	return append(row, micros(o.Timestamp), o.ID, o.Origin, o.IssueID, int64(o.IssueVersion), text(o.BuildID),
		text(o.TestID), boolean(o.Present), text(o.Comment), raw(o.Misc))
}

func text[T ~string](s *T) any {
	if s == nil {
		return nil
	}
	return string(*s)
}

func raw(j []byte) any {
	if j == nil {
		return nil
	}
	return string(j)
}

func boolean(b *bool) any {
	switch {
	case b == nil:
		return nil
	case *b:
		return int64(1)
	}
	return int64(0)
}

func number64(f *float64) any {
	if f == nil {
		return nil
	}
	return *f
}

func micros(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixMicro()
}

func texts(list []string) any {
	if list == nil {
		return nil
	}
	return string(lists.AppendStrings(nil, list))
}

func resources(list []report.Resource) any {
	if list == nil {
		return nil
	}
	return string(lists.AppendResources(nil, list))
}
