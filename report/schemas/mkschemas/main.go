// SPDX-License-Identifier: Apache-2.0

// Command mkschemas writes the JSON Schemas of all report versions, from their structure
// and from the descriptions of their properties. Run it with
// "go generate ./report".
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const (
	factsDir   = "testdata/facts" // relative to the package report
	schemasDir = "schemas"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	names, err := filepath.Glob(filepath.Join(factsDir, "v*.json"))
	if err != nil {
		return err
	}
	if len(names) == 0 {
		return fmt.Errorf("no facts in %s: run it in the directory of package report", factsDir)
	}
	for _, name := range names {
		facts, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		schema, err := generate(facts)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(schemasDir, filepath.Base(name)), schema, 0o644); err != nil {
			return err
		}
	}
	return nil
}
