// SPDX-License-Identifier: Apache-2.0

// Package report reads, checks, upgrades and writes reports of Linux kernel CI systems, in
// the format of the KCIDB I/O schemas. A CI system needs it to write reports, and a tool
// to evaluate them. It does no I/O of its own, and imports no other package of this module.
//
// # Reports
//
// A report is a JSON document with a version and lists of objects: checkouts of kernel
// source, builds of a checkout, tests of a build, issues, and incidents. An incident ties
// an issue to a build or a test that shows it.
//
//	{
//	    "version": {"major": 5, "minor": 3},
//	    "checkouts": [{"id": "ci:1", "origin": "ci", "tree_name": "mainline"}],
//	    "builds": [{"id": "ci:2", "origin": "ci", "checkout_id": "ci:1", "status": "PASS"}],
//	    "tests": [{"id": "ci:3", "origin": "ci", "build_id": "ci:2", "path": "boot", "status": "FAIL"}]
//	}
//
// The ID of an object begins with its origin, the CI system that reports it. Objects name
// their parents by ID. The parents may come in another report, later or never. Properties
// that begin with an underscore are metadata.
//
// # Versions
//
// The [Versions] of the schema go from 1.1 to [Latest]. [Decode] takes a report of any
// version and returns a [Report], with the objects in the form of the latest version.
// Programs should work with a Report.
//
// A [Document] is a report of any version as it was written, for tools that must see or
// keep the difference. It validates, upgrades, merges and counts by the rules of the
// report's own version. [Schema] returns the JSON Schema of a version.
//
// # Faults
//
// The faults of a report are data. An [*Error] lists all faults, up to [MaxFaults], each
// with its object, a JSON pointer to the value, the expected and the found value.
//
//	_, err := report.Decode(text)
//	if invalid, ok := errors.AsType[*report.Error](err); ok {
//	    for _, f := range invalid.Faults {
//	        fmt.Println(f.ID, f.Pointer, f.Expected, f.Found)
//	    }
//	}
//
// Some values are faults although the schema allows them. No database keeps such a value
// as it is, or two readers may understand it differently: NUL characters, repeated members,
// halves of surrogate pairs, numbers out of range, integers that would be rounded, times
// beyond the year 9999, nesting deeper than [MaxDepth], IDs and other names of more than
// 1024 bytes, a misc of more than 1 MiB. [Kind.OfSchema] distinguishes these faults from
// faults of the schema.
//
// [Sift] takes the objects with faults out of a report, and keeps the others. It also repairs
// values that need no guess (see [RepairKind]): console logs contain NUL characters and bytes
// that are not UTF-8, and scripts write null for an unknown value.
//
// # Which check to call
//
// A CI system that writes reports should call [Check] before it sends them: it finds the
// faults that a service finds, and builds no objects. The client of package kcidb checks
// each report itself.
//
//   - [Check] accepts a report of any version that a service accepts. It counts the objects.
//   - [Decode] accepts the same reports, and returns the objects in the latest version.
//   - [CheckFor] and [DecodeFor] also find the objects of origins that the sender may not
//     report.
//   - [Sift] accepts each report that has a good object, [SiftCheck] only counts these
//     objects, and [Repaired] returns the text of the report without the other objects.
//   - [Validate] also accepts a report that is valid in its version, but has a value that
//     the latest version cannot express ([KindUpgrade]). A service refuses such a report.
//   - [Document.Validate] is Validate for a Document, up to a version that you name. It
//     finds all faults, while the functions above stop after 400.
//   - [Document.ValidateExactly] checks against the schema of one version, and accepts older
//     reports with the same major number that this schema can read.
//
// # Cost
//
// A sender may write a report so that decoding it costs much. For any text, [Decode]
// takes at most 6 times its length in memory and some 2 MiB, and 3 times the time of a
// normal report of that length. It builds no objects after the first fault, and stops
// after 400 faults; [Error] then has Stopped set. [Check] finds the same faults as
// Decode, and builds no objects.
//
// # Two validators
//
// Decode decodes, validates and upgrades reports of all versions in one pass over their
// bytes, faster than a JSON library reads their tokens; a Document is checked by the same
// code. Tests hold it against a validator that uses a general JSON Schema library. Both
// find the same faults in the same places, and the same objects of the latest version, for
// mutants of valid reports and in fuzzing.
//
// # Streams
//
// A [Reader] reads streams of reports, one JSON value after the other, and a [Writer]
// writes them. Memory is bounded by the largest report. With [Reader.Parts] and
// [Writer.WriteParts] it is bounded by a number of objects, for reports of any size.
//
//	for r, err := range report.NewReader(os.Stdin).Parts(10_000) {
//	    if err != nil {
//	        return err
//	    }
//	    load(r)
//	}
//
// # Promises
//
// No function keeps the text of a report after it returns. Several goroutines may use the
// package at once. A Reader, a Writer or a Document is for one goroutine at a time.
package report
