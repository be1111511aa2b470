// SPDX-License-Identifier: Apache-2.0

package shell

import "github.com/kcidb-go/kcidb/internal/verdict"

// Count is the number of results of one kind, for the template "counts": a bar, and the
// numbers by verdict, which are links.
type Count struct {
	Title  string
	Counts verdict.Counts
	// URL returns where the number of a verdict leads.
	URL func(verdict.Kind) string
}

// CountPart is a number of results with one verdict.
type CountPart struct {
	Kind verdict.Kind
	N    int64
	Text string // such as "3 new"
	URL  string
}

// Parts returns the numbers that are not 0, worst first.
func (c Count) Parts() []CountPart { return PartsOf(c.Counts, c.URL) }

// PartsOf returns the numbers of counts that are not 0, worst first. url may be nil.
func PartsOf(counts verdict.Counts, url func(verdict.Kind) string) (all []CountPart) {
	for _, k := range verdict.Kinds {
		if n := counts[k]; n > 0 {
			part := CountPart{Kind: k, N: n, Text: Grouped(n) + " " + k.Phrase()}
			if url != nil {
				part.URL = url(k)
			}
			all = append(all, part)
		}
	}
	return all
}
