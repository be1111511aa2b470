// SPDX-License-Identifier: Apache-2.0

package submit

// memoryPerByte is the most memory that taking in a report needs, in bytes for
// each byte of its text: 1 for the text itself, 2 for a long string while it is
// checked, 1 for the queue's copy. Checking builds no objects.
const memoryPerByte = 4
