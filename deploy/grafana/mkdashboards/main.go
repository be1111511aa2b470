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

const (
	sqlDir        = "sql" // relative to the package grafana
	dashboardsDir = "dashboards"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	files, err := generate(os.DirFS(sqlDir))
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dashboardsDir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generate returns the dashboards by file name.
func generate(sql fs.FS) (map[string][]byte, error) {
	files := map[string][]byte{}
	q := &queries{files: sql, used: map[string]bool{}}
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
