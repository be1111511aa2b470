// SPDX-License-Identifier: Apache-2.0

// Command mkdashboards writes the Grafana dashboards, from the SQL in sql and from
// the pages, panels and links that this command's files describe. Run it with "go
// generate ./deploy/grafana".
package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

var engines = []*engine{postgres, bigQuery}

func run() error {
	for _, e := range engines {
		files, err := generate(e, os.DirFS(filepath.Join(e.dir, "sql")))
		if err != nil {
			return err
		}
		for name, content := range files {
			if err := os.WriteFile(filepath.Join(e.dir, "dashboards", name), content, 0o644); err != nil {
				return err
			}
		}
	}
	content, err := operations().json()
	if err != nil {
		return err
	}
	return os.WriteFile(operationsFile, content, 0o644)
}

// generate returns the dashboards of an engine by file name.
func generate(e *engine, sql fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	q := &queries{engine: e, files: sql, used: map[string]bool{}}
	for _, d := range []dashboard{
		homeDashboard(q), repositoryDashboard(q), branchDashboard(q), revisionDashboard(q),
		checkoutDashboard(q), buildDashboard(q), testDashboard(q),
	} {
		content, err := d.json()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.page.name, err)
		}
		files[d.page.name+".json"] = content
	}
	return files, q.check()
}
