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
package object
