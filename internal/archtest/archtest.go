// SPDX-License-Identifier: Apache-2.0

// Package archtest holds nothing but its tests: the rules of the house that a
// machine can keep. See docs/design.md.
package archtest
