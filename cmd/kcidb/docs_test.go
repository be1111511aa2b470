// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/service"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// These tests run the documentation's commands unchanged. One shell per page
// runs the "sh" blocks, one after the other, in a folder with the page's
// examples. In "console" blocks, commands after "$ " are only looked up, because
// they need things that a test lacks, such as the whole source; so are commands
// within sentences. The first "yaml" block is the service's configuration, and the
// first "json" block is the report to submit. "output" blocks must be printed, on
// any day.

var (
	docBlock  = regexp.MustCompile("(?ms)^```(sh|console|yaml|json|output)\n(.*?)^```")
	reportDay = regexp.MustCompile(`\d{4}-\d\d-\d\d`)
	docDay    = regexp.MustCompile(`\d{4}-\d\d-\d\d( \d\d:\d\d)?`)
)

// docPages are all Markdown files except those of examples and of deploy, which tests
// there read.
func docPages(t *testing.T) []string {
	t.Helper()
	var pages []string
	for _, folder := range []string{"", "docs", "docs/decisions"} {
		found, err := filepath.Glob(filepath.Join("../..", folder, "*.md"))
		if err != nil || found == nil {
			t.Fatalf("%s: %d pages, %v", folder, len(found), err)
		}
		pages = append(pages, found...)
	}
	return pages
}

func TestDocumentedCommandsRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long")
	}
	for _, tool := range []string{"bash", "curl", "openssl"} {
		need.Tool(t, tool, tool)
	}
	binary := filepath.Join(t.TempDir(), "kcidb")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	minimal, err := os.ReadFile("../../examples/minimal.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range docPages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		var script strings.Builder
		config, submitted := "", ""
		var outputs []string
		for _, m := range docBlock.FindAllSubmatch(text, -1) {
			switch string(m[1]) {
			case "sh":
				script.Write(m[2])
			case "yaml":
				config = cmp.Or(config, string(m[2]))
			case "json":
				submitted = cmp.Or(submitted, string(m[2]))
			case "output":
				outputs = append(outputs, docDay.ReplaceAllString(string(m[2]), "DAY"))
			}
		}
		if script.Len() == 0 || filepath.Base(page) == "google-cloud.md" { // see TestGoogleCloudGuide
			continue
		}
		t.Run(filepath.Base(page), func(t *testing.T) {
			printed := runPage(t, binary, script.String(), config, cmp.Or(submitted, string(minimal)))
			for _, output := range outputs {
				if !strings.Contains(docDay.ReplaceAllString(printed, "DAY"), output) {
					t.Errorf("it does not print\n%s\nbut\n%s", output, printed)
				}
			}
		})
	}
}

// runPage runs a page's script, with the paths and addresses of the test in
// place of those on the page, and returns its output.
func runPage(t *testing.T, binary, script, config, submitted string) string {
	dir := t.TempDir()
	path := filepath.Join(dir, "bin")
	env := append(os.Environ(), "TOKEN=token", "HOME="+dir)
	socket := "/run/postgresql"
	if strings.Contains(script, "postgresql:") {
		// The page has a server of its own and is its superuser.
		server := pgtest.Start(t)
		socket = server.Dir
		path += ":" + server.Bin()
		env = append(env, "PGHOST="+socket, "PGUSER="+pgtest.Superuser)
	}
	listen := address.Reserve(t)
	replace := strings.NewReplacer(
		"/run/postgresql", socket,
		"/var/lib/kcidb", filepath.Join(dir, "var"),
		"/var/backups", filepath.Join(dir, "backups"),
		"/etc/", dir+"/etc/",
		"127.0.0.1:8080", listen,
		"https://kcidb.example.org", "http://"+listen,
		"https://$TOKEN@kcidb.example.org", "http://$TOKEN@"+listen,
		"make build links", ":",
	)
	write := func(name, text string, mode os.FileMode) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "examples"), os.DirFS("../../examples")); err != nil {
		t.Fatal(err)
	}
	write("report.json", recent(submitted), 0o644)
	write("etc/kcidb.yaml", replace.Replace(config), 0o600)
	write("etc/kcidb.jwt", "secret", 0o600)
	// The service runs beside the script, which continues when the service
	// answers.
	write("bin/kcidb", fmt.Sprintf(preamble+`case $1 in
serve) ;;
query) found '"id"' %[1]q "$@" ;;
*) exec %[1]q "$@" ;;
esac
[ ! -e %[2]q/pid ] || { kill $(cat %[2]q/pid) && while kill -0 $(cat %[2]q/pid) 2>/dev/null; do sleep 0.05; done; }
%[1]q "$@" >%[2]q/log 2>&1 </dev/null &
echo $! >%[2]q/pid
for i in {1..2400}; do curl -fs http://%[3]s/health >/dev/null && exit; sleep 0.05; done
cat %[2]q/log; exit 1
`, binary, dir, listen), 0o755)
	write("bin/curl", preamble+`case "$*" in
*/api/report*) found '"id"' /usr/bin/env PATH="${PATH#*:}" curl --silent "$@" ;;
*/api/*)
	out=$(PATH=${PATH#*:} curl --silent --fail-with-body "$@") && [[ $out != '{"error"'* ]] || { echo "curl $*: $out" >&2; exit 1; }
	echo "$out"
	exit ;;
esac
PATH=${PATH#*:} exec curl "$@"
`, 0o755)

	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	// A page that uses a service without starting it describes a service that
	// runs already.
	begin := "set -euo pipefail\n"
	if !strings.Contains(script, "kcidb serve") && strings.Contains(script, "kcidb.example.org") {
		begin += "kcidb serve\n"
	}
	shell := exec.CommandContext(ctx, "bash", "-c", begin+replace.Replace(script))
	shell.Dir = dir
	shell.Env = append(env, "PATH="+path+":"+os.Getenv("PATH"), "KCIDB_LISTEN="+listen)
	out, err := shell.CombinedOutput()
	stopService(t, filepath.Join(dir, "pid"))
	if err != nil {
		t.Errorf("%v\n%s\nof the script:\n%s", err, out, script)
	}
	if bytes.Contains(out, []byte(`"status":"error"`)) {
		t.Errorf("the service did not accept what it was given:\n%s", out)
	}
	return string(out)
}

// recent shifts the dates in a report so that the last one is yesterday, because
// pages show the last days.
func recent(text string) string {
	days := reportDay.FindAllString(text, -1)
	if len(days) == 0 {
		return text
	}
	last, err := time.Parse(time.DateOnly, slices.Max(days))
	if err != nil {
		return text
	}
	by := time.Now().UTC().Truncate(24 * time.Hour).Sub(last.AddDate(0, 0, 1))
	return reportDay.ReplaceAllStringFunc(text, func(day string) string {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			return day
		}
		return at.Add(by).Format(time.DateOnly)
	})
}

// preamble is the beginning of the programs that stand in for those of the page.
// A new submission is loaded a moment later, so a query is repeated until it
// has an answer. A query that never gets an answer fails the page.
const preamble = `#!/usr/bin/env bash
found() {
	for i in {1..2400}; do
		if out=$("${@:2}") && [[ $out = *$1* ]]; then echo "$out"; exit 0; fi
		sleep 0.05
	done
	echo "nothing is found by: ${*:2}" >&2
	exit 1
}
`

// stopService stops the service whose process ID is in the file, if any.
func stopService(t *testing.T, pidFile string) {
	pid, err := os.ReadFile(pidFile)
	if err != nil {
		return
	}
	stop := "kill $0 && while kill -0 $0 2>/dev/null; do sleep 0.05; done"
	if out, err := exec.CommandContext(t.Context(), "bash", "-c", stop, strings.TrimSpace(string(pid))).CombinedOutput(); err != nil {
		t.Errorf("stopping the service: %v\n%s", err, out)
	}
}

// TestDocumentedConfigurations reads the configurations like the service,
// which refuses unknown keys.
func TestDocumentedConfigurations(t *testing.T) {
	for _, page := range docPages(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range docBlock.FindAllSubmatch(text, -1) {
			if string(block[1]) != "yaml" {
				continue
			}
			file := filepath.Join(t.TempDir(), "kcidb.yaml")
			if err := os.WriteFile(file, block[2], 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, err := service.LoadConfig(file, func(string) (string, bool) { return "", false })
			if err != nil {
				t.Errorf("%s: %v", page, err)
			}
			for _, spec := range []secret.Text{cfg.Database, cfg.ReadDatabase} {
				if spec == "" {
					continue
				}
				s, err := all.Open(t.Context(), string(spec)) // does not connect yet
				if err != nil {
					t.Errorf("%s: %v", page, err)
					continue
				}
				s.Close()
			}
			if cfg.Queue != "" {
				if _, err := jetstream.Parse(string(cfg.Queue)); err != nil {
					t.Errorf("%s: %v", page, err)
				}
			}
		}
	}
}
