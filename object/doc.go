// SPDX-License-Identifier: Apache-2.0

// Package object is the vocabulary of the objects that reports are made of: their
// types and identity, their relations, and the patterns that name objects by their
// relations.
//
// The types, parents before their children:
//
//	revision → checkout → build → test → incident
//	                      build ───────→ incident
//	issue → issue_version ─────────────→ incident
//
// # Patterns
//
// A Pattern names objects by what they are related to. Parse reads the language
// for them, which notifications and tools use:
//
//	>test[ci:1]<*#              all that is above a test
//	>revision[HASH, ""]#>*#     a revision and all below it
//
// Programs that know what they want build patterns with Of, All, Children and
// Parents. A store answers with a Set, or several, and a SetWriter writes them
// as JSON.
//
// A SetWriter is for one goroutine at a time. Several goroutines may use everything
// else at once, as long as none changes it.
package object
