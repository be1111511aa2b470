// SPDX-License-Identifier: Apache-2.0

package grafana_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
)

// answers are the results of panels for the small history in
// testdata/regression.json, in which a revision breaks a test and a build: the
// values of their first columns.
var answers = []struct {
	uid, panel string
	subject    values
	want       []string
}{
	{"kcidb-repository", "Branches", values{"repository": text("https://git.example.org/linux.git")}, []string{
		"FAIL|patches|111111111111 + patches",
		"FAIL|main|v6.19-rc4-2-g222222222222",
	}},
	{"kcidb-branch", "Latest revision", mainBranch, []string{"FAIL|1|2|1|0|2|v6.19-rc4-2-g222222222222"}},
	{"kcidb-branch", "New failures", mainBranch, []string{
		"FAIL|boot|arm64|defconfig|gcc-14|bcm2711-rpi-4-b|v6.19-rc4-2-g222222222222|v6.19-rc4-1-g111111111111|myci:bad",
	}},
	{"kcidb-branch", "Builds by revision", mainBranch, []string{
		"v6.19-rc4-1-g111111111111|0|0|0|1|0|0|0",
		"v6.19-rc4-2-g222222222222|1|0|0|1|0|0|0",
	}},
	{"kcidb-branch", "Tests by revision", mainBranch, []string{
		"v6.19-rc4-1-g111111111111|0|0|0|1|0|0|0",
		"v6.19-rc4-2-g222222222222|1|0|0|1|0|0|0",
	}},
	{"kcidb-branch", "Tests failing most", mainBranch, []string{"boot|1|3|0.3333333333333333|1|arm64"}},
	{"kcidb-revision", "Verdict", badRevision, []string{"FAIL|1|1|0|1|2|2"}},
	{"kcidb-revision", "Failing tests by path", badRevision, []string{"boot|1|2|0.5|arm64|bcm2711-rpi-4-b|myci"}},
	{"kcidb-checkout", "Verdict", values{"id": text("myci:patched")}, []string{"FAIL|FAIL|0|0|0|0|0"}},
	{"kcidb-checkout", "Log excerpt", values{"id": text("myci:patched")}, []string{
		"2026-01-04 06:00:00.001 +0000 UTC|Applying: example: add a counter",
		"2026-01-04 06:00:00.002 +0000 UTC|error: patch failed: example.c:1",
		"2026-01-04 06:00:00.003 +0000 UTC|",
	}},
	{"kcidb-checkout", "Builds", values{"id": text("myci:bad")}, []string{
		"FAIL|riscv|defconfig|gcc-14", "PASS|arm64|defconfig|gcc-14",
	}},
	{"kcidb-build", "Verdict", values{"id": text("myci:bad")}, []string{"PASS|FAIL|1|0|2"}},
	{"kcidb-build", "Issues", values{"id": text("myci:broken")}, []string{"yes|A semicolon is missing|kernel"}},
	{"kcidb-build", "The same configuration on this branch", values{"id": text("myci:good")}, []string{
		"PASS|2026-01-06 08:00:00 +0000 UTC|v6.19-rc4-2-g222222222222|<nil>|myci|myci:bad",
		"PASS|2026-01-05 08:00:00 +0000 UTC|v6.19-rc4-1-g111111111111|<nil>|myci|myci:good (this one)",
	}},
	{"kcidb-test", "Verdict", values{"id": text("myci:bad")}, []string{"FAIL|PASS|1|1|2"}},
	{"kcidb-test", "The same test here", values{"id": text("myci:bad")}, []string{
		"FAIL|2026-01-06 09:00:00 +0000 UTC|v6.19-rc4-2-g222222222222|main",
		"PASS|2026-01-05 09:00:00 +0000 UTC|v6.19-rc4-1-g111111111111|main",
	}},
	{"kcidb-test", "The same test elsewhere", values{"id": text("myci:bad")}, []string{"PASS|arm64|defconfig|gcc-14|qemu-arm64"}},
}

var (
	mainBranch  = values{"repository": text("https://git.example.org/linux.git"), "branch": text("main")}
	badRevision = values{"git_commit_hash": text(strings.Repeat("2", 40))}
)

func testAnswers(t *testing.T, conn *pgx.Conn, all map[string]*dashboard, period period) {
	for _, a := range answers {
		values := all[a.uid].values(text(""))
		maps.Copy(values, a.subject)
		sql := all[a.uid].statements()["panel "+a.panel]
		rows, err := conn.Query(t.Context(), substitute(t, sql, values, period))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for rows.Next() {
			row, err := rows.Values()
			if err != nil {
				t.Fatal(err)
			}
			columns := strings.Count(a.want[0], "|") + 1
			var texts []string
			for _, value := range row[:columns] {
				texts = append(texts, fmt.Sprint(value))
			}
			got = append(got, strings.Join(texts, "|"))
		}
		if err := rows.Err(); err != nil {
			t.Errorf("%s: %s: %v", a.uid, a.panel, err)
		}
		if diff := cmp.Diff(a.want, got); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", a.uid, a.panel, diff)
		}
	}
}
