// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// TestAfternoon runs all commands of docs/afternoon.md in their order, with the paths and
// addresses of the test. Programs that change the machine have stand-ins: systemctl starts and
// stops the service as its unit does; the package has tests of its own, in deploy.
func TestAfternoon(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long")
	}
	for _, tool := range []string{"bash", "curl"} {
		need.Tool(t, tool, tool)
	}
	text, err := os.ReadFile("../../docs/afternoon.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	replace := strings.NewReplacer(
		"/var/lib/kcidb-backups", dir+"/backups", "/var/lib/kcidb", dir+"/lib", "/etc/kcidb", dir+"/etc",
		"127.0.0.1:8080", address.Reserve(t), "127.0.0.1:8082", address.Reserve(t),
	)
	script := "set -euo pipefail\nmkdir -p /etc/kcidb/subscriptions /var/lib/kcidb\nchmod 700 /var/lib/kcidb\n" +
		"printf 'data: /var/lib/kcidb\\nlisten: 127.0.0.1:8080\\n' >/etc/kcidb/kcidb.yaml\n"
	for _, block := range docBlock.FindAllSubmatch(text, -1) {
		switch content := string(block[2]); string(block[1]) {
		case "console":
			for line := range strings.Lines(content) {
				command := strings.TrimPrefix(line, "$ ")
				script += fmt.Sprintf("echo %q\n%s", "$ "+strings.TrimSpace(command), command)
			}
		case "yaml":
			script += "cat >/etc/kcidb/kcidb.yaml <<'END'\n" + content + "END\n"
		}
	}
	standIns(t, dir, replace)
	shell := exec.CommandContext(t.Context(), "bash", "-c", replace.Replace(script))
	shell.Env = append(os.Environ(), "PATH="+dir+"/bin:"+os.Getenv("PATH"), "HOME="+dir)
	out, err := shell.CombinedOutput()
	stopService(t, filepath.Join(dir, "pid"))
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		t.Fatalf("%v\n%s\nlog of the service:\n%s", err, out, log)
	}
	for _, want := range []string{"queue: OK", "loader: OK", "Jane, lab 3", "kcidb_submissions_total 1"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no command prints %q:\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "FAIL") {
		t.Errorf("a check fails:\n%s", out)
	}
}

// standIns writes the programs that stand in for those that change the machine.
func standIns(t *testing.T, dir string, replace *strings.Replacer) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "bin", "kcidb")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	const restart = `[ ! -e PID ] || { kill $(cat PID); while kill -0 $(cat PID) 2>/dev/null; do sleep 0.05; done; rm PID; }
[ "${1-}" = stop ] && exit
kcidb serve --config /etc/kcidb/kcidb.yaml --data /var/lib/kcidb >>LOG 2>&1 </dev/null &
echo $! >PID
for i in {1..2400}; do curl -fs http://127.0.0.1:8080/health >/dev/null && exit; sleep 0.05; done
exit 1
`
	// The command of the unit, with the folders that systemd puts in place of %d and %S.
	backup := strings.NewReplacer("/usr/local/bin/", "", "%d/", "/etc/kcidb/", "%S/", "/var/lib/").Replace(execStart(t, "kcidb-backup.service"))
	for name, text := range map[string]string{
		"make":      ":\n",
		"apt":       restart,
		"runuser":   "shift 3; exec \"$@\"\n",
		"systemctl": "[ $1 != enable ] || exit 0\n[ $2 != kcidb-backup.service ] || exec " + backup + "\n" + restart,
	} {
		text = strings.NewReplacer("PID", dir+"/pid", "LOG", dir+"/log").Replace(replace.Replace(text))
		if err := os.WriteFile(filepath.Join(dir, "bin", name), []byte("#!/usr/bin/env bash\n"+text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// execStart returns the command of a unit.
func execStart(t *testing.T, unit string) string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/systemd/" + unit)
	if err != nil {
		t.Fatal(err)
	}
	_, command, found := strings.Cut(string(text), "\nExecStart=")
	if !found {
		t.Fatalf("%s starts nothing", unit)
	}
	command, _, _ = strings.Cut(command, "\n")
	return command
}
