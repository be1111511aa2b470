// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/testing/need"
	"github.com/kcidb-go/kcidb/report"
)

// callAll calls all methods that need a database, and returns their errors.
func callAll(t testing.TB, s *Store) map[string]error {
	t.Helper()
	ctx := t.Context()
	all := map[string]error{
		"Init": s.Init(ctx, store.Version{}), "Upgrade": s.Upgrade(ctx, store.Version{}, nil), "Cleanup": s.Cleanup(ctx),
		"Empty": s.Empty(ctx), "Purge": s.Purge(ctx, store.PurgeOptions{Before: time.Now()}),
		"Dump":         firstError(s.Dump(ctx, store.DumpOptions{})),
		"Query":        firstError(s.Query(ctx, store.Query{Tests: []string{"a:1"}})),
		"SaveReceipts": s.SaveReceipts(ctx, []store.Receipt{receipt(1)}), "PurgeReceipts": s.PurgeReceipts(ctx, time.Now()),
	}
	_, all["Initialized"] = s.Initialized(ctx)
	_, _, all["Schemas"] = s.Schemas(ctx)
	_, all["Load"] = s.Load(ctx, sample(1), receipted(1))
	_, all["Time"] = s.Time(ctx, store.LastModified)
	_, all["Current"] = s.Time(ctx, store.Current)
	_, all["Receipt"] = s.Receipt(ctx, "1")
	_, all["Objects"] = answers.New(s.SQL()).Objects(ctx)
	_, all["MakeRoles"] = s.MakeRoles(ctx)
	return all
}

// TestNoConnection names servers, databases and users that are not there, and
// passwords that are wrong.
func TestNoConnection(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	server.Exec(t, "postgres", "CREATE ROLE guarded LOGIN PASSWORD 'right'", "CREATE ROLE refused LOGIN", "CREATE DATABASE kcidb")
	server.Require(t, "local all guarded scram-sha-256", "local all refused reject")
	dir := t.TempDir()
	for name, c := range map[string]struct {
		spec  string
		want  error
		words []string
	}{
		"server":   {"host=" + dir + " dbname=kcidb", store.ErrUnavailable, []string{"no such file", "see whether it runs there"}},
		"port":     {"host=" + server.Dir + " port=99 dbname=kcidb", store.ErrUnavailable, []string{".s.PGSQL.99", "see whether it runs there"}},
		"TCP port": {"host=127.0.0.1 port=1 dbname=kcidb", store.ErrUnavailable, []string{"connection refused", "see whether it runs there"}},
		"several":  {"host=" + dir + ",127.0.0.1 port=1 dbname=kcidb", store.ErrUnavailable, []string{"connection refused", "no such file"}},
		"database": {server.DSN("absent", pgtest.Superuser), store.ErrNotFound, []string{`"absent" does not exist`, `"createdb" makes it`}},
		"user":     {server.DSN("kcidb", "absent"), store.ErrForbidden, []string{`"absent" does not exist`, `"createuser" makes it`}},
		"password": {server.DSN("kcidb", "guarded") + " password=s3cret", store.ErrForbidden, []string{"password authentication failed", "~/.pgpass"}},
		"none":     {server.DSN("kcidb", "guarded"), store.ErrForbidden, []string{"~/.pgpass"}},
		"refused":  {server.DSN("kcidb", "refused") + " password=s3cret", store.ErrForbidden, []string{"pg_hba.conf"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := giveUpEarly(open(t, c.spec), time.Minute, 100*time.Millisecond)
			for method, err := range callAll(t, s) {
				if method == "Initialized" && c.want == store.ErrNotFound {
					if err != nil {
						t.Errorf("%s: %v", method, err)
					}
					continue
				}
				expectError(t, s, err, c.want, c.words...)
				if err != nil && strings.Contains(err.Error(), "s3cret") {
					t.Errorf("%s: %v\ntells the password", method, err)
				}
			}
		})
	}
	s := open(t, server.DSN("kcidb", "guarded")+" password=right")
	if is, err := s.Initialized(t.Context()); is || err != nil {
		t.Errorf("with the right password: %t, %v", is, err)
	}
}

// TestReadOnly is told to write by a session that may not.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	writer, spec := initialized(t, pgtest.Shared(t))
	before := loadSamples(t, writer, 1)
	s := open(t, spec+" options='-c default_transaction_read_only=on'")
	_, load := s.Load(t.Context(), sample(1), receipted(1))
	for _, err := range []error{load, s.Empty(t.Context()), s.Purge(t.Context(), store.PurgeOptions{Before: time.Now()}),
		s.SaveReceipts(t.Context(), []store.Receipt{receipt(1)}), s.PurgeReceipts(t.Context(), time.Now()), s.Cleanup(t.Context())} {
		expectError(t, s, err, store.ErrReadOnly, "name the primary as the database")
	}
	if diff := cmp.Diff(before, dumpAll(t, s)); diff != "" {
		t.Errorf("the objects changed:\n%s", diff)
	}
	empty := open(t, pgtest.Database(t)+" options='-c default_transaction_read_only=on'")
	expectError(t, empty, empty.Init(t.Context(), store.Version{}), store.ErrReadOnly, "name the primary")
}

// TestNotOurs refuses the databases of others, and of a time to come, and leaves
// them as they are.
func TestNotOurs(t *testing.T) {
	t.Parallel()
	ours, oursSpec := initialized(t, pgtest.Shared(t))
	python, other := pgtest.Database(t), pgtest.Database(t)
	run(t, python, pythonSchema, "INSERT INTO checkouts (id, origin) VALUES ('a:1', 'a')")
	run(t, other, "CREATE TABLE checkouts (guest text)", "INSERT INTO checkouts VALUES ('Mrs Brown')")
	run(t, oursSpec, "INSERT INTO kcidb_migrations VALUES (4711, 'of tomorrow', 1, now())")
	for name, c := range map[string]struct {
		spec  string
		want  error
		words []string
	}{
		"Python":  {python, store.ErrForeign, []string{"Python system's own schema", "kcidb-db-dump", `"kcidb db load --with-metadata"`}},
		"another": {other, store.ErrCorrupt, []string{"relation named checkouts", "make a database for KCIDB alone"}},
		"newer":   {oursSpec, store.ErrNewSchema, []string{"4711.0", "install a newer kcidb"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, c.spec)
			before := shape(t, s)
			for method, err := range callAll(t, s) {
				if !errors.Is(err, c.want) {
					t.Errorf("%s: %v", method, err)
					continue
				}
				expectError(t, s, err, c.want, c.words...)
			}
			if diff := cmp.Diff(before, shape(t, s)); diff != "" {
				t.Errorf("the schema changed:\n%s", diff)
			}
			if n := value[int](t, s.pool, "SELECT count(*) FROM checkouts"); n != 1 && c.spec != oursSpec {
				t.Errorf("%d checkouts", n)
			}
		})
	}
	ours.Close()
}

// TestOldSchema names the command that upgrades, with the database as a shell
// takes it.
func TestOldSchema(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	const name = "it's an old one"
	server.Exec(t, "postgres", `CREATE DATABASE "`+name+`" TEMPLATE template0`)
	t.Cleanup(func() { server.Exec(t, "postgres", `DROP DATABASE "`+name+`" WITH (FORCE)`) })
	s := open(t, "host="+server.Dir+` dbname='it\'s an old one' user=`+pgtest.Superuser)
	_, err := s.Load(t.Context(), sample(0), store.LoadOptions{})
	expectError(t, s, err, store.ErrNotInitialized, `"kcidb db init -d '`)
	if err := s.Init(t.Context(), store.Version{Major: 1}); err != nil {
		t.Fatal(err)
	}
	_, command, _ := strings.Cut(s.failure(t.Context(), "x", s.ready(t.Context(), s.pool)).Error(), ": run kcidb db upgrade -d ")
	if want := `'postgresql:host=` + server.Dir + ` port=5432 dbname='\''it\'\''s an old one'\'' user=postgres'`; command != want {
		t.Errorf("run kcidb db upgrade -d %s, want %s", command, want)
	}
	for method, err := range callAll(t, s) {
		switch method {
		case "Init", "Initialized", "Schemas", "Upgrade", "Cleanup": // in any order
		default:
			if !errors.Is(err, store.ErrOldSchema) && !errors.Is(err, store.ErrNotInitialized) && err != nil {
				t.Errorf("%s: %v", method, err)
			}
		}
	}
}

// TestTooManyConnections waits a while for a connection that the server does not
// give, and says so.
func TestTooManyConnections(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	_, spec := initialized(t, server)
	server.Exec(t, "postgres", "CREATE ROLE crowded SUPERUSER LOGIN CONNECTION LIMIT 0")
	s := giveUpEarly(open(t, withUser(spec, "crowded")), time.Minute, 200*time.Millisecond)
	// It does not hold for superusers.
	server.Exec(t, "postgres", "ALTER ROLE crowded NOSUPERUSER", `GRANT ALL ON DATABASE `+s.pool.Config().ConnConfig.Database+" TO crowded")
	t.Cleanup(func() {
		server.Exec(t, s.pool.Config().ConnConfig.Database, "DROP OWNED BY crowded")
		server.Exec(t, "postgres", "DROP ROLE crowded")
	})
	for _, err := range callAll(t, s) {
		expectError(t, s, err, store.ErrUnavailable, "too many connections", "CONNECTION LIMIT")
	}
	run(t, spec, "ALTER ROLE crowded SUPERUSER")
	if _, err := s.Load(t.Context(), sample(0), store.LoadOptions{}); err != nil {
		t.Errorf("when there is one: %v", err)
	}
}

// TestStall has a server stop answering, before a load and in the middle of a
// dump, and go on.
func TestStall(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s, _ := initialized(t, server)
	loadSamples(t, s, 60)
	next, stop := iter.Pull2(s.Dump(t.Context(), store.DumpOptions{PerReport: 10}))
	defer stop()
	if _, err, _ := next(); err != nil {
		t.Fatal(err)
	}
	giveUpEarly(s, 100*time.Millisecond, 0)
	server.Signal(t, syscall.SIGSTOP)
	began := time.Now()
	var last error
	for more := true; more && last == nil; {
		_, last, more = next()
	}
	expectError(t, s, last, store.ErrUnavailable, "the server does not answer")
	for method, err := range callAll(t, s) {
		if !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("%s: %v", method, err)
			continue
		}
		expectError(t, s, err, store.ErrUnavailable)
	}
	if took := time.Since(began); took > patience { // of a single statement, without giveUpEarly
		t.Errorf("waited for %v", took)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Load(ctx, sample(0), store.LoadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	server.Signal(t, syscall.SIGCONT)
	giveUpEarly(s, time.Minute, time.Minute)
	if _, err := s.Load(t.Context(), sample(100), store.LoadOptions{}); err != nil {
		t.Errorf("when it goes on: %v", err)
	}
	if n := len(dumpAll(t, s).Builds); n != 61 {
		t.Errorf("%d builds", n)
	}
}

// TestDiskFull fills a file system of its own.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "disk")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(filepath.Dir(filepath.Dir(dir)), 0o755)); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=12m"); err != nil {
		need.Missing(t, "no small file system to fill: run the tests as root: "+err.Error())
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	server := pgtest.Start(t)
	server.Chown(t, dir)
	server.Exec(t, "postgres", "CREATE TABLESPACE small LOCATION '"+dir+"'", "CREATE DATABASE small TEMPLATE template0 TABLESPACE small")
	s := open(t, server.Spec("small", pgtest.Superuser))
	if err := s.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	before := loadSamples(t, s, 10)
	large := &report.Report{}
	for i := range 300 {
		large.Append(sample(11 + i))
		large.Builds[i].Command = new(incompressible(20_000))
	}
	_, err := s.Load(t.Context(), large, receipted(11))
	expectError(t, s, err, store.ErrFull, "make room on the server's disk")
	if diff := cmp.Diff(before, dumpAll(t, s)); diff != "" {
		t.Errorf("the objects changed:\n%s", diff)
	}
	if _, err := s.Receipt(t.Context(), "11"); !errors.Is(err, store.ErrNoReceipt) {
		t.Errorf("the receipt was kept: %v", err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=60m"); err != nil {
		t.Fatal(err)
	}
	if changes, err := s.Load(t.Context(), large, receipted(11)); err != nil || len(changes.Objects) != large.Count() {
		t.Errorf("with room again: %v", err)
	}
}

// incompressible returns a text that does not get shorter by compressing it.
func incompressible(length int) string {
	text := make([]byte, length)
	for i := range text {
		text[i] = byte('a' + rand.IntN(26))
	}
	return string(text)
}

// TestHugeID refuses an object whose ID does not fit an index, and names it.
// Nothing else of the report is there, and the next report loads.
func TestHugeID(t *testing.T) {
	t.Parallel()
	s, _ := initialized(t, pgtest.Shared(t))
	huge := sample(1)
	id := "a:" + incompressible(5000)
	huge.Tests[3].ID = id
	_, err := s.Load(t.Context(), huge, receipted(1))
	if err == nil {
		t.Fatal("it was kept")
	}
	for _, word := range []string{s.name + ": load: ", "tests, whose longest ID has 5002 bytes", id[:20], "index row size", "too long to be kept"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%v\ndoes not say %s", err, word)
		}
	}
	// The loader gives such a report up, and goes on, because the database is not at fault.
	refused, is := errors.AsType[*store.Refused](err)
	if !is || !errors.Is(err, store.ErrRefused) {
		t.Errorf("%v\nis not %v", err, store.ErrRefused)
	} else if strings.Contains(refused.Why, s.name) || strings.Contains(refused.Why, "SQLSTATE") {
		t.Errorf("the submitter is told %q", refused.Why)
	}
	for _, sentinel := range []error{store.ErrBusy, store.ErrFull, store.ErrCorrupt, store.ErrUnavailable, store.ErrForbidden} {
		if errors.Is(err, sentinel) {
			t.Errorf("%v\nis %v", err, sentinel)
		}
	}
	if _, err := s.Receipt(t.Context(), "1"); !errors.Is(err, store.ErrNoReceipt) {
		t.Errorf("the receipt was kept: %v", err)
	}
	huge.Tests = append(huge.Tests[:3], huge.Tests[4:]...)
	if changes, err := s.Load(t.Context(), huge, receipted(1)); err != nil || len(changes.Objects) != samples {
		t.Errorf("without it: %v, %v", changes, err)
	}
}

// TestDamage reads a database that lost a content.
func TestDamage(t *testing.T) {
	t.Parallel()
	s, spec := initialized(t, pgtest.Shared(t))
	loadSamples(t, s, 1)
	run(t, spec, "DELETE FROM contents")
	expectError(t, s, firstError(s.Dump(t.Context(), store.DumpOptions{})), store.ErrCorrupt, "contents are missing")
}

// TestCancelled tells who was cancelled by the server what may have done it.
func TestCancelled(t *testing.T) {
	t.Parallel()
	writer, spec := initialized(t, pgtest.Shared(t))
	loadSamples(t, writer, 1)
	for name, c := range map[string]struct{ options, words string }{
		"statement": {"statement_timeout=50", "statement_timeout is too short"},
		"lock":      {"lock_timeout=50", "lock_timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, spec+" options='-c "+c.options+"'")
			tx, err := writer.pool.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback(t.Context())
			if _, err := tx.Exec(t.Context(), "LOCK builds"); err != nil {
				t.Fatal(err)
			}
			_, err = s.Load(t.Context(), sample(0), store.LoadOptions{})
			expectError(t, s, err, store.ErrBusy, c.words)
		})
	}
}

// TestRefusals tells the engine's errors about the data from all others.
func TestRefusals(t *testing.T) {
	t.Parallel()
	s, _ := initialized(t, pgtest.Shared(t))
	for _, c := range []struct {
		statement string
		refused   bool
	}{
		{"SELECT 1e200::numeric::float4", true},
		{"SELECT 99999999999::int4", true},
		{"SELECT 'a'::varchar(1), repeat('a', 2)::char(1)::varchar; CREATE TEMP TABLE v (a varchar(1)); INSERT INTO v VALUES ('ab')", true},
		{"SELECT '300000-01-01'::timestamptz", true},
		{`SELECT E'\xff'`, true},
		{"SELECT 1 / 0", false},
		{"SELECT nothing", false},
		{"CREATE TEMP TABLE c (a int CHECK (a > 0)); INSERT INTO c VALUES (0)", false},
		{"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '54000', MESSAGE = 'database is not accepting commands'; END $$", false},
		{"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53200', MESSAGE = 'out of memory'; END $$", false},
		{"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '58030', MESSAGE = 'input/output error'; END $$", false},
	} {
		_, err := s.pool.Exec(t.Context(), c.statement, pgx.QueryExecModeSimpleProtocol)
		if err = s.failure(t.Context(), "load", err); errors.Is(err, store.ErrRefused) != c.refused {
			t.Errorf("%s: %v\nrefused: %v, want %v", c.statement, err, !c.refused, c.refused)
		}
	}
}
