// SPDX-License-Identifier: Apache-2.0

package object_test

import (
	"encoding/json"
	"fmt"
	"log"

	"github.com/kcidb-go/kcidb/object"
)

// A "*" stands for all types that the step can reach, so a text may expand to several
// patterns.
func ExampleParse() {
	patterns, err := object.Parse(`>test[ci:1]<*#`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(object.Format(patterns))
	// Output:
	// >test[ci:1]<build#
	// >test[ci:1]<build<checkout#
	// >test[ci:1]<build<checkout<revision#
}

func ExampleParse_any() {
	for _, text := range []string{">test[ci:1]<*#", ">test[ci:1]<*$", ">revision<*#", ">revision<*$"} {
		patterns, _ := object.Parse(text)
		fmt.Println(text, "has", len(patterns))
		for _, p := range patterns {
			fmt.Println("   ", p)
		}
	}
	// Output:
	// >test[ci:1]<*# has 3
	//     >test[ci:1]<build#
	//     >test[ci:1]<build<checkout#
	//     >test[ci:1]<build<checkout<revision#
	// >test[ci:1]<*$ has 1
	//     >test[ci:1]<build<checkout<revision#
	// >revision<*# has 0
	// >revision<*$ has 1
	//     >revision#
}

// IDs may come in lists of their own, so that a program does not have to quote them.
func ExampleParse_supplied() {
	patterns, _ := object.Parse(`>revision%#>checkout#`, []object.ID{{"5e29d1443c46", ""}})
	fmt.Println(object.Format(patterns))
	// Output:
	// >revision[5e29d1443c46, ""]#
	// >revision[5e29d1443c46, ""]>checkout#
}

// The error has the place and the reason.
func ExampleParse_error() {
	_, err := object.Parse(">build>Test#")
	fmt.Println(err)
	// Output:
	// pattern: at 7: no type "Test": the types are revision, checkout, build, test, issue, issue_version, incident
}

// A program builds a pattern step by step.
func ExampleOf() {
	checkout := object.Of(object.TypeCheckout, object.ID{"ci:1"}, object.ID{"ci:2"})
	fmt.Println(checkout.Children(object.TypeBuild).Children(object.TypeTest))
	// Output: >checkout[ci:1; ci:2]>build>test#
}

// A reference of an object is also the pattern that names this object only.
func ExampleRef_Pattern() {
	ref := object.IssueVersionRef("ci:issue-1", 3)
	fmt.Println(ref, ref.Pattern())
	// Output: issue_version[ci:issue-1, 3] >issue_version[ci:issue-1, 3]#
}

// A set in JSON has a list for each type.
func ExampleSet_MarshalJSON() {
	set := &object.Set{Issues: []object.Issue{{ID: "ci:issue-1", Origin: "ci"}}}
	text, err := json.Marshal(set)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	// Output: {"issue":[{"id":"ci:issue-1","origin":"ci"}]}
}
