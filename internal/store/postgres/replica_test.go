// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/storetest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// expectSame fails the test unless a replica answers as its primary does.
func expectSame(t *testing.T, primary, replica *Store) {
	t.Helper()
	if diff := cmp.Diff(dumpAll(t, primary), dumpAll(t, replica)); diff != "" {
		t.Errorf("the dumps differ:\n%s", diff)
	}
	query := func(s *Store) *report.Report {
		all := &report.Report{}
		for r, err := range s.Query(t.Context(), store.Query{Builds: []string{"a:1"}, Parents: true, Children: true}) {
			if err != nil {
				t.Fatal(err)
			}
			all.Append(r)
		}
		return all
	}
	if diff := cmp.Diff(query(primary), query(replica)); diff != "" {
		t.Errorf("the answers to a query differ:\n%s", diff)
	}
	match := func(s *Store) (refs []object.Ref) {
		build := object.BuildRef("a:1").Pattern()
		for set, err := range s.Match(t.Context(), []object.Pattern{build, build.Children(object.TypeTest), object.All(object.TypeTest)}, store.MatchOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			refs = slices.AppendSeq(refs, set.Refs())
		}
		for o, err := range s.Outcomes(t.Context(), []string{"a:1"}) {
			if err != nil {
				t.Fatal(err)
			}
			refs = append(refs, object.TestRef(o.ID))
		}
		for r, err := range s.Runs(t.Context(), []string{"a:1"}, store.RunKey{}) {
			if err != nil {
				t.Fatal(err)
			}
			refs = append(refs, object.TestRef(r.ID))
		}
		storetest.VerifyRollups(t, s)
		return refs
	}
	if diff := cmp.Diff(match(primary), match(replica)); diff != "" {
		t.Errorf("what patterns name differs:\n%s", diff)
	}
	for _, which := range []store.Clock{store.FirstModified, store.LastModified} {
		want, err := primary.Time(t.Context(), which)
		got, other := replica.Time(t.Context(), which)
		if err != nil || other != nil || !got.Equal(want) {
			t.Errorf("%s is %v, %v, want %v, %v", which, got, other, want, err)
		}
	}
	want, err := answers.New(primary.SQL()).Objects(t.Context())
	got, other := answers.New(replica.SQL()).Objects(t.Context())
	if err != nil || other != nil || !cmp.Equal(want, got) {
		t.Errorf("the numbers of objects are %v, %v, want %v, %v", got, other, want, err)
	}
	r, err := primary.Receipt(t.Context(), "1")
	s, other := replica.Receipt(t.Context(), "1")
	if err != nil || other != nil || !cmp.Equal(r, s) {
		t.Errorf("the receipt is %v, %v, want %v, %v", s, other, r, err)
	}
}

// caughtUp waits until a replica has what its primary has.
func caughtUp(t *testing.T, primary, replica *Store) {
	t.Helper()
	lsn := value[string](t, primary.pool, "SELECT pg_current_wal_flush_lsn()::text")
	eventually.True(t, "the replica has caught up", func() bool {
		return value[bool](t, replica.pool, "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", lsn)
	})
}

// lag returns how far a store is behind.
func lag(t *testing.T, s *Store) time.Duration {
	t.Helper()
	d, err := s.Lag(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestReplica(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	primary, spec := initialized(t, server)
	loadSamples(t, primary, 3)
	follower := server.Replica(t, "max_standby_streaming_delay = '100ms'", "hot_standby_feedback = off", "wal_retrieve_retry_interval = '100ms'")
	replica := open(t, follower.ReplicaSpec(spec))
	if _, err := primary.Load(t.Context(), sample(3), receipted(3)); err != nil {
		t.Fatal(err)
	}
	caughtUp(t, primary, replica)
	expectSame(t, primary, replica)

	t.Run("writing", func(t *testing.T) {
		_, load := replica.Load(t.Context(), sample(1), receipted(1))
		for _, err := range map[string]error{
			"Load": load, "Empty": replica.Empty(t.Context()), "Cleanup": replica.Cleanup(t.Context()),
			"SaveReceipts":  replica.SaveReceipts(t.Context(), []store.Receipt{receipt(99)}),
			"PurgeReceipts": replica.PurgeReceipts(t.Context(), time.Now()),
			"Purge":         replica.Purge(t.Context(), store.PurgeOptions{Before: time.Now()}),
		} {
			expectError(t, replica, err, store.ErrReadOnly, "this is a replica", "name the primary as the database", "the replica as the read database")
		}
		expectError(t, replica, replica.Init(t.Context(), store.Version{}), store.ErrInitialized)
		replica.migrations = withMigration(t, "SELECT 1;")
		expectError(t, replica, replica.Upgrade(t.Context(), store.Version{}, nil), store.ErrReadOnly, "name the primary")
		replica.migrations = migrations()
	})

	t.Run("lag", func(t *testing.T) {
		if d := lag(t, primary); d != 0 {
			t.Errorf("the primary is %v behind", d)
		}
		eventually.True(t, "nothing is behind", func() bool { return lag(t, replica) == 0 })
		run(t, follower.DSN("postgres", pgtest.Superuser), "SELECT pg_wal_replay_pause()")
		eventually.True(t, "a pause", func() bool {
			return value[string](t, replica.pool, "SELECT pg_get_wal_replay_pause_state()") == "paused"
		})
		before := dumpAll(t, replica)
		if _, err := primary.Load(t.Context(), sample(4), receipted(4)); err != nil {
			t.Fatal(err)
		}
		eventually.True(t, "it is some time behind", func() bool { return lag(t, replica) > 50*time.Millisecond })
		// It answers from its own data.
		if diff := cmp.Diff(before, dumpAll(t, replica)); diff != "" {
			t.Errorf("the objects changed:\n%s", diff)
		}
		_, err := replica.Receipt(t.Context(), "4")
		expectError(t, replica, err, store.ErrNoReceipt)
		run(t, follower.DSN("postgres", pgtest.Superuser), "SELECT pg_wal_replay_resume()")
		caughtUp(t, primary, replica)
		eventually.True(t, "nothing is behind", func() bool { return lag(t, replica) == 0 })
		expectSame(t, primary, replica)
	})

	// A dump that takes longer than the replica waits with a change that it is in
	// the way of.
	t.Run("conflict", func(t *testing.T) {
		for i := range 100 {
			if _, err := primary.Load(t.Context(), sample(100+i), store.LoadOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		caughtUp(t, primary, replica)
		next, stop := iter.Pull2(replica.Dump(t.Context(), store.DumpOptions{PerReport: 10}))
		defer stop()
		if _, err, _ := next(); err != nil {
			t.Fatal(err)
		}
		run(t, spec, "DELETE FROM test_rows", "VACUUM test_rows")
		lsn := value[string](t, primary.pool, "SELECT pg_current_wal_flush_lsn()::text")
		eventually.True(t, "the change is applied", func() bool {
			return value[bool](t, replica.pool, "SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn", lsn)
		})
		var err error
		for more := true; more && err == nil; {
			_, err, more = next()
		}
		expectError(t, replica, err, store.ErrBusy, "conflict with recovery", "hot_standby_feedback", "max_standby_streaming_delay", "or ask the primary")
		if n := len(dumpAll(t, replica).Builds); n == 0 {
			t.Error("nothing more to dump")
		}
	})

	// Without its primary, it has what it has, and gets older.
	t.Run("no primary", func(t *testing.T) {
		eventually.True(t, "nothing is behind", func() bool { return lag(t, replica) == 0 })
		server.Stop(t, true)
		eventually.True(t, "it is some time behind", func() bool { return lag(t, replica) > 50*time.Millisecond })
		one := lag(t, replica)
		eventually.True(t, "it is more behind", func() bool { return lag(t, replica) > one })
		if n := len(dumpAll(t, replica).Builds); n != 105 {
			t.Errorf("%d builds", n)
		}
		_, err := primary.Lag(t.Context())
		expectError(t, primary, err, store.ErrUnavailable)
		server.Run(t)
		eventually.True(t, "nothing is behind", func() bool { return lag(t, replica) == 0 })
	})
}

// TestLagNever asks a replica that has replayed nothing since it began, because
// it has no primary.
func TestLagNever(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, "autovacuum = off")
	primary, spec := initialized(t, server)
	follower := server.Replica(t)
	replica := open(t, follower.ReplicaSpec(spec))
	// It begins again behind all transactions.
	run(t, spec, "CHECKPOINT")
	caughtUp(t, primary, replica)
	run(t, follower.ReplicaSpec(spec), "CHECKPOINT", "ALTER SYSTEM SET primary_conninfo = ''")
	follower.Stop(t, false)
	follower.Run(t)
	replica = open(t, follower.ReplicaSpec(spec))
	_, err := replica.Lag(t.Context())
	expectError(t, replica, err, store.ErrUnavailable, "replayed nothing", "see primary_conninfo")
	replica.Close()
	if _, err := replica.Lag(t.Context()); err == nil || !strings.Contains(err.Error(), errClosed.Error()) {
		t.Errorf("closed: %v", err)
	}
}
