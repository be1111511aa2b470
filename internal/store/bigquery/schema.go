// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/iterator"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// step is a version of the schema, and how a data set of the version before becomes one.
type step struct {
	schema store.Schema
	// upgrade returns the statements. They can be repeated: an interrupted upgrade runs
	// them again.
	upgrade func(s *Store) []string
}

// steps are all versions, the oldest first. Init makes the first and goes all steps.
// A new property of the report schema is a step that adds columns and creates the views
// again; a step never changes rows.
var steps = []step{
	{store.Schema{Version: store.Version{Major: 1}, Report: report.Latest()}, (*Store).createAll},
}

// versionLabel is the label of the data set that has the version of the schema.
const versionLabel = "kcidb_schema"

// createAll creates the tables and views of the first version.
func (s *Store) createAll() (all []string) {
	replace := func(sql string) string {
		return strings.Replace(sql, "CREATE TABLE ", "CREATE TABLE IF NOT EXISTS ", 1)
	}
	for i := range tables {
		all = append(all, replace(s.createRaw(&tables[i])))
	}
	all = append(all, replace(s.createIndex()), replace(s.createReceipts()))
	for i := range tables {
		all = append(all, s.createView(&tables[i]))
	}
	return all
}

// names returns the names of all tables, and of all views.
func names() (raw, views []string) {
	for _, list := range store.Lists {
		raw, views = append(raw, rawTable(list)), append(views, string(list))
	}
	return append(raw, indexTable, receiptsTable), views
}

// version returns the place of the data set's version in steps, -1 if the data set has no
// schema.
func (s *Store) version(ctx context.Context) (int, error) {
	data, err := s.client.Dataset(s.dataset).Metadata(ctx)
	if isNotFound(err) {
		return -1, fmt.Errorf("%w: %w", store.ErrNotFound, err)
	}
	if err != nil {
		return -1, err
	}
	text, ok := data.Labels[versionLabel]
	if !ok {
		return -1, s.foreign(ctx, data.Labels)
	}
	number, err := strconv.Atoi(text)
	if err != nil {
		return -1, fmt.Errorf("%w: the label %s is %q", store.ErrCorrupt, versionLabel, text)
	}
	i := slices.IndexFunc(steps, func(st step) bool { return st.schema.Version.Major == number })
	if i < 0 && number > steps[len(steps)-1].schema.Version.Major {
		return -1, fmt.Errorf("%w: version %d", store.ErrNewSchema, number)
	}
	if i < 0 {
		return -1, fmt.Errorf("%w: the label %s is %q", store.ErrCorrupt, versionLabel, text)
	}
	return i, nil
}

// foreign returns ErrForeign if the data set, which has no label of ours, has objects of
// another system. Each version of the Python system has one of: the label version_major,
// tables "_checkouts", tables "revisions", or tables with the names of our views.
func (s *Store) foreign(ctx context.Context, labels map[string]string) error {
	found := func(object string) error {
		return fmt.Errorf("%w; see \"Moving from the Python system\" in docs/google-cloud.md. The data set has %s", store.ErrForeign, object)
	}
	if version, ok := labels["version_major"]; ok {
		return found("the label version_major=" + version)
	}
	for all := s.client.Dataset(s.dataset).Tables(ctx); ; {
		switch table, err := all.Next(); {
		case errors.Is(err, iterator.Done):
			return nil
		case err != nil:
			return err
		case table.TableID == "_checkouts" || table.TableID == "revisions":
			return found("the table " + table.TableID)
		default:
			if ours, err := s.mayHave(ctx, table); err != nil || !ours {
				return cmp.Or(err, found(table.TableID+", which is no view of ours"))
			}
		}
	}
}

// mayHave reports whether a data set of ours may have a table: it has no name of our views,
// or is our view, because Init was interrupted before it set the label.
func (s *Store) mayHave(ctx context.Context, table *bigquery.Table) (bool, error) {
	list := store.List(table.TableID)
	if !slices.Contains(store.Lists, list) {
		return true, nil
	}
	data, err := table.Metadata(ctx)
	if err != nil {
		return false, err
	}
	return strings.Contains(data.ViewQuery, s.table(rawTable(list))), nil
}

// check returns an error unless the data set has the newest schema. It asks until that is
// so once, and again after Cleanup, because each question is a request.
func (s *Store) check(ctx context.Context) error {
	if s.closed.Err() != nil {
		return errClosed
	}
	if s.ready.Load() {
		return ctx.Err()
	}
	ctx, end := s.shortly(ctx)
	defer end()
	switch i, err := s.version(ctx); {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	case i < 0:
		return store.ErrNotInitialized
	case i < len(steps)-1:
		return store.ErrOldSchema
	}
	s.ready.Store(true)
	return nil
}

// Initialized reports whether the data set has a schema.
func (s *Store) Initialized(ctx context.Context) (bool, error) {
	ctx, end := s.shortly(ctx)
	defer end()
	i, err := s.version(ctx)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return i >= 0, s.failure(ctx, "initialized", err)
}

// Schemas returns all versions, and the place of the data set's own.
func (s *Store) Schemas(ctx context.Context) ([]store.Schema, int, error) {
	ctx, end := s.shortly(ctx)
	defer end()
	var all []store.Schema
	for _, st := range steps {
		all = append(all, st.schema)
	}
	current, err := s.version(ctx)
	return all, current, s.failure(ctx, "schemas", err)
}

// place returns the place of a version in steps; the newest for no version.
func place(v store.Version) (int, error) {
	if v == (store.Version{}) {
		return len(steps) - 1, nil
	}
	i := slices.IndexFunc(steps, func(st step) bool { return st.schema.Version == v })
	if i < 0 {
		return -1, fmt.Errorf("%w: %d.%d", store.ErrUnknownSchema, v.Major, v.Minor)
	}
	return i, nil
}

// Init makes the data set if it does not exist, and its tables and views.
func (s *Store) Init(ctx context.Context, v store.Version) error {
	return s.failure(ctx, "init", s.init(ctx, v))
}

func (s *Store) init(ctx context.Context, v store.Version) error {
	to, err := place(v)
	if err != nil {
		return err
	}
	switch i, err := s.version(ctx); {
	case errors.Is(err, store.ErrNotFound):
		if err := s.client.Dataset(s.dataset).Create(ctx, nil); err != nil && !hasStatus(err, http.StatusConflict) {
			return err
		}
	case err != nil:
		return err
	case i >= 0:
		return store.ErrInitialized
	}
	return s.upgrade(ctx, -1, to, nil)
}

// Upgrade goes the steps from the data set's version to another.
func (s *Store) Upgrade(ctx context.Context, v store.Version, progress store.Progress) error {
	return s.failure(ctx, "upgrade", func() error {
		to, err := place(v)
		if err != nil {
			return err
		}
		from, err := s.version(ctx)
		switch {
		case err != nil:
			return err
		case from < 0:
			return store.ErrNotInitialized
		case to < from:
			return fmt.Errorf("%w: %d.%d is older than the data set's", store.ErrUnknownSchema, v.Major, v.Minor)
		}
		return s.upgrade(ctx, from, to, progress)
	}())
}

// upgrade goes the steps behind one to another. The version changes after each step.
func (s *Store) upgrade(ctx context.Context, from, to int, progress store.Progress) error {
	for i := from + 1; i <= to; i++ {
		progress.Report("steps of the schema", int64(i-from-1), int64(to-from))
		if err := s.run(ctx, query{sql: strings.Join(steps[i].upgrade(s), ";\n")}); err != nil {
			return err
		}
		var update bigquery.DatasetMetadataToUpdate
		update.SetLabel(versionLabel, strconv.Itoa(steps[i].schema.Version.Major))
		if _, err := s.client.Dataset(s.dataset).Update(ctx, update, ""); err != nil {
			return err
		}
	}
	progress.Report("steps of the schema", int64(to-from), int64(to-from))
	return nil
}

// Cleanup removes the tables and views, and keeps the data set with its permissions.
func (s *Store) Cleanup(ctx context.Context) error {
	return s.failure(ctx, "cleanup", func() error {
		switch i, err := s.version(ctx); {
		case err != nil:
			return err
		case i < 0:
			return store.ErrNotInitialized
		}
		s.ready.Store(false)
		if err := s.appender.close(); err != nil {
			return err
		}
		raw, views := names()
		for _, name := range slices.Concat(views, raw) {
			if err := s.client.Dataset(s.dataset).Table(name).Delete(ctx); err != nil && !isNotFound(err) {
				return err
			}
		}
		var update bigquery.DatasetMetadataToUpdate
		update.DeleteLabel(versionLabel)
		_, err := s.client.Dataset(s.dataset).Update(ctx, update, "")
		return err
	}())
}

// Empty removes all rows.
func (s *Store) Empty(ctx context.Context) error {
	return s.failure(ctx, "empty", func() error {
		if err := s.check(ctx); err != nil {
			return err
		}
		return s.run(ctx, query{sql: s.emptySQL()})
	}())
}

func (s *Store) emptySQL() string {
	var all []string
	raw, _ := names()
	for _, name := range raw {
		all = append(all, "TRUNCATE TABLE "+s.table(name))
	}
	return strings.Join(all, ";\n")
}

func isNotFound(err error) bool { return hasStatus(err, http.StatusNotFound) }

func hasStatus(err error, status int) bool {
	refused, ok := errors.AsType[*googleapi.Error](err)
	return ok && refused.Code == status
}
