// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// TestRollupsOfAnUpgradeThatDidNotEnd: after an interrupted upgrade, the
// roll-ups of the service's own database are completed at the start. For
// another database the log has a warning.
func TestRollupsOfAnUpgradeThatDidNotEnd(t *testing.T) {
	uncounted := func(file string) {
		t.Helper()
		s, err := all.Open(t.Context(), "sqlite:"+file)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if err := s.Init(t.Context(), store.Version{}); err != nil {
			t.Fatal(err)
		}
		err = rollup.Of(s).Update(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE rollups SET complete = 0")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	const counting, warning = `"msg":"upgrading the database","what":"builds counted","of":0`, "the roll-ups do not count all objects yet"
	other := filepath.Join(t.TempDir(), "other.db")
	uncounted(other)
	for _, c := range []struct {
		name   string
		change func(*Config)
		counts bool
		warns  bool
	}{
		{"its own", func(c *Config) { uncounted(c.databaseFile()) }, true, false},
		{"another", func(c *Config) { c.Database = secret.Text("sqlite:" + other) }, false, true},
		{"a new one", nil, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := start(t, c.change)
			if err := s.stop(); err != nil {
				t.Fatal(err)
			}
			log := s.log.String()
			if strings.Contains(log, counting) != c.counts || strings.Contains(log, warning) != c.warns {
				t.Errorf("it says\n%s", log)
			}
		})
	}
}
