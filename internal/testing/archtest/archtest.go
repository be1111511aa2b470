// SPDX-License-Identifier: Apache-2.0

// Package archtest has tests only. They hold the code to the documents: the imports to the
// table of docs/design.md, go.mod to docs/dependencies.md, and the tests to
// docs/security.md. They also check the links of documents, the workflows, and what the
// public packages export and link.
package archtest
