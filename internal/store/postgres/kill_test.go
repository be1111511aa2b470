// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/pgtest"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// loaderSpec tells this test binary to be a loader: it loads samples into the
// database it names, beginning with the one loaderFrom says, and writes the
// number of each that is loaded, until it is killed.
const loaderSpec, loaderFrom = "KCIDB_TEST_LOADER_SPEC", "KCIDB_TEST_LOADER_FROM"

func TestMain(m *testing.M) {
	if spec := os.Getenv(loaderSpec); spec != "" {
		from, _ := strconv.Atoi(os.Getenv(loaderFrom))
		if err := loadForever(spec, from); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func loadForever(spec string, from int) error {
	s, err := Open(strings.TrimPrefix(spec, "postgresql:"))
	if err != nil {
		return err
	}
	for i := from; ; i++ {
		if _, err := s.Load(context.Background(), sample(i), receipted(i)); err != nil {
			return err
		}
		if _, err := fmt.Println(i); err != nil {
			return err
		}
	}
}

// TestKill kills a process in the middle of loading, again and again. All reports
// that it acknowledged are there, and no report partly.
func TestKill(t *testing.T) {
	t.Parallel()
	s, spec := initialized(t, pgtest.Shared(t))
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	next := 0
	for round := range rounds {
		last := killLoader(t, spec, next, 1+7*round)
		// The server may still be at what it was told last.
		eventually.True(t, "the end of the connection", func() bool {
			return value[int](t, s.pool, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid != pg_backend_pid()") == 0
		})
		builds := len(dumpAll(t, s).Builds)
		// One more may have been loaded than could be said.
		if builds != last+1 && builds != last+2 {
			t.Fatalf("round %d: %d builds are there, %d were loaded", round, builds, last+1)
		}
		expectSamples(t, s, func(i int) bool { return i <= last })
		next = builds
	}
}

// killLoader runs a loader, kills it after so many loads, and returns the number
// of the last it spoke of.
func killLoader(t *testing.T, spec string, from, loads int) (last int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), loaderSpec+"="+spec, loaderFrom+"="+strconv.Itoa(from))
	var faults strings.Builder
	c.Stderr = &faults
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	last = from - 1
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if last, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
		if loads--; loads == 0 {
			c.Process.Kill()
		}
	}
	c.Wait()
	if loads > 0 {
		t.Fatalf("the loader ended by itself: %s", &faults)
	}
	return last
}
