// SPDX-License-Identifier: Apache-2.0

// Package hostile makes a report whose texts are full of markup, for tests of pages.
//
// Each text has elements and attributes with names that begin with Marker and end with the
// property that has the text. A page that shows the text without escaping it has such an
// element or attribute.
package hostile

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// Marker begins each name of an element or an attribute in the texts.
const Marker = "inj-"

// text returns a text of a property, which breaks out of elements, attributes, comments and
// scripts unless a page escapes it. It has control characters, a text from right to left,
// placeholders and words of any length.
func text(property string) string {
	return fmt.Sprintf(`%[1]s <inj-%[1]s inj-%[1]s></inj-%[1]s><script>alert("%[1]s")</script>"><img src=x onerror=alert(1) inj-%[1]s=1>`+
		`' inj-%[1]s='1' " inj-%[1]s="1" --></title></textarea></style></script></pre></svg><inj-%[1]s> &amp; & &#x3c;inj-%[1]s&#x3e; {{.}} %%s %%2F ${x} \`+
		"\u0001\u001b[31m\u007f\u0085\u2028\u202Eoff\u202C العربية 𝕂\t", property)
}

// word is like text, without spaces and slashes.
func word(property string) string {
	return fmt.Sprintf(`%[1]s%%2F?d#e&f="g"<inj-%[1]s>'"onclick=inj-%[1]s>`, property)
}

// long returns a text with a word and with lines of thousands of characters.
func long(property string) string {
	return text(property) + strings.Repeat("w", 5000) + "\n" + strings.Repeat(text(property), 10)
}

// log returns an excerpt of a log in which a fault is found.
func log(property string) string {
	return "[    0.000000] " + text(property) + "\n[    1.000000] BUG: kernel NULL pointer dereference, address: <inj-" + property + ">\n" +
		"drivers/a<inj-" + property + ">.c:1:2: error: '\"<inj-" + property + ">' undeclared\n" + strings.Repeat("\x1b[1m"+text(property)+"\n", 5)
}

// link returns a URL as strange as the schema allows.
func link(property string) string {
	return "javascript:alert('" + Marker + property + "')//&amp;?a=b%22%3Cinj-" + property + "%3E#'"
}

func misc(pairs ...string) json.RawMessage {
	all := map[string]any{text("misc-name"): map[string]any{text("misc-inner"): []any{text("misc-value"), 1e300, nil, true}}}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	object, err := json.Marshal(all)
	if err != nil {
		panic(err) // texts and numbers can be marshalled
	}
	return object
}

func files(property string) []report.Resource {
	return []report.Resource{{Name: word(property + "-name"), URL: link(property + "-url")}, {Name: "log.txt", URL: "https://files.example.org/log.txt"}}
}

// branches are names of branches that are hard to put into a URL.
func branches() []string {
	return []string{text("branch"), word("branch2"), "for-next/core", "50%", "a?b#c", "a b+c", "a%2Fb"}
}

// Report returns a report of checkouts that started in the last hours before now: revisions
// of several branches by two origins, builds and tests of each outcome, issues and incidents.
func Report(now time.Time) *report.Report {
	r := &report.Report{}
	for i, branch := range branches() {
		tree := text("tree")
		if i > 1 {
			tree = word(fmt.Sprint("tree", i/3))
		}
		for n := range 3 {
			addRevision(r, fmt.Sprintf("%s-%d-%d", word("id"), i, n), tree, branch, fmt.Sprintf("%038x%02x", i+1, n), now.Add(-time.Duration(n+1)*time.Hour), n)
		}
	}
	addIssues(r)
	return r
}

// addRevision adds the checkouts of a revision by two origins, and their builds and tests.
func addRevision(r *report.Report, id, tree, branch, hash string, start time.Time, age int) {
	for _, origin := range []string{"one", "two_"} {
		c := report.Checkout{
			ID: origin + ":" + id, Origin: origin, TreeName: &tree, GitRepositoryBranch: &branch, GitCommitHash: &hash, StartTime: &start,
			GitRepositoryURL: new("https://git.example.org/a'%22%3Cinj-repository%3E&amp;.git"), GitCommitName: new(word("commit") + hash[38:]),
			GitCommitTags: []string{text("tag"), word("tag2")}, GitCommitMessage: new(long("message")), Comment: new(text("checkout")),
			PatchsetHash: new(""), LogURL: new(link("checkout-log")), LogExcerpt: new(log("checkout-excerpt")), Valid: new(true), Misc: misc(),
			OriginBuildsFinishTime: new(start.Add(10 * time.Minute)),
		}
		if age == 2 && origin == "one" {
			c.PatchsetHash, c.PatchsetFiles, c.MessageID = new(strings.Repeat("0a", 32)), files("patch"), new("inj-message@example.org")
		}
		r.Checkouts = append(r.Checkouts, c)
		addBuilds(r, c, age)
	}
	r.Checkouts = append(r.Checkouts, report.Checkout{ID: "one:bare-" + id, Origin: "one", TreeName: &tree, GitRepositoryBranch: &branch})
}

// addBuilds adds the builds of a checkout, and the tests of those that passed.
func addBuilds(r *report.Report, c report.Checkout, age int) {
	for i, status := range []report.Status{report.StatusPass, report.StatusFail} {
		b := report.Build{
			ID: fmt.Sprint(c.ID, "/build/", i), Origin: c.Origin, CheckoutID: c.ID, Comment: new(text("build")), StartTime: c.StartTime, Duration: new(1.5),
			Architecture: new("arm64"), Command: new("make " + text("command")), Compiler: new(text("compiler")),
			InputFiles: files("build-input"), OutputFiles: files("build-output"), ConfigName: new(text("config")), ConfigURL: new(link("config")),
			LogURL: new(link("build-log")), LogExcerpt: new(log("build-excerpt")), Status: &status,
			Misc: misc("lab", text("build-lab"), "error_msg", text("build-error")),
		}
		r.Builds = append(r.Builds, b)
		if status == report.StatusPass {
			addTests(r, b, age)
		}
	}
}

// addTests adds tests of each outcome. Those that fail at the newest revision passed before.
func addTests(r *report.Report, b report.Build, age int) {
	outcomes := []report.Status{report.StatusPass, report.StatusFail, report.StatusError, report.StatusMiss, report.StatusSkip, report.StatusDone}
	for i, path := range []string{"boot", "suite.group.case-1", "suite.group.case_2", "suite.other.number", "x", "suite"} {
		status := outcomes[(i+age)%len(outcomes)]
		if i == 1 && age > 0 {
			status = report.StatusPass
		}
		r.Tests = append(r.Tests, report.Test{
			ID: fmt.Sprint(b.ID, "/test/", i), Origin: b.Origin, BuildID: b.ID, Path: &path, Comment: new(text("test")), StartTime: b.StartTime, Duration: new(0.25),
			Environment: &report.Environment{Comment: new(text("environment")), Compatible: []string{word("compatible"), "vendor,board"},
				Misc: misc("platform", text("platform"))},
			LogURL: new(link("test-log")), LogExcerpt: new(log("test-excerpt")), Status: &status, InputFiles: files("test-input"), OutputFiles: files("test-output"),
			Number: &report.Number{Value: 1e9 + float64(age), Unit: new(text("unit"))},
			Misc:   misc("runtime", text("test-lab"), "error_msg", text("test-error"), "error_code", text("test-code")),
		})
	}
}

// addIssues adds issues of several versions, and incidents with the first results that failed.
func addIssues(r *report.Report) {
	id := "one:" + word("issue")
	for version := range 2 {
		r.Issues = append(r.Issues, report.Issue{
			ID: id, Version: version, Origin: "one", ReportURL: new(link("issue")), ReportSubject: new(text("subject")), Comment: new(long("issue")),
			Culprit: &report.Culprit{Code: new(true)}, Categories: []string{"kernel.driver"}, Misc: misc(),
		})
	}
	incident := report.Incident{Origin: "one", IssueID: id, IssueVersion: 1, Present: new(true), Comment: new(text("incident")), Misc: misc()}
	build := slices.IndexFunc(r.Builds, func(b report.Build) bool { return *b.Status == report.StatusFail })
	test := slices.IndexFunc(r.Tests, func(t report.Test) bool { return *t.Status == report.StatusFail })
	incident.ID, incident.BuildID = "one:"+word("incident1"), &r.Builds[build].ID
	r.Incidents = append(r.Incidents, incident)
	incident.ID, incident.BuildID, incident.TestID = "one:"+word("incident2"), nil, &r.Tests[test].ID
	r.Incidents = append(r.Incidents, incident)
}
