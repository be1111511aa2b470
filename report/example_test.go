// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/kcidb-go/kcidb/report"
)

// Every fault of a report is there, with its place.
func ExampleError() {
	_, err := report.Decode([]byte(`{
		"version": {"major": 5, "minor": 3},
		"tests": [{"id": "ci:3", "origin": "ci", "buildid": "ci:2", "status": "OK"}]
	}`))
	if invalid, ok := errors.AsType[*report.Error](err); ok {
		for _, f := range invalid.Faults {
			fmt.Println(f)
		}
	}
	// Output:
	// tests[0] "ci:3" at /tests/0/buildid: expected no such property (did you mean "build_id"?), found "ci:2"
	// tests[0] "ci:3" at /tests/0/status: expected one of FAIL, ERROR, MISS, PASS, DONE, SKIP, found "OK"
	// tests[0] "ci:3" at /tests/0: expected a property "build_id", found none
}

// A stream is read value by value.
func ExampleReader_Next() {
	stream := report.NewReader(strings.NewReader(`{"version": {"major": 5}} {"version": {"major": 4}}`))
	for {
		text, err := stream.Next()
		if err != nil {
			break // io.EOF at the end
		}
		fmt.Printf("%s\n", text)
	}
	// Output:
	// {"version": {"major": 5}}
	// {"version": {"major": 4}}
}

// A large report comes in parts, each a report of its own.
func ExampleReader_Parts() {
	stream := strings.NewReader(`{"version": {"major": 5, "minor": 3}, "checkouts": [
		{"id": "ci:1", "origin": "ci"}, {"id": "ci:2", "origin": "ci"}, {"id": "ci:3", "origin": "ci"}
	]}`)
	for r, err := range report.NewReader(stream).Parts(2) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(r.Count())
	}
	// Output:
	// 2
	// 1
}

func ExampleWriter() {
	r := &report.Report{Builds: []report.Build{{
		ID: "ci:2", Origin: "ci", CheckoutID: "ci:1", Status: new(report.StatusPass),
	}}}
	var out strings.Builder
	w := report.NewWriter(&out)
	w.Indent = 2
	if err := w.Write(r); err != nil {
		log.Fatal(err)
	}
	_, lists, _ := strings.Cut(out.String(), "  },\n") // the version, which is Latest
	fmt.Print(lists)
	// Output:
	//   "builds": [
	//     {
	//       "id": "ci:2",
	//       "origin": "ci",
	//       "checkout_id": "ci:1",
	//       "status": "PASS"
	//     }
	//   ]
	// }
}

// A report is written while it is read, in little memory.
func ExampleWriter_WriteParts() {
	stream := report.NewReader(strings.NewReader(`{"version": {"major": 5, "minor": 0}, "tests": [
		{"id": "ci:3", "origin": "ci", "build_id": "ci:2", "start_time": "2025-07-01T12:00:00+02:00"},
		{"id": "ci:4", "origin": "ci", "build_id": "ci:2"}
	]}`))
	var out strings.Builder
	if err := report.NewWriter(&out).WriteParts(stream.Parts(1)); err != nil {
		log.Fatal(err)
	}
	_, lists, _ := strings.Cut(out.String(), "},") // the version, which is Latest
	fmt.Print(lists)
	// Output:
	// "tests":[{"id":"ci:3","origin":"ci","build_id":"ci:2","start_time":"2025-07-01T10:00:00+00:00"},{"id":"ci:4","origin":"ci","build_id":"ci:2"}]}
}
