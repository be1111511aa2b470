// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/object"
)

// plain is a dialect for people to read.
type plain struct{ Dialect }

func (plain) Tests() string                { return "tests" }
func (plain) Patchset(alias string) string { return alias + ".hash" }
func (plain) InIDs(_ object.Type, columns []string, n int) string {
	return strings.Join(columns, ",") + fmt.Sprintf(" in #%d", n)
}
func (plain) IDs(_ object.Type, ids []object.ID) []any { return []any{ids} }

func TestAsk(t *testing.T) {
	const r = "o.git_commit_hash IS NOT NULL AND o.hash IS NOT NULL"
	for _, c := range []struct {
		typ     object.Type
		pattern string
		few     bool
		keys    string
	}{
		{object.TypeTest, ">*#", false, "SELECT o.id FROM tests o WHERE TRUE"},
		{object.TypeIssue, ">*#", false, "SELECT DISTINCT o.id FROM issues o WHERE TRUE"},
		{object.TypeRevision, ">*#", false, "SELECT DISTINCT o.git_commit_hash, o.hash AS patchset_hash FROM checkouts o WHERE " + r},
		{object.TypeTest, ">build[a;b]>test#", true, "SELECT o.id FROM tests o WHERE o.build_id IN (SELECT o1.id FROM builds o1 WHERE o1.id in #1)"},
		// Back from IDs through all builds, and back from all tests.
		{object.TypeTest, ">build>test[a]#", true, "SELECT o.id FROM tests o WHERE o.id in #1 AND EXISTS (SELECT 1 FROM builds o1 WHERE o1.id = o.build_id AND TRUE)"},
		{object.TypeTest, ">build>test#", false, "SELECT o.id FROM tests o WHERE EXISTS (SELECT 1 FROM builds o1 WHERE o1.id = o.build_id AND TRUE)"},
		{object.TypeTest, ">incident<test[a]#", true, "SELECT o.id FROM tests o WHERE o.id in #1 AND EXISTS (SELECT 1 FROM incidents o1 WHERE o1.test_id = o.id AND TRUE)"},
		// From incidents, and up and down again.
		{object.TypeTest, ">incident<test#", true, "SELECT o.id FROM tests o WHERE o.id IN (SELECT o1.test_id FROM incidents o1 WHERE TRUE)"},
		{object.TypeTest, ">test<build>test#", true, "SELECT o.id FROM tests o WHERE o.build_id IN (SELECT o1.id FROM builds o1 WHERE " +
			"EXISTS (SELECT 1 FROM tests o2 WHERE o2.build_id = o1.id AND TRUE))"},
		// The members of groups have their keys.
		{object.TypeCheckout, ">revision[a,b]>checkout#", true, "SELECT o.id FROM checkouts o WHERE " + r + " AND o.git_commit_hash,o.hash in #1"},
		{object.TypeRevision, ">checkout[a]<revision#", true, "SELECT DISTINCT o.git_commit_hash, o.hash AS patchset_hash FROM checkouts o WHERE " + r + " AND o.id in #1"},
		{object.TypeCheckout, ">checkout[a]<revision>checkout#", true, "SELECT o.id FROM checkouts o WHERE o.id IN (SELECT o2.id FROM " +
			"(SELECT DISTINCT o1.git_commit_hash AS h, o1.hash AS p FROM checkouts o1 WHERE o1.git_commit_hash IS NOT NULL AND o1.hash IS NOT NULL AND o1.id in #1) k " +
			"CROSS JOIN checkouts o2 WHERE o2.git_commit_hash = k.h AND o2.hash = k.p)"},
		{object.TypeIncident, ">issue_version[a,1]>incident#", true, "SELECT o.id FROM incidents o WHERE (o.issue_id, o.issue_version) IN " +
			"(SELECT o1.id, o1.version FROM issues o1 WHERE o1.id,o1.version in #1)"},
	} {
		all, err := object.Parse(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		q, ok := Ask(plain{}, c.typ, all)
		if diff := cmp.Diff(c.keys, q.Keys); !ok || diff != "" || q.Few != c.few {
			t.Errorf("%s: few: %t, -want +got:\n%s", c.pattern, q.Few, diff)
		}
	}
}

// TestAskForSeveral asks once for all patterns, with each list of IDs once.
func TestAskForSeveral(t *testing.T) {
	all, err := object.Parse(">checkout[a]#>*#")
	if err != nil {
		t.Fatal(err)
	}
	q, _ := Ask(plain{}, object.TypeIncident, all)
	if strings.Count(q.Keys, " UNION SELECT ") != 1 || q.Where != "" || len(q.Args) != 1 {
		t.Errorf("%d lists of IDs for %s", len(q.Args), q.Keys)
	}
	streamed := []object.Pattern{object.All(object.TypeBuild).Children(object.TypeTest), object.All(object.TypeTest).Parents(object.TypeBuild), object.All(object.TypeIssue)}
	streamed = append(streamed, object.All(object.TypeIncident).Parents(object.TypeTest))
	if q, _ := Ask(plain{}, object.TypeTest, streamed); strings.Count(q.Keys, " UNION SELECT ") != 1 {
		t.Errorf("few and all in one: %s", q.Keys)
	}
	if q, ok := Ask(plain{}, object.TypeTest, append(streamed, object.All(object.TypeTest))); !ok || q.Where != "TRUE" {
		t.Errorf("everything is asked for by %s", q.Keys)
	}
	for _, nothing := range [][]object.Pattern{nil, {object.All(object.TypeBuild)}, {object.Of(object.TypeTest)}, {object.Of(object.TypeBuild).Children(object.TypeTest)}} {
		if q, ok := Ask(plain{}, object.TypeTest, nothing); ok {
			t.Errorf("%s is asked for by %s", object.Format(nothing), q.Keys)
		}
	}
}

func TestPossibleIDs(t *testing.T) {
	got := possibleIDs(object.TypeIssueVersion, []object.ID{{"a", "01"}, {"a", "x"}, {"a", "2147483648"}, {"\x00", "1"}, {"\xff", "1"}, {"b", "-2"}})
	if diff := cmp.Diff([]object.ID{{"a", "1"}, {"b", "-2"}}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestNoRelation panics for a pattern that Parse does not return.
func TestNoRelation(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a test has checkouts")
		}
	}()
	test := object.All(object.TypeTest)
	Ask(plain{}, object.TypeCheckout, []object.Pattern{{Base: &test, Child: true, Type: object.TypeCheckout}})
}
