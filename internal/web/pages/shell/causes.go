// SPDX-License-Identifier: Apache-2.0

package shell

import "github.com/kcidb-go/kcidb/internal/store/verdicts"

// Sentence returns the state of a revision in one sentence, as Revision.Sentence does, on
// one line.
func Sentence(r, earlier *verdicts.Revision, causes []verdicts.Cause) string {
	return Line(r.Sentence(earlier, causes))
}
