// SPDX-License-Identifier: Apache-2.0

// Package object is the vocabulary of the objects that reports are made of, and
// of what is derived from them: their types and identity, which are parents and
// children of which, the patterns that name objects by their relations, how sets
// of results are summed up, and the tree that tests form by their paths.
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
// Programs that know what they want build patterns of Of, All, Children and
// Parents. A store answers with a Set, or several, and a SetWriter writes them
// as JSON.
//
// # Summaries
//
// What is told of many results is computed here alone, so that mails, pages and
// the API tell the same: Worst of some statuses, Counts by status, By name, Tree
// by the paths of tests, and Groups of results that differ only in where they
// came about.
//
// Trees, groups and writers are for one goroutine at a time; all else may be used
// by several at once as long as none changes it.
package object
