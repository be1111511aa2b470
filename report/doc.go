// SPDX-License-Identifier: Apache-2.0

// Package report reads, checks, upgrades and writes reports of Linux kernel CI
// systems, as the KCIDB I/O schemas have them.
//
// # Reports
//
// A report is a JSON document with a version and lists of objects: checkouts of
// kernel source, builds of a checkout, tests of a build, issues seen in them,
// and incidents, which tie an issue to a build or a test.
//
//	{
//	    "version": {"major": 5, "minor": 3},
//	    "checkouts": [{"id": "ci:1", "origin": "ci", "tree_name": "mainline"}],
//	    "builds": [{"id": "ci:2", "origin": "ci", "checkout_id": "ci:1", "status": "PASS"}],
//	    "tests": [{"id": "ci:3", "origin": "ci", "build_id": "ci:2", "path": "boot", "status": "FAIL"}]
//	}
//
// An object's ID begins with its origin, the CI system it comes from. Objects
// name their parents by ID, and the parents may come in another report, later
// or never. Properties that begin with an underscore are metadata.
//
// # Versions
//
// There are 13 versions of the schema, from 1.1 to [Latest]. [Decode] takes
// a report of any of them and returns a [Report], the objects in the form they
// have in the latest version. This is what programs should work with.
//
// A [Document] is a report of any version as it was written, for tools that
// must tell or keep the difference: it validates, upgrades, merges and
// counts by the rules of the report's own version. [Schema] returns the JSON
// Schema of a version.
//
// # Faults
//
// What is wrong with a report is data: an [*Error] lists all faults, up to
// [MaxFaults], each with the object it is in, a JSON pointer to the value, what was
// expected and what was found.
//
//	_, err := report.Decode(text)
//	if invalid, ok := errors.AsType[*report.Error](err); ok {
//	    for _, f := range invalid.Faults {
//	        fmt.Println(f.ID, f.Pointer, f.Expected, f.Found)
//	    }
//	}
//
// Some faults are not the schema's business, and still no report with one is
// accepted, for no database keeps it as it is and no two readers need
// understand the same by it: NUL characters, repeated members, halves of
// surrogate pairs, numbers out of range, integers that would be rounded, times
// beyond the year 9999, nesting deeper than [MaxDepth], IDs and other names of
// more than 1024 bytes, a misc of more than 1 MiB. [Kind.OfSchema] tells them
// apart.
//
// # Cost
//
// A report may be made to cost much. Whatever a text is, [Decode] takes at most
// 6 times its length in memory and some 2 MiB, and 3 times as long as for a
// normal report of that length. It builds nothing any more once there is
// a fault, and stops after 400 faults ([Error] has Stopped then). [Check] judges
// as Decode does and builds nothing.
//
// # Two validators
//
// Reports of all versions are decoded, validated and upgraded in one pass over
// their bytes, faster than a JSON library reads their tokens. A Document is
// judged by a general JSON Schema library. The tests hold the two equal: the
// same faults in the same places, and the same objects of the latest version,
// for mutants of valid reports and for whatever fuzzing comes up with.
//
// # Streams
//
// A [Reader] reads streams of reports, one JSON value after the other, and a
// [Writer] writes them. Memory is bounded by the largest report; with
// [Reader.Parts] and [Writer.WriteParts] by a number of objects, however large
// a report is.
//
//	for r, err := range report.NewReader(os.Stdin).Parts(10_000) {
//	    if err != nil {
//	        return err
//	    }
//	    load(r)
//	}
//
// Nothing in this package keeps a report's text after it returns, and all of it
// may be used by several goroutines at once, a Reader, a Writer or a Document
// by one at a time.
package report
