// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

const (
	rulesFile     = "prometheus/rules.yaml"
	dashboardFile = "grafana/operations/kcidb-operations.json"
	guideFile     = "../docs/administrator.md"
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRules runs the tests of the alerts.
func TestRules(t *testing.T) {
	promtool := need.Tool(t, "promtool", "prometheus")
	test := exec.CommandContext(t.Context(), promtool, "test", "rules", "rules_test.yaml")
	test.Dir = "prometheus"
	if out, err := test.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestRulesSayWhatToDo: each alert has a summary, what to do, and a section of the guide.
func TestRulesSayWhatToDo(t *testing.T) {
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert       string
				Labels      struct{ Severity string }
				Annotations struct{ Summary, Description, Runbook string }
			}
		}
	}
	if err := yaml.Unmarshal([]byte(readFile(t, rulesFile)), &rules); err != nil {
		t.Fatal(err)
	}
	sections := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(readFile(t, guideFile), -1) {
		sections["docs/administrator.md#"+strings.ReplaceAll(strings.ToLower(strings.ReplaceAll(heading[1], ",", "")), " ", "-")] = true
	}
	n := 0
	for _, group := range rules.Groups {
		for _, r := range group.Rules {
			n++
			if a := r.Annotations; a.Summary == "" || a.Description == "" || !sections[a.Runbook] || r.Labels.Severity != "page" && r.Labels.Severity != "ticket" {
				t.Errorf("%s: %+v", r.Alert, r)
			}
		}
	}
	if n < 10 {
		t.Errorf("%d alerts", n)
	}
}

// TestMetricsExist: alerts and dashboard name metrics that the guide has, which another test
// compares with the program.
func TestMetricsExist(t *testing.T) {
	known := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(kcidb_[a-z_]+)`").FindAllStringSubmatch(readFile(t, guideFile), -1) {
		known[m[1]] = true
	}
	for _, file := range []string{rulesFile, dashboardFile} {
		names := regexp.MustCompile(`kcidb_[a-z_]+`).FindAllString(readFile(t, file), -1)
		if len(names) < 10 {
			t.Errorf("%s names %d metrics", file, len(names))
		}
		for _, name := range names {
			if !known[name] && !known[strings.TrimSuffix(name, "_bucket")] {
				t.Errorf("%s: there is no metric %s", file, name)
			}
		}
	}
}
