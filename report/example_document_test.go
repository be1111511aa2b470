// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"errors"
	"fmt"
	"log"

	"github.com/kcidb-go/kcidb/report"
)

// A report of an old version is decoded into the objects of the latest.
func ExampleDecode() {
	r, err := report.Decode([]byte(`{
		"version": {"major": 4, "minor": 0},
		"builds": [{"id": "ci:b1", "origin": "ci", "checkout_id": "ci:c1", "architecture": "arm64", "valid": true}]
	}`))
	if err != nil {
		log.Fatal(err)
	}
	b := r.Builds[0]
	fmt.Println(b.ID, *b.Architecture, *b.Status)
	// Output: ci:b1 arm64 PASS
}

func ExampleDecode_refused() {
	_, err := report.Decode([]byte(`{
		"version": {"major": 4, "minor": 5},
		"checkouts": [{"id": "ci:c1", "origin": "ci", "git_repository_url": "git://git.example.org/linux.git"}]
	}`))
	fmt.Println(err)
	// Output: checkouts[0] "ci:c1" at /checkouts/0/git_repository_url: expected a URL beginning with https://, needed since version 5.0, found "git://git.example.org/linux.git"
}

// All faults are found, not only the first.
func ExampleValidate() {
	err := report.Validate([]byte(`{
		"version": {"major": 4, "minor": 0},
		"tests": [{"id": "ci:t1", "origin": "ci", "build_id": "ci:b1", "status": "OK", "comment": null}]
	}`))
	if invalid, ok := errors.AsType[*report.Error](err); ok {
		for _, fault := range invalid.Faults {
			fmt.Println(fault.ID, fault.Kind, fault.Pointer)
		}
	}
	// Output:
	// ci:t1 enum /tests/0/status
	// ci:t1 type /tests/0/comment
}

func ExampleDocument_Upgrade() {
	d, err := report.ParseDocument([]byte(`{"version": "1", "revisions": [{"origin": "ci", "origin_id": "v6.10", "description": "first"}]}`))
	if err != nil {
		log.Fatal(err)
	}
	if err := d.Upgrade(report.Version{Major: 5, Minor: 3}); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", d.JSON())
	// Output: {"version":{"major":5,"minor":3},"checkouts":[{"id":"_:ci:v6.10","comment":"first","origin":"ci","patchset_hash":""}]}
}

// Reports of different versions are merged into one of the newest.
func ExampleDocument_Merge() {
	merged := report.NewDocument(report.Version{Major: 4, Minor: 0})
	for _, text := range []string{
		`{"version": {"major": 4, "minor": 0}, "checkouts": [{"id": "ci:c1", "origin": "ci"}]}`,
		`{"version": {"major": 5, "minor": 1}, "checkouts": [{"id": "ci:c1", "origin": "ci", "valid": true}]}`,
	} {
		d, err := report.ParseDocument([]byte(text))
		if err != nil {
			log.Fatal(err)
		}
		if err := merged.Merge(d); err != nil {
			log.Fatal(err)
		}
	}
	if err := merged.Dedup(report.KeepLast); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", merged.JSON())
	// Output: {"version":{"major":5,"minor":1},"checkouts":[{"id":"ci:c1","origin":"ci","valid":true}]}
}

func ExampleDocument_IDs() {
	d, err := report.ParseDocument([]byte(`{"version": {"major": 5, "minor": 3}, "issues": [{"id": "ci:i1", "origin": "ci", "version": 2}]}`))
	if err != nil {
		log.Fatal(err)
	}
	ids, err := d.IDs()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(ids)
	// Output: map[issues:[[ci:i1 2]]]
}
