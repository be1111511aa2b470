// SPDX-License-Identifier: Apache-2.0

// Package walk answers questions about related objects for a database that can only find
// objects by their own keys and by the keys of their parents, such as BigQuery.
//
// Each call of such a database has a high price and latency, no matter how little it reads.
// So this package goes from set to set: it asks for a list once per step, with all keys
// together, and for several steps at once if they lead to the same list. It reads only keys
// and references, unless the objects are wanted and few. The objects of a large answer are
// read when they are returned, in one stream per list.
//
// How often a Finder is called:
//
//   - Query: once for each list that is read on the way up or down, and once for each list
//     whose objects were not read on the way. That is at most once per list if only the
//     given objects, or they and their children, are wanted;
//   - Match: at most once for each step that differs from other steps, and once per list of
//     the answer. Patterns from one object up ("<*#") or down (">*#") need one call per list;
//   - Outcomes and Runs: once for each group of builds;
//   - Previous: once for the branch, and once for each group of checkouts.
//
// In memory are the keys of the objects of the answer and of the steps towards it, and at
// most maxHeld whole objects and those of the report or set that is returned next. Revisions and
// issues of an answer are in memory, too: they are not much larger than their keys.
package walk
