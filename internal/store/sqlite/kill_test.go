// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
)

// loaderFile tells this test binary to be a loader: it loads samples into the
// database it names, beginning with the one loaderFrom says, and writes the
// number of each that is loaded, until it is killed.
const loaderFile, loaderFrom = "KCIDB_TEST_LOADER_FILE", "KCIDB_TEST_LOADER_FROM"

func TestMain(m *testing.M) {
	if file := os.Getenv(loaderFile); file != "" {
		from, _ := strconv.Atoi(os.Getenv(loaderFrom))
		if err := loadForever(file, from); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func loadForever(file string, from int) error {
	s, err := Open(file)
	if err != nil {
		return err
	}
	for i := from; ; i++ {
		if _, err := s.Load(context.Background(), samples(i), store.LoadOptions{}); err != nil {
			return err
		}
		if _, err := fmt.Println(i); err != nil {
			return err
		}
	}
}

// TestKill kills a process in the middle of loading, again and again. All reports
// that it acknowledged are there, and no report partly. Another process reads the
// same file all the time.
func TestKill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.sqlite")
	s := open(t, file)
	fresh(t, s)
	next := 0
	for round := range 10 {
		last := killLoader(t, file, next, 1+7*round)
		r := dumpAll(t, s)
		// One more may have been loaded than could be said.
		if builds := len(r.Builds); builds != last+1 && builds != last+2 || len(r.Tests) != 20*builds {
			t.Fatalf("round %d: %d builds with %d tests are there, %d builds were loaded", round, len(r.Builds), len(r.Tests), last+1)
		}
		next = len(r.Builds)
		if _, err := s.Load(t.Context(), samples(next), store.LoadOptions{}); err != nil {
			t.Fatal(err)
		}
		next++
	}
	var verdict string
	if err := s.read.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("the file is %s, %v", verdict, err)
	}
}

// killLoader runs a loader, kills it after so many loads, and returns the
// number of the last it spoke of.
func killLoader(t *testing.T, file string, from, loads int) (last int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), loaderFile+"="+file, loaderFrom+"="+strconv.Itoa(from))
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
