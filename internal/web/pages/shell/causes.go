// SPDX-License-Identifier: Apache-2.0

package shell

import "github.com/kcidb-go/kcidb/internal/store/verdicts"

// CauseText returns a cause in a few words, such as "WARNING in iomap_iter_advance",
// "rk3588-rock-5b does not boot" or "riscv allmodconfig does not build".
func CauseText(c *verdicts.Cause) string { return c.Text() }

// Sentence returns the state of a revision in one sentence, as Revision.Sentence does, on
// one line.
func Sentence(r, earlier *verdicts.Revision, causes []verdicts.Cause) string {
	return Line(r.Sentence(earlier, causes))
}
