// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// Schemas returns the schemas that migrations make. Migration N, at index N-1, makes schema
// N.0. The name of a migration that adds the properties of a version of reports ends with
// the version, as 0011_v5.4 does. Schemas before the first such migration keep version 5.3.
func Schemas(migrations []string) []store.Schema {
	kept := report.Version{Major: 5, Minor: 3}
	var all []store.Schema
	for i, name := range migrations {
		for _, v := range report.Versions() {
			if strings.HasSuffix(name, "_v"+v.String()) {
				kept = v
			}
		}
		all = append(all, store.Schema{Version: store.Version{Major: i + 1}, Report: kept})
	}
	return all
}
