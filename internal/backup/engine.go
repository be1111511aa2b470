// SPDX-License-Identifier: Apache-2.0

package backup

import (
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/postgres"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
)

// driverOf returns the name of the driver of a database.
func driverOf(s store.Backuper) string {
	switch s.(type) {
	case *sqlite.Store:
		return sqlite.Driver.Name
	case *postgres.Store:
		return postgres.Driver.Name
	}
	return ""
}
