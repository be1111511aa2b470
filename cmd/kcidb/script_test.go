// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub/pubsubtest"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/bigquery/bigquerytest"
	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/report"
)

func TestMain(m *testing.M) {
	commands := map[string]func(){"kcidb": main}
	for _, tool := range oldTools {
		commands[tool.name] = main
	}
	testscript.Main(m, commands)
}

// TestScripts runs the command, and the links to it, as users do. Each script
// in testdata/script is about one subject. LATEST is the latest version of reports, such
// as 5.3, and VERSION is the version as JSON.
func TestScripts(t *testing.T) {
	scripts, err := filepath.Abs("../../scripts")
	if err != nil {
		t.Fatal(err)
	}
	version, err := json.Marshal(report.Latest())
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":      expectExit,
			"damage":     damage,
			"serving":    serving,
			"until":      until,
			"poison":     poison,
			"postgresql": postgresql,
			"bigquery":   startBigQuery,
			"cloud":      cloud,
			"firestore":  firestoreSpool,
			"sifted":     sifted,
			"pubsub":     startPubSub,
			"published":  published,
		},
		Setup: func(env *testscript.Env) error {
			env.Setenv("TZ", "Europe/Helsinki")
			env.Setenv("SCRIPTS", scripts)
			env.Setenv("LATEST", report.Latest().String())
			env.Setenv("VERSION", string(version))
			env.Values[testKey{}] = env.T()
			return nil
		},
	})
}

// testKey is the key under which a script's values contain its test.
type testKey struct{}

// expectExit is the command "exits STATUS COMMAND [ARG...]" of scripts: it runs a command
// that must exit with the status.
func expectExit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%v exits with %d, want %d", args[1:], got, want)
	}
}

// damage DATABASE STATEMENT runs an SQL statement on a database with roll-ups.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: damage DATABASE STATEMENT")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	spec := args[0]
	if file, ok := strings.CutPrefix(spec, "sqlite:"); ok {
		spec = "sqlite:" + ts.MkAbs(file)
	}
	s, err := all.Open(ctx, spec)
	ts.Check(err)
	err = rollup.Of(s).Update(ctx, func(ctx context.Context, tx sqldb.Tx) error {
		_, err := tx.Exec(ctx, args[1])
		return err
	})
	ts.Check(errors.Join(err, s.Close()))
}

var servingAt = regexp.MustCompile(`"msg":"serving","url":"http://([^/]+)/"`)

// serving LOG waits until the service that logs to the file is serving, and
// sets SERVICE to its HOST:PORT.
func serving(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serving LOG")
	}
	eventually.Succeeds(script{ts}, func() error {
		log, _ := os.ReadFile(ts.MkAbs(args[0]))
		m := servingAt.FindSubmatch(log)
		if m == nil {
			return fmt.Errorf("the service does not serve:\n%s", log)
		}
		ts.Setenv("SERVICE", string(m[1]))
		return nil
	})
}

// until FILE REGEXP waits until a program has written text that matches to the file.
func until(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: until FILE REGEXP")
	}
	want, err := regexp.Compile(args[1])
	ts.Check(err)
	eventually.Succeeds(script{ts}, func() error {
		text, _ := os.ReadFile(ts.MkAbs(args[0]))
		if !want.Match(text) {
			return fmt.Errorf("%s has no %q:\n%s", args[0], args[1], text)
		}
		return nil
	})
}

// script is a script that waits by package eventually.
type script struct{ *testscript.TestScript }

// Helper does nothing: a failure names the line of the script.
func (script) Helper() {}

// poison QUEUE ID TEXT puts a text into a queue that no tool of ours would
// publish.
func poison(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: poison QUEUE ID TEXT")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cfg, err := jetstream.Parse(args[0])
	ts.Check(err)
	cfg.Dir = ts.MkAbs(cfg.Dir)
	q, err := cfg.Open(ctx)
	ts.Check(err)
	err = q.Publish(ctx, queue.Message{ID: args[1], Received: time.Now(), Data: []byte(args[2])})
	ts.Check(errors.Join(err, q.Close()))
}

// bigquery VARIABLE... sets each variable to the specification of a data set that does
// not exist, on a server of BigQuery's interfaces. It sets VIEWER to the address where
// callers may only query.
func startBigQuery(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: bigquery VARIABLE...")
	}
	t := ts.Value(testKey{}).(testing.TB)
	server := bigquerytest.Shared(t)
	ts.Setenv(google.BigQueryEmulator, server.HTTP)
	ts.Setenv(google.BigQueryStorageEmulator, server.GRPC)
	ts.Setenv("VIEWER", server.Viewer(t))
	for _, name := range args {
		ts.Setenv(name, bigquerytest.Spec(t))
	}
}

// postgresql VARIABLE... sets each variable to the specification of a new,
// empty database on a PostgreSQL server. Without PostgreSQL the script is
// skipped, or fails with CI=true.
func postgresql(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: postgresql VARIABLE...")
	}
	for _, name := range args {
		ts.Setenv(name, pgtest.Database(ts.Value(testKey{}).(testing.TB)))
	}
}

// pubsub starts a Pub/Sub server, which the commands use until the end of the script. It
// sets PUBLISHER to the address where callers may only publish.
func startPubSub(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: pubsub")
	}
	t := ts.Value(testKey{}).(testing.TB)
	server := pubsubtest.Start(t)
	ts.Setenv("PUBSUB_EMULATOR_HOST", server.Address)
	ts.Setenv("PUBLISHER", server.Publisher(t).Address)
}

// published PROJECT TOPIC FILE publishes a file as a program of the Python system does.
func published(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: published PROJECT TOPIC FILE")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	server := pubsubtest.Server{Address: ts.Getenv("PUBSUB_EMULATOR_HOST")}
	client, err := pubsub.NewClient(ctx, args[0], server.Options()...)
	ts.Check(err)
	defer client.Close()
	topic := client.Publisher(args[1])
	topic.EnableMessageOrdering = true
	defer topic.Stop()
	_, err = topic.Publish(ctx, &pubsub.Message{Data: []byte(ts.ReadFile(args[2])), OrderingKey: "k"}).Get(ctx)
	ts.Check(err)
}
