// SPDX-License-Identifier: Apache-2.0

package submit

// memoryPerByte is how much memory a report needs at most while it is received, in
// bytes per byte of its text: 1 for the text, 2 for a long string while it is checked,
// 1 for the queue's copy. The check builds no objects.
const memoryPerByte = 4

// longBody is the size from which a body takes turns with others to be decompressed and
// checked, because that keeps a processor busy for more than a millisecond. Turns leave
// half of the processors to short reports, which are acknowledged meanwhile.
const longBody = 1 << 20
