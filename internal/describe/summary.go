// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"fmt"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/graph"
)

// maxSummary is the most characters of a summary. It has room for two names and a
// verdict.
const maxSummary = 256

// Summary says in one line what the object is and how it went.
func (d *Data) Summary() (string, error) {
	if err := readable(d.Object); err != nil {
		return "", err
	}
	w := &writer{Data: d}
	summary := w.summary()
	if w.err != nil {
		return "", fmt.Errorf("describe %s: %w", d.Object.Ref(), w.err)
	}
	return document.Cut(summary, maxSummary), nil
}

func (w *writer) summary() string {
	if !w.Object.Known() {
		return w.ID() + " is not in the database"
	}
	switch o := w.Object.(type) {
	case *graph.Revision:
		return fmt.Sprintf("%s: %s: %s", read(w, w.Status), read(w, w.Name), read(w, w.Sums))
	case *graph.Checkout:
		origin := document.Cut(line(o.Origin), 40)
		return fmt.Sprintf("%s: checkout of %s by %s: %s", read(w, w.Status), read(w, w.Name), origin, read(w, w.Sums))
	case *graph.Build:
		return fmt.Sprintf("%s: build of %s%s", read(w, w.Status), read(w, w.FullName), read(w, w.Change))
	case *graph.Test:
		return fmt.Sprintf("%s: %s%s", read(w, w.Status), read(w, w.FullName), read(w, w.Change))
	case *graph.Incident:
		code, err := revisionName(o.Build().Checkout())
		if w.err = err; code != "" {
			code = ", " + code
		}
		return fmt.Sprintf("%s%s: %s", read(w, w.Verdict), code, read(w, w.Name))
	}
	return fmt.Sprintf("%s: %s", read(w, w.Verdict), read(w, w.Name))
}
