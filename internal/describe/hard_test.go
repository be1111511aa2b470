// SPDX-License-Identifier: Apache-2.0

package describe_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

const commit = "5e29d1443c46b6ca70a4c940a67e8c09f05dcb7e"

// start is when the checkout with the number began.
func start(n int) *time.Time {
	return new(time.Date(2026, 2, 20+n, 9, 30, 0, 0, time.UTC))
}

// world is a revision that was tested by two CI systems: a driver for a network
// card broke on all boards that have it, and one configuration does not build.
func world() *report.Report {
	r := &report.Report{Checkouts: []report.Checkout{
		{
			ID: "ci:c0", Origin: "ci", TreeName: new("net-next"), GitRepositoryURL: new("https://git.example.org/net-next.git"),
			GitRepositoryBranch: new("main"), GitCommitHash: new("0123456789abcdef0123456789abcdef01234567"),
			GitCommitName: new("v6.16-rc4-12-g0123456789ab"), StartTime: start(0), Valid: new(true),
		},
		{
			ID: "ci:c1", Origin: "ci", TreeName: new("net-next"), GitRepositoryURL: new("https://git.example.org/net-next.git"),
			GitRepositoryBranch: new("main"), GitCommitHash: new(commit), GitCommitName: new("v6.16-rc5-245-g5e29d1443c46"),
			GitCommitMessage: new("net: stmmac: check the return value before it is used\n\nSigned-off-by: Zoë <zoe@example.org>\n"),
			PatchsetHash:     new("8daceee2092f073ff80b9465aef7ac86d66c7a644fb12853ef86dcfaea21818b"), MessageID: new("<20260220.1@example.org>"),
			PatchsetFiles: []report.Resource{
				{Name: "0001-net-stmmac-use-the-right-clock.patch", URL: "https://lore.example.org/1"},
				{Name: "0002-net-stmmac-say-which-clock.patch", URL: "https://lore.example.org/2"},
			},
			StartTime: start(1), Valid: new(true), OriginBuildsFinishTime: start(2), OriginTestsFinishTime: start(2),
		},
	}}
	for i := range 48 {
		arch := []string{"arm", "arm64", "riscv", "x86_64"}[i%4]
		b := report.Build{
			ID: fmt.Sprintf("ci:b%d", i), Origin: "ci", CheckoutID: "ci:c1", Architecture: &arch, Compiler: new("gcc-14"),
			ConfigName: new([]string{"defconfig", "allmodconfig", "tinyconfig"}[i/4%3]), Status: new(report.StatusPass),
		}
		if i == 7 {
			b.Status, b.LogURL = new(report.StatusFail), new("https://files.example.org/b7/build.log")
			b.LogExcerpt = new(strings.Repeat("  CC [M]  drivers/net/something.o\n", 90) +
				"drivers/net/ethernet/stmicro/stmmac/stmmac_main.c: In function ‘stmmac_probe’:\n" +
				"drivers/net/ethernet/stmicro/stmmac/stmmac_main.c:7412:9: error: implicit declaration of function ‘stmmac_clock’\n" +
				" 7412 |         stmmac_clock(priv);\n      |         ^~~~~~~~~~~~\n" +
				"make[6]: *** [scripts/Makefile.build:287: drivers/net/ethernet/stmicro/stmmac/stmmac_main.o] Error 1\n" +
				strings.Repeat("  CC [M]  drivers/net/other.o\n", 40) + "make: *** [Makefile:248: __sub-make] Error 2\n")
		}
		r.Builds = append(r.Builds, b)
	}
	for i := range 5310 {
		r.Tests = append(r.Tests, report.Test{
			ID: fmt.Sprintf("ci:t%d", i), Origin: "ci", BuildID: fmt.Sprintf("ci:b%d", i%48),
			Path: new(fmt.Sprintf("ltp.syscalls.call%03d", i/48)), Status: new(report.StatusPass),
			Environment: &report.Environment{Misc: json.RawMessage(fmt.Sprintf(`{"platform": "board-%d"}`, i%60))},
		})
	}
	return r
}

// TestEqualFailures: 500 boards that fail the same test are one line, and what
// fails once is not hidden by them.
func TestEqualFailures(t *testing.T) {
	r := world()
	for i := range 500 {
		one := &r.Tests[i]
		one.Path, one.Status = new("kselftest.net.tls"), new(report.StatusFail)
		one.LogURL, one.LogExcerpt = new("https://files.example.org/t/log.txt"), new("TAP version 13\n1..2\nok 1 tls.send\nnot ok 2 tls.recv # exit=1\n")
	}
	odd := &r.Tests[4711]
	odd.Path, odd.Status = new("rtc.wake"), new(report.StatusError)
	r.Tests[4712].Status = new(report.StatusMiss)
	s := open(t, r)
	golden(t, "equal_failures", texts(t, s, object.RevisionRef(commit, *r.Checkouts[1].PatchsetHash)))
}

// TestTest: a test with everything that may be known of one.
func TestTest(t *testing.T) {
	r := &report.Report{Checkouts: world().Checkouts}
	for i := range 2 {
		id := fmt.Sprintf("ci:b%d", i)
		r.Builds = append(r.Builds, report.Build{
			ID: id, Origin: "ci", CheckoutID: fmt.Sprintf("ci:c%d", i), Architecture: new("arm64"), ConfigName: new("defconfig"),
			Compiler: new("aarch64-linux-gnu-gcc (Debian 14.2.0-19) 14.2.0"), Status: new(report.StatusPass),
		})
		r.Tests = append(r.Tests, report.Test{
			ID: fmt.Sprintf("ci:t%d", i), Origin: "ci", BuildID: id, Path: new("net.throughput"),
			Status: new([]report.Status{report.StatusPass, report.StatusFail}[i]), StartTime: start(i), Duration: new(3723.4),
			Number: &report.Number{Value: 941.2e6 / float64(7*i+1), Unit: new("b/s"), Prefix: new(report.PrefixMetric)},
			Environment: &report.Environment{
				Comment:    new("board 7, behind the switch"),
				Compatible: []string{"raspberrypi,4-model-b", "brcm,bcm2711"},
				Misc:       json.RawMessage(`{"platform": "bcm2711-rpi-4-b"}`),
			},
			LogURL:  new("https://files.example.org/t1/log.txt"),
			Misc:    json.RawMessage(`{"runtime": "lava-meadow", "error_msg": "throughput below 500 Mb/s"}`),
			Comment: new("One stream for a minute.\n\n  iperf3 -c server -t 60\n"),
			LogExcerpt: new(strings.Repeat("[   11.100000] bcmgenet fd580000.ethernet eth0: Link is Up - 1Gbps/Full\r\n", 5) +
				"[   12.345678] \x1b[1;31mWARNING: CPU: 1 PID: 42 at net/sched/sch_generic.c:525 dev_watchdog+0x1f8/0x200\x1b[0m\n" +
				"[   12.345680] NETDEV WATCHDOG: eth0 (bcmgenet): transmit queue 0 timed out\n" +
				strings.Repeat("[   12.345690]  call_timer_fn+0x34/0x160\n", 40) + "/ # \n"),
		})
	}
	r.Issues = []report.Issue{{
		ID: "ci:i0", Version: 2, Origin: "ci", ReportSubject: new("bcmgenet: transmit queue times out under load"),
		ReportURL: new("https://lore.example.org/net/42"), Culprit: &report.Culprit{Code: new(true), Harness: new(false)},
		Categories: []string{"net.driver"}, Comment: new("Since v6.16-rc5."),
	}}
	r.Incidents = []report.Incident{
		{ID: "ci:n0", Origin: "ci", IssueID: "ci:i0", IssueVersion: 2, TestID: new("ci:t1"), Present: new(true), Comment: new("The queue timed out after 12 s.")},
		{ID: "ci:n1", Origin: "ci", IssueID: "ci:i0", IssueVersion: 2, TestID: new("ci:t0"), Present: new(false)},
	}
	s := open(t, r)
	golden(t, "test", texts(t, s, object.TestRef("ci:t1")))
	golden(t, "incident", texts(t, s, object.IncidentRef("ci:n0")))
	golden(t, "issue", texts(t, s, object.IssueRef("ci:i0")))
	golden(t, "build", texts(t, s, object.BuildRef("ci:b1")))
}
