// SPDX-License-Identifier: Apache-2.0

package postgres

import "testing"

// TestToolTarget: PostgreSQL's programs get the same target, and never the password.
func TestToolTarget(t *testing.T) {
	for params, want := range map[string]string{
		"":                    "client_encoding=UTF8",
		"host=/run dbname=k":  "host=/run dbname=k client_encoding=UTF8",
		"!dbname=k user = me": "dbname=k user=me client_encoding=UTF8",
		`dbname='a b\'c' password='p w' pool_max_conns=4 user=me`:                            `dbname='a b\'c' user=me client_encoding=UTF8`,
		"//me:secret@db.example.org:5433/k?sslmode=require&pool_max_conns=4&password=secret": "postgresql://me@db.example.org:5433/k?sslmode=require",
		"//db/k?options=-c%20work_mem%3D4MB":                                                 "postgresql://db/k?options=-c%20work_mem%3D4MB",
	} {
		if got, err := toolTarget(params); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", params, got, err, want)
		}
	}
}
