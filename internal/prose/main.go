// SPDX-License-Identifier: Apache-2.0

// Command prose finds constructions that make comments, documents and
// messages hard to read, and says what to write instead. The constructions
// are in rules.txt, each with examples.
//
//	go run ./internal/prose             # what "make lint" checks
//	go run ./internal/prose PATH...     # these files and folders only
//
// The command prints file:line, the phrase and the advice for each finding,
// and exits with status 1 if there are findings.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

func main() {
	found, err := run(os.Args[1:], os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "prose:", err)
		os.Exit(2)
	}
	if found > 0 {
		fmt.Printf("prose: %d findings\n", found)
		os.Exit(1)
	}
}

// run checks the files that git knows below the paths, or all files of the
// current folder without paths. It returns the number of findings.
func run(paths []string, out io.Writer) (int, error) {
	rules, err := parseRules(rulesText)
	if err != nil {
		return 0, err
	}
	listed, err := exec.Command("git", append([]string{"ls-files", "-z", "--"}, paths...)...).Output()
	if err != nil {
		return 0, fmt.Errorf("git ls-files: %w", err)
	}
	found := 0
	for _, name := range strings.Split(strings.TrimRight(string(listed), "\x00"), "\x00") {
		n, err := checkFile(rules, name, out)
		if err != nil {
			return found, err
		}
		found += n
	}
	return found, nil
}

// checkFile prints the findings in a file and returns their number. A file
// that git knows may be deleted in the working tree; it has no findings.
func checkFile(rules []rule, name string, out io.Writer) (int, error) {
	data, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	all, err := paragraphs(name, data)
	if err != nil {
		return 0, err
	}
	found := 0
	for _, p := range all {
		for _, f := range check(rules, p.text) {
			line := p.line + strings.Count(p.text[:f.offset], "\n")
			fmt.Fprintf(out, "%s:%d: %q: write %s\n", name, line, f.phrase, f.write)
			found++
		}
	}
	return found, nil
}
