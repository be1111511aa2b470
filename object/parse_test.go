// SPDX-License-Identifier: Apache-2.0

package object_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/testing/conformance"
	"github.com/kcidb-go/kcidb/object"
)

func TestParseConforms(t *testing.T) {
	for _, c := range conformance.Patterns(t) {
		patterns, err := object.Parse(c.Pattern)
		if c.Error {
			if _, ok := errors.AsType[*object.SyntaxError](err); !ok {
				t.Errorf("%s\ngot %v, %v, want a syntax error", c.Pattern, patterns, err)
			}
			continue
		}
		got := []string{}
		for _, p := range patterns {
			got = append(got, p.String())
		}
		slices.Sort(got)
		if diff := cmp.Diff(c.Parsed, got); err != nil || diff != "" {
			t.Errorf("%s\nerror %v, patterns (-want +got):\n%s", c.Pattern, err, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	one := []object.ID{{"a:1"}}
	for _, c := range []struct {
		text string
		ids  [][]object.ID
		at   int
		msg  string
	}{
		{"build#", nil, 0, `expected ">" or "<", found "b"`},
		{" >", nil, 2, `expected a type, found the end`},
		{">>", nil, 1, `expected a type, found ">"`},
		{">nosuch#", nil, 1, `no type "nosuch": the types are revision, checkout, build, test, issue, issue_version, incident`},
		{"<build#", nil, 1, `expected ">" as the first step, found "<": there is nothing above everything`},
		{">build#>checkout#", nil, 8, `no child checkout of build: there is incident, test`},
		{">build<issue#", nil, 7, `no parent issue of build: there is checkout`},
		{">incident>test#", nil, 10, `no child test of incident: there is none`},
		{">incident<*>build#", nil, 12, `no child build of revision, issue: there is checkout, issue_version`},
		{">build##", nil, 7, `expected ">" or "<", found "#"`},
		{">build[a,b]#", nil, 7, `expected id, the ID of build, found another number of fields: 2`},
		{">build[x;a,b]#", nil, 9, `expected id, the ID of build, found another number of fields: 2`},
		{">revision[a]#", nil, 10, `expected git_commit_hash, patchset_hash, the ID of revision, found another number of fields: 1`},
		{">issue_version[x,one]#", nil, 15, `expected an integer of 32 bits as version_num, found "one"`},
		{">issue_version[x,4294967296]#", nil, 15, `expected an integer of 32 bits as version_num, found "4294967296"`},
		{">build[a:1", nil, 10, `expected ";" or "]", found the end`},
		{">build[a:1 a:2]", nil, 11, `expected ";" or "]", found "a"`},
		{">build[a:1;]", nil, 11, `expected a field of an ID, found "]"`},
		{">build[é]", nil, 7, `expected a field of an ID, found "é"`},
		{`>build["a`, nil, 9, `expected a closing quote, found the end`},
		{`>build["a\x"]`, nil, 10, `expected a quote or a backslash behind the backslash, found "x"`},
		{">*[a:1]#", nil, 2, `expected a single type for IDs, found "*"`},
		{">build%#", nil, 6, `expected IDs for "%", found none supplied`},
		{">build%#>test%", [][]object.ID{one}, 13, `expected IDs for "%", found none supplied`},
		{">build%#", [][]object.ID{one, one}, 8, `expected a "%" for each of 2 lists of IDs, found 1`},
		{">build%#", [][]object.ID{{{"a:1"}, {"a", "b"}}}, 6, `expected id, the ID of build, found another number of fields: 2, in ID 2 of those supplied`},
		{">issue_version%#", [][]object.ID{{{"a:1"}}}, 14, `expected an integer of 32 bits as version_num, found "", in ID 1 of those supplied`},
		{">build[\x00]", nil, 7, `expected text, found a NUL character`},
		{">build[\"\xff\"]", nil, 8, `expected UTF-8, found the byte 0xff`},
		{strings.Repeat(" ", 1<<20+1), nil, 1 << 20, `expected at most 1048576 bytes, found 1048577`},
		{">build" + strings.Repeat(">test<build", 16) + "#", nil, 176, `expected at most 32 steps`},
		{">issue" + strings.Repeat(">*<issue_version<*", 10) + "#", nil, 149, `expected at most 32 steps, found more when expanding`},
		{strings.Repeat(">*<*", 16) + "#", nil, 13, `expected at most 1000 patterns, found more when expanding`},
	} {
		_, err := object.Parse(c.text, c.ids...)
		want := &object.SyntaxError{What: "pattern", Offset: c.at, Msg: c.msg}
		got, _ := errors.AsType[*object.SyntaxError](err)
		if !cmp.Equal(got, want) {
			t.Errorf("Parse(%.40q):\ngot  %v\nwant %v", c.text, err, want)
		}
	}
}

func TestParseGoesOnFromWhatHasTheRelation(t *testing.T) {
	patterns, err := object.Parse(">incident<*>checkout#")
	want := ">incident<build<checkout<revision>checkout#\n>incident<test<build<checkout<revision>checkout#"
	if got := object.Format(patterns); err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestParseSupplied(t *testing.T) {
	for _, c := range []struct {
		ids  []object.ID
		want string
	}{
		{nil, ">issue_version[]#"},
		{[]object.ID{{"b", "2"}, {"a b", "007"}, {"b", "2"}, {"b", "10"}}, `>issue_version["a b", 7; b, 10; b, 2]#`},
	} {
		patterns, err := object.Parse(">issue_version % #", c.ids)
		if got := object.Format(patterns); err != nil || got != c.want {
			t.Errorf("got %v, %v, want %v", got, err, c.want)
		}
	}
	empty, err := object.Parse(">build[]#")
	if want := []object.Pattern{object.Of(object.TypeBuild)}; err != nil || !cmp.Equal(empty, want, cmp.Transformer("", func(ids []object.ID) int { return len(ids) })) {
		t.Errorf("got %#v, %v, want %#v", empty, err, want)
	}
}
