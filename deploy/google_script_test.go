// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/testing/need"
)

// recorder is a program that writes its arguments to a file. As gcloud it prints the number
// of the project.
const recorder = `#!/usr/bin/env bash
printf '%s\x1f' "${0##*/}" "$@" >> "$RECORD"
echo >> "$RECORD"
[[ "$*" != "projects describe "* ]] || echo 123
[[ "$*" != *--data-file=- ]] || cat > /dev/null
`

// script is what the "bash" blocks of the guide did.
type script struct {
	commands [][]string // of gcloud, bq and docker
	folder   string     // with the files that the blocks wrote
}

// runScript runs the "bash" blocks of the guide, one after the other, with recorders in
// place of Google's programs. The replacements are made in the blocks.
func runScript(t *testing.T, replacements ...string) script {
	t.Helper()
	shell, jq := need.Tool(t, "bash", "bash"), need.Tool(t, "jq", "jq")
	folder := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"gcloud", "bq", "docker"} {
		write("bin/"+name, recorder)
	}
	indexes, err := os.ReadFile("google/firestore.indexes.json")
	if err != nil {
		t.Fatal(err)
	}
	write("deploy/google/firestore.indexes.json", string(indexes))
	var text strings.Builder
	for _, m := range regexp.MustCompile("(?ms)^```bash\n(.*?)^```").FindAllStringSubmatch(guide(t), -1) {
		text.WriteString(m[1])
	}
	cmd := exec.CommandContext(t.Context(), shell, "-c", "set -euo pipefail\n"+strings.NewReplacer(replacements...).Replace(text.String()))
	cmd.Dir = folder
	record := filepath.Join(folder, "record")
	cmd.Env = append(os.Environ(), "RECORD="+record, "PATH="+filepath.Join(folder, "bin")+":"+filepath.Dir(jq)+":"+os.Getenv("PATH"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	recorded, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	s := script{folder: folder}
	for line := range strings.Lines(string(recorded)) {
		s.commands = append(s.commands, strings.Split(strings.TrimSuffix(line, "\x1f\n"), "\x1f"))
	}
	return s
}

// begin returns the rest of each command that begins with some words.
func (s script) begin(words ...string) (all [][]string) {
	for _, command := range s.commands {
		if len(command) >= len(words) && slices.Equal(command[:len(words)], words) {
			all = append(all, command[len(words):])
		}
	}
	return all
}

// gcloudCommands returns the commands of gcloud in the guide, without "gcloud": those that
// the "bash" blocks run, and those that "console" blocks show.
func gcloudCommands(t *testing.T) [][]string {
	t.Helper()
	commands := runScript(t).begin("gcloud")
	for _, m := range regexp.MustCompile(`(?m)^ *\$ (?:.* \| )?gcloud (.*)`).FindAllStringSubmatch(guide(t), -1) {
		commands = append(commands, strings.Fields(m[1]))
	}
	if len(commands) < 80 {
		t.Fatalf("the guide has %d commands of gcloud: the test reads the wrong thing", len(commands))
	}
	return commands
}

// grants returns the roles that the script grants, each with its account and resource.
func (s script) grants() (all []string) {
	for _, words := range s.commands {
		if words[0] == "bq" {
			m := regexp.MustCompile("^GRANT `(.*)` ON SCHEMA (.*) TO 'serviceAccount:(.*)'$").FindStringSubmatch(words[len(words)-1])
			if m != nil {
				all = append(all, fmt.Sprintf("%s of %s on %s", m[1], m[3], m[2]))
			}
			continue
		}
		i := slices.Index(words, "add-iam-policy-binding")
		if i < 0 {
			continue
		}
		flags := map[string]string{}
		for _, word := range words[i+2:] {
			name, value, _ := strings.Cut(word, "=")
			flags[name] = value
		}
		condition := ""
		if _, expression, ok := strings.Cut(flags["--condition"], "expression="); ok {
			condition = " if " + expression
		}
		all = append(all, fmt.Sprintf("%s of %s on %s%s", flags["--role"], strings.TrimPrefix(flags["--member"], "serviceAccount:"),
			strings.TrimPrefix(words[i+1], "gs://"), condition))
	}
	return all
}
