// SPDX-License-Identifier: Apache-2.0

// Package archtest has tests only. They hold the code to the rules in docs: the imports
// to the table of docs/design.md, go.mod to docs/dependencies.md, and the tests to
// docs/security.md.
package archtest
