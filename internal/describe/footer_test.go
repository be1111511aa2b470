// SPDX-License-Identifier: Apache-2.0

package describe_test

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/object"
)

func TestFooter(t *testing.T) {
	o := graph.New(t.Context(), open(t)).Object(object.TestRef("ci:t1"))
	var all []string
	for _, d := range []*describe.Data{
		{
			Object: o, Subscription: "net-regressions", About: "Tests of networking that passed and now fail, in mainline, net and net-next.",
			Reason: "test.path fits kselftest.net.**, and its status went from PASS to FAIL", Was: "PASS", Now: "FAIL",
			Base: base, Stop: base + "/subscriptions/net-regressions",
		},
		{Object: o, Subscription: "mine"},
		{Object: o, Base: base},
		{Object: o, Subscription: "a\nb \x1b[1m", About: "For\n\n\nyou\n", Reason: strings.Repeat("because ", 100)},
	} {
		footer := d.Footer().Text()
		checkPlain(t, footer)
		all = append(all, footer)
	}
	golden(t, "footer", strings.Join(all, strings.Repeat("=", 72)+"\n"))
}

// TestTemplates executes a template of a user over what there is.
func TestTemplates(t *testing.T) {
	s := open(t, world())
	found, err := graph.New(t.Context(), s).Find(object.TestRef("ci:t7"))
	if err != nil {
		t.Fatal(err)
	}
	d := &describe.Data{Object: found[0], Was: "PASS", Now: "FAIL", Base: base}
	for _, c := range []struct{ text, want string }{
		{`[net] {{.Object.Path}}: {{.Was}} -> {{.Now}}`, "[net] ltp.syscalls.call000: PASS -> FAIL"},
		{`{{template "summary" .}}`, "PASS: ltp.syscalls.call000 on board-7, v6.16-rc5-245-g5e29d1443c46 (net-next) with 2 patches, as before"},
		{`{{.Link}}`, base + "/test/ci:t7"},
		{`{{link .Base (ref .Object.Build)}}`, base + "/build/ci:b7"},
		{`{{name .Object.Build}}; {{short .Object.Build.Checkout.Commit}}`, "x86_64 allmodconfig, gcc-14; 5e29d1443c46"},
		{`{{number 5310}} {{plural 1 "test"}} {{plural 2 "patch" "patches"}}`, "5,310 1 test 2 patches"},
		{`{{field "Path" .Object.Path -}}{{field "None" "" -}}{{field "List" (.Object.Compatible) 7}}`, "Path:         ltp.syscalls.call000\nList:         7\n"},
		{`{{indent 99999999999 "a"}}|{{indent -1 "a"}}`, strings.Repeat(" ", 40) + "a|a"},
		{`{{date .Object.Build.Checkout.Start}}, {{duration .Object.Took}}`, "2026-02-21 09:30 UTC, 0 ms"},
		{`{{with .Object.Build.Tests.Counts}}{{counts .}}{{end}}`, "111: 111 PASS"},
		{`{{cut 5 "abcdefgh"}}|{{line "a\nb"}}|{{indent 2 "a\n\nb"}}|{{several 1 (slice .Origins 0 1)}}`, "ab...|a b|  a\n\n  b|ci"},
	} {
		var b strings.Builder
		one, err := describe.Templates().New("mine").Parse(c.text)
		if err == nil {
			err = one.Execute(&b, d)
		}
		if err != nil || b.String() != c.want {
			t.Errorf("%s\ngot  %q, %v\nwant %q", c.text, b.String(), err, c.want)
		}
	}
}

// A caller that redefines a template redefines it only in its own copy.
func TestTemplatesAreCopies(t *testing.T) {
	o := graph.New(t.Context(), open(t)).Object(object.TestRef("ci:t1"))
	if _, err := describe.Templates().Parse(`{{define "summary"}}mine{{end}}`); err != nil {
		t.Fatal(err)
	}
	if got, err := describe.Summary(o); err != nil || got != "test ci:t1 is not in the database" {
		t.Errorf("got %q, %v", got, err)
	}
}
