// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	docFence = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	docSpan  = regexp.MustCompile("`((?:make|go|kcidb) [^`]+|\\.ci/[^`]+|scripts/[^`]+)`")
)

// TestDocumentedCommandsExist looks up the commands in "console" blocks and in
// sentences.
func TestDocumentedCommandsExist(t *testing.T) {
	for _, page := range docPages(t) {
		if filepath.Base(page) == "afternoon.md" { // see TestAfternoon
			continue
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range docBlock.FindAllSubmatch(text, -1) {
			if string(block[1]) != "console" {
				continue
			}
			for line := range strings.Lines(string(block[2])) {
				checkCommand(t, page, strings.TrimPrefix(line, "$ "))
			}
		}
		for _, span := range docSpan.FindAllSubmatch(docFence.ReplaceAll(text, nil), -1) {
			checkCommand(t, page, string(span[1]))
		}
	}
}

// checkCommand looks up the programs, targets, commands, flags and folders in a command.
// Words in capitals stand for values.
func checkCommand(t *testing.T, page, command string) {
	t.Helper()
	command, _, _ = strings.Cut(command, "#")
	words := strings.Fields(command)
	if len(words) == 0 {
		return
	}
	missing := func(name string) { t.Errorf("%s: %s: %s is not there", page, command, name) }
	switch words[0] {
	case "cd", "cp", "docker", "gcloud", "kcidb-db-dump", "openssl", "systemctl", "terraform":
		// Tests of deploy look at these, or nothing can be looked up.
	case "make":
		makefile, err := os.ReadFile("../../Makefile")
		if err != nil {
			t.Fatal(err)
		}
		for _, target := range words[1:] {
			if variable, _, is := strings.Cut(target, "="); is {
				if !bytes.Contains(makefile, []byte(variable)) {
					missing(variable)
				}
				continue
			}
			if !bytes.Contains(makefile, []byte("\n"+target+":")) {
				missing(target)
			}
		}
	case "go":
		for _, word := range words {
			if _, err := os.Stat("../../" + word); strings.HasPrefix(word, "./") && !hasCapitals(word) && err != nil {
				missing(word)
			}
		}
	case "kcidb":
		if len(words) > 1 && hasCapitals(words[1]) {
			return
		}
		var stderr bytes.Buffer
		if status := run(t.Context(), append(words, "--help"), strings.NewReader(""), io.Discard, &stderr); status != 0 {
			t.Errorf("%s: %s: %s", page, command, &stderr)
		}
	default:
		if _, err := os.Stat("../../" + words[0]); err != nil {
			missing(words[0])
		}
	}
}

func hasCapitals(word string) bool { return strings.ToLower(word) != word }
