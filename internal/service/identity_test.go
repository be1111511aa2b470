// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqldb"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
)

// TestOriginRule: the key counts before the setting of the database, which counts before the
// default, and the log says which is in force.
func TestOriginRule(t *testing.T) {
	for _, test := range []struct {
		name, key, setting string
		open               bool
		want               auth.Rule
		log                string
	}{
		{"new database", "", "", false, auth.Enforce, "the default"},
		{"upgraded database", "", "warn", false, auth.Warn, "had objects before"},
		{"key", "off", "warn", false, auth.Off, "the key origins"},
		{"no authentication", "", "", true, auth.Off, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			st := sqlite.OpenMemory("test")
			defer st.Close()
			if err := st.Init(t.Context(), store.Version{}); err != nil {
				t.Fatal(err)
			}
			err := sqldb.Of(st).Update(t.Context(), func(ctx context.Context, tx sqldb.Tx) error {
				_, err := tx.Exec(ctx, "INSERT INTO settings SELECT 'origins', $1 WHERE $1 <> ''", test.setting)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			s := &Service{cfg: Config{Origins: test.key}, auth: &auth.Checker{Primary: secret.Fixed("s")}, log: slog.New(slog.NewTextHandler(&log, nil))}
			if test.open {
				s.auth = &auth.Checker{}
			}
			rule, err := s.originRule(t.Context(), &parts{store: st})
			if err != nil || rule != test.want || !strings.Contains(log.String(), test.log) {
				t.Errorf("%s, %v, want %s; log %s", rule, err, test.want, &log)
			}
		})
	}
}
