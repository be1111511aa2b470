// SPDX-License-Identifier: Apache-2.0

package submit

// How much memory a report needs at most in addition to its text, in bytes per byte of the
// text. The checks build no objects. A byte more is for the queue's copy.
const (
	checkPerByte = 2 + 1  // 2 for a long string
	siftPerByte  = 10 + 1 // as report.SiftCheck promises
)

// longBody is the size from which a body takes turns with others to be decompressed and
// checked, because that keeps a processor busy for more than a millisecond. Turns leave
// half of the processors to short reports, which are acknowledged meanwhile.
const longBody = 1 << 20
