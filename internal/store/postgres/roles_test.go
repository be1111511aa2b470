// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/spool/sqlspool"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/report"
)

// TestRoles has users with different rights do everything. Roles belong to the whole
// server, so the test has a server of its own.
func TestRoles(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	server.Exec(t, "postgres", "CREATE ROLE owner LOGIN", "CREATE ROLE stranger LOGIN", "CREATE ROLE editor LOGIN", "CREATE ROLE viewer LOGIN")

	// Databases of one owner, who may make no roles.
	owned := func(name string) (*Store, string) {
		server.Exec(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE template0 OWNER owner")
		spec := server.Spec(name, "owner")
		return open(t, spec), spec
	}
	s, spec := owned("one")
	stranger := open(t, withUser(spec, "stranger"))
	expectError(t, stranger, stranger.Init(t.Context(), store.Version{}), store.ErrForbidden, "be the owner of the database", "CREATE")
	if left := shape(t, s); len(left) > 0 {
		t.Errorf("a stranger made %v", left)
	}
	initialize(t, s)
	left, err := s.MakeRoles(t.Context())
	if want := []string{editorRole, viewerRole}; err != nil || len(left) != 4 {
		t.Fatalf("%v, %v, want statements that make %v", left, err, want)
	}
	// Until the statements are run, nothing changes.
	if again, err := s.MakeRoles(t.Context()); err != nil || !slices.Equal(again, left) {
		t.Errorf("%v, %v, want %v again", again, err, left)
	}
	objects := loadSamples(t, s, 2)
	server.Exec(t, "postgres", left...)
	server.Exec(t, "postgres", "GRANT "+editorRole+" TO editor", "GRANT "+viewerRole+" TO viewer")
	editor, viewer := open(t, withUser(spec, "editor")), open(t, withUser(spec, "viewer"))
	_, err = editor.Load(t.Context(), sample(5), receipted(5))
	expectError(t, editor, err, store.ErrForbidden, "grant the user one of them")
	if left, err := s.MakeRoles(t.Context()); err != nil || len(left) != 0 {
		t.Fatalf("%v, %v, want the rights granted", left, err)
	}

	t.Run("stranger", func(t *testing.T) {
		for method, err := range callAll(t, stranger) {
			if err == nil {
				t.Errorf("a stranger may %s", method)
				continue
			}
			expectError(t, stranger, err, store.ErrForbidden, "permission denied for table kcidb_migrations", "grant the user one of them")
		}
	})

	t.Run("viewer", func(t *testing.T) {
		if diff := cmp.Diff(objects, dumpAll(t, viewer)); diff != "" {
			t.Errorf("the objects differ:\n%s", diff)
		}
		expectSame(t, s, viewer)
		for _, r := range pythonRelations {
			value[int](t, viewer.pool, "SELECT count(*) FROM "+r.name)
		}
		lag(t, viewer)
		_, load := viewer.Load(t.Context(), sample(5), receipted(5))
		_, without := viewer.Load(t.Context(), sample(5), store.LoadOptions{})
		_, old := viewer.Load(t.Context(), sample(0), store.LoadOptions{})
		for method, err := range map[string]error{
			"Load": load, "Load without a receipt": without, "Load what is there": old,
			"Empty": viewer.Empty(t.Context()), "Purge": viewer.Purge(t.Context(), store.PurgeOptions{Before: time.Now()}),
			"SaveReceipts":  viewer.SaveReceipts(t.Context(), []store.Receipt{receipt(99)}),
			"PurgeReceipts": viewer.PurgeReceipts(t.Context(), time.Now()), "Cleanup": viewer.Cleanup(t.Context()),
		} {
			if err == nil {
				t.Errorf("a viewer may %s", method)
				continue
			}
			expectError(t, viewer, err, store.ErrForbidden, "permission denied", "grant the user one of them")
		}
		expectNoWrites(t, viewer, append(relations(), "kcidb_migrations"))
		for _, name := range private {
			if value[bool](t, viewer.pool, "SELECT has_table_privilege($1, 'SELECT')", name) {
				t.Errorf("a viewer may read %s", name)
			}
		}
		changes, _ := sqlspool.Of(viewer)
		_, err := changes.Backlog(t.Context())
		expectError(t, viewer, err, store.ErrForbidden, "permission denied")
	})

	t.Run("editor", func(t *testing.T) {
		if _, err := editor.Load(t.Context(), sample(5), receipted(5)); err != nil {
			t.Fatal(err)
		}
		expectSame(t, s, editor)
		changes, _ := sqlspool.Of(editor)
		if err := changes.Watch(t.Context()); err != nil {
			t.Error(err)
		}
		noted := receipted(6)
		noted.Note = true
		if _, err := editor.Load(t.Context(), sample(6), noted); err != nil {
			t.Error(err)
		}
		if b, err := changes.Backlog(t.Context()); err != nil || b.Objects != 1+samples {
			t.Errorf("an editor has noted %v, %v", b, err)
		}
		if err := changes.Unwatch(t.Context()); err != nil {
			t.Error(err)
		}
		if err := editor.SaveReceipts(t.Context(), []store.Receipt{receipt(2)}); err != nil {
			t.Error(err)
		}
		if err := editor.PurgeReceipts(t.Context(), time.Now()); err != nil {
			t.Error(err)
		}
		// The server does by itself what only the owner may tell it to.
		if err := editor.Purge(t.Context(), store.PurgeOptions{Before: time.Now().Add(time.Hour)}); err != nil {
			t.Error(err)
		}
		if n := dumpAll(t, editor).Count(); n != 0 {
			t.Errorf("%d objects after all were purged", n)
		}
		if _, err := editor.Load(t.Context(), sample(1), receipted(1)); err != nil {
			t.Error(err)
		}
		if err := editor.Empty(t.Context()); err != nil {
			t.Error(err)
		}
		expectError(t, editor, editor.Init(t.Context(), store.Version{}), store.ErrInitialized)
		expectError(t, editor, editor.Cleanup(t.Context()), store.ErrForbidden, "be the owner")
		editor.migrations = withMigration(t, "CREATE TABLE grades (x int);")
		expectError(t, editor, editor.Upgrade(t.Context(), store.Version{}, nil), store.ErrForbidden, "be the owner")
		editor.migrations = migrations()
		expectNoWrites(t, editor, []string{"tests", "kcidb_migrations"})
		if _, err := editor.pool.Exec(t.Context(), "CREATE TABLE x ()"); state(err) != insufficientRights {
			t.Errorf("an editor makes tables: %v", err)
		}
		if _, err := editor.pool.Exec(t.Context(), "DROP TABLE receipts"); state(err) != insufficientRights {
			t.Errorf("an editor drops tables: %v", err)
		}
	})

	// Each migration grants rights to its relations.
	t.Run("upgrade", func(t *testing.T) {
		later, spec := owned("later")
		if err := later.Init(t.Context(), store.Version{Major: 1}); err != nil {
			t.Fatal(err)
		}
		editor := open(t, withUser(spec, "editor"))
		_, err := editor.Load(t.Context(), sample(0), receipted(0))
		expectError(t, editor, err, store.ErrOldSchema)
		expectError(t, editor, editor.Upgrade(t.Context(), store.Version{}, nil), store.ErrForbidden)
		if err := later.Upgrade(t.Context(), store.Version{}, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := editor.Load(t.Context(), sample(0), receipted(0)); err != nil {
			t.Error(err)
		}
		// Cleaning up leaves the roles to other databases.
		if err := later.Cleanup(t.Context()); err != nil {
			t.Error(err)
		}
		initialize(t, later)
		if _, err := editor.Load(t.Context(), sample(0), receipted(0)); err != nil {
			t.Errorf("after it was made anew: %v", err)
		}
	})
}

// expectNoWrites fails the test where a user may change one of the relations.
func expectNoWrites(t *testing.T, s *Store, names []string) {
	t.Helper()
	for _, name := range names {
		for _, right := range []string{"INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"} {
			if value[bool](t, s.pool, "SELECT has_table_privilege($1, $2)", name, right) {
				t.Errorf("%s may %s %s", s.name, right, name)
			}
		}
	}
}

// TestRolesBySuperuser makes the roles at once, from several databases at the
// same moment, where the user may.
func TestRolesBySuperuser(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	var all []*Store
	var specs []string
	for range 3 {
		s, spec := initialized(t, server)
		all, specs = append(all, s), append(specs, spec)
	}
	done := make(chan error)
	for _, s := range all {
		go func() {
			left, err := s.MakeRoles(t.Context())
			if len(left) > 0 {
				t.Errorf("%s: left %v", s.name, left)
			}
			done <- err
		}()
	}
	for range all {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	server.Exec(t, "postgres", "CREATE ROLE editor LOGIN IN ROLE "+editorRole)
	for _, spec := range specs {
		editor := open(t, withUser(spec, "editor"))
		if _, err := editor.Load(t.Context(), &report.Report{Builds: sample(0).Builds}, receipted(0)); err != nil {
			t.Error(err)
		}
	}
	comment := value[string](t, all[0].pool, "SELECT shobj_description($1::regrole, 'pg_authid')", editorRole)
	if !strings.Contains(comment, "loads reports") {
		t.Errorf("the role is said to be %q", comment)
	}
	// A server may have roles before it has a database of ours.
	s := open(t, server.Database(t))
	expectMakeRoles(t, s)
	initialize(t, s)
	editor := open(t, withUser(s.name, "editor"))
	if _, err := editor.Load(t.Context(), sample(0), receipted(0)); err != nil {
		t.Error(err)
	}
}

// expectMakeRoles fails the test unless MakeRoles misses the schema.
func expectMakeRoles(t *testing.T, s *Store) {
	t.Helper()
	_, err := s.MakeRoles(t.Context())
	expectError(t, s, err, store.ErrNotInitialized, "kcidb db init")
}
