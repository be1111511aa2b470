// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

func newDBCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "db",
		Short: "Make, fill and read databases",
		Long: `Make databases of reports, fill them, read them, and take them down again.

A database is named with -d/--database, or by the environment variable
KCIDB_DATABASE. "kcidb db load --database-help" explains what there is.`,
		Example: `  kcidb db init -d sqlite:my.db
  kcidb db load -d sqlite:my.db < reports.json
  kcidb db dump -d sqlite:my.db > all.json`,
	}
	cmd.AddCommand(
		newDBSchemasCommand(p), newDBInitCommand(p), newDBUpgradeCommand(p),
		newDBCleanupCommand(p), newDBEmptyCommand(p), newDBPurgeCommand(p),
		newDBLoadCommand(p), newDBDumpCommand(p), newDBQueryCommand(p), newDBTimeCommand(p),
		newDBVerifyCommand(p), newDBRebuildCommand(p))
	return cmd
}
