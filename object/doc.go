// SPDX-License-Identifier: Apache-2.0

// Package object is the vocabulary of the objects in reports: their types and identity,
// their relations, and the patterns that name objects by their relations.
//
// The types, parents before their children:
//
//	revision → checkout → build → test → incident
//	                      build ───────→ incident
//	issue → issue_version ─────────────→ incident
//
// A revision is the code that was tested: all checkouts of a commit with the same patches.
// An issue is a fault that a test or a person found; it has versions, and incidents tie a
// version to the builds and tests that show it.
//
// # Patterns
//
// A [Pattern] names objects by their relations to other objects. [Parse] reads the
// language for patterns, which subscriptions, commands and the API use. A step ">test"
// leads to children, "<build" to parents, "*" through all types. A "#" after a step matches
// all objects that the step reaches, a "$" only the objects at its end:
//
//	>test[ci:1]<*#                        a test and everything above it
//	>revision[HASH, ""]#>*#               a revision and everything below it
//	>checkout[ci:2]>build>test#           the tests of a checkout
//	>issue[ci:3]>issue_version>incident#  where an issue was seen
//
// Programs also build patterns with [Of], [All], [Pattern.Children] and [Pattern.Parents].
// [Pattern.String] gives the canonical text, which Parse reads back.
//
// # References and sets
//
// A [Ref] names one object; its text is test[ci:1] or revision[HASH, ""]. A [Set] holds
// objects of any types. The client's Match returns sets. [SetWriter] writes sets as one
// JSON object, and [ReadSets] reads that JSON, both with bounded memory.
//
// # Promises
//
// Patterns are bounded: a text has at most 1 MiB and 32 steps, and expands to at most
// 1,000 patterns. A SetWriter is for one goroutine at a time. Several goroutines may use
// everything else at once, as long as no goroutine changes it.
package object
