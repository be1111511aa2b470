// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// queries returns the SQL of the panels and variables, and collects its errors, so
// that the code of dashboards needs no error handling.
type queries struct {
	engine *engine
	files  fs.FS
	used   map[string]bool
	errs   []error
}

// query is the SQL of a panel or variable, and its description.
type query struct {
	engine       *engine
	sql, answers string
}

// get returns a query by the name of its file without the extension:
// "home/latest".
func (q *queries) get(name string) query {
	q.used[name+".sql"] = true
	content, err := fs.ReadFile(q.files, name+".sql")
	if err != nil {
		q.errs = append(q.errs, err)
		return query{engine: q.engine}
	}
	first, _, _ := strings.Cut(string(content), "\n")
	answers, ok := strings.CutPrefix(first, "-- ")
	if !ok {
		q.errs = append(q.errs, fmt.Errorf("%s.sql does not begin with a comment that describes its result", name))
	}
	return query{engine: q.engine, sql: q.engine.complete(strings.TrimSpace(string(content))), answers: answers}
}

// check returns the errors of the queries. An unused query is an error, too.
func (q *queries) check() error {
	err := fs.WalkDir(q.files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && !q.used[name] {
			q.errs = append(q.errs, fmt.Errorf("%s: no panel and no variable uses it", name))
		}
		return err
	})
	return errors.Join(append(q.errs, err)...)
}
