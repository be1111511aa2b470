// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"cmp"
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/verdict"
)

// Judged returns the verdict of a build or test, and the sentence of a revision or of the
// revision of a checkout, as pages show them. It returns no lines if there is no verdict,
// see graph.Test.Judgement.
func (d *Data) Judged() ([]string, error) {
	switch o := d.Object.(type) {
	case *graph.Revision:
		return sentences(o.Sentences())
	case *graph.Checkout:
		return sentences(o.Sentences())
	case *graph.Build:
		return judgement(o.Judgement())
	case *graph.Test:
		return judgement(o.Judgement())
	}
	return nil, nil
}

// judgement returns a verdict and its reason; none without a verdict.
func judgement(j *graph.Judgement, err error) ([]string, error) {
	if err != nil || j == nil {
		return nil, err
	}
	why, err := reason(j)
	return []string{j.Verdict.Word() + ": " + why}, err
}

// sentences names the branch of each sentence if there are several.
func sentences(all []graph.Sentence, err error) ([]string, error) {
	var lines []string
	for _, s := range all {
		text := line(s.Text)
		if len(all) > 1 {
			text = document.Cut(line(strings.TrimSpace(s.Tree+" "+s.Branch)), 60) + ": " + text
		}
		lines = append(lines, text)
	}
	return lines, err
}

// reason says why a build or test has its verdict.
func reason(j *graph.Judgement) (string, error) {
	switch j.Verdict {
	case verdict.New:
		good, err := j.PassedAt()
		return "it passed at " + cmp.Or(document.Cut(line(good), 60), "an earlier revision"), err
	case verdict.Still:
		return stillFails(j), nil
	case verdict.Fixed:
		return "it failed at an earlier revision", nil
	case verdict.Flaky:
		return "it passes and fails at this revision", nil
	case verdict.Known:
		return "it fails by a known issue", nil
	}
	return "it says nothing about the kernel, because the harness failed", nil
}

func stillFails(j *graph.Judgement) string {
	first := document.Cut(line(j.Since.Name), 60)
	since := "it fails since " + first
	switch {
	case first == "" || j.Since.Revision == j.Revision:
		return "it fails, and has no earlier result to compare with"
	case j.Since.Open:
		return since + ", or for longer"
	}
	return since
}

// verdictsOf returns the verdicts of a group of results as a line, "" if no result is judged.
func verdictsOf(judged verdict.Counts, results int64) string {
	switch {
	case judged.Total() == 0:
		return ""
	case results == 1:
		return "Verdict: " + judged.Overall().Word()
	}
	return "Verdicts: " + judged.Text()
}
