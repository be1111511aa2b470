// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/store/sqldb"
)

// ReadTests calls f for each test that has one of the values in a column. f may keep the
// test.
func ReadTests(ctx context.Context, tx sqldb.Tx, d sqldb.Dialect, column string, values []string, f func(*Test) error) error {
	query := `
		SELECT id, build_id, origin, ` + sqldb.Text("path") + `, ` + sqldb.Text("status") + `, ` + d.Micros("start_time") + `,
			` + sqldb.Text("misc") + `, ` + sqldb.Text("environment_compatible") + `, ` + sqldb.Text("environment_misc") + `
		FROM ` + d.Tests() + `
		WHERE ` + d.In(column, 1)
	type row struct {
		Test
		misc                    string
		compatible, environment string // names of contents
	}
	var all []row
	var t row
	into := []any{&t.ID, &t.BuildID, &t.Origin, &t.Path, (*string)(&t.Status), &t.Start, &t.misc, &t.compatible, &t.environment}
	err := sqldb.Read(ctx, tx, query, []any{d.List(values)}, into, func() error { all = append(all, t); return nil })
	if err != nil {
		return err
	}
	var names set
	for i := range all {
		names.add(all[i].compatible)
		names.add(all[i].environment)
	}
	delete(names, "")
	contents, err := d.Contents(ctx, tx, names.sorted())
	if err != nil {
		return err
	}
	var platforms Platforms
	for i := range all {
		t := &all[i]
		t.Compatible = contents[t.compatible]
		t.SetMisc([]byte(t.misc), []byte(contents[t.environment]), &platforms)
		if err := f(&t.Test); err != nil {
			return err
		}
	}
	return nil
}
