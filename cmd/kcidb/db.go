// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/spf13/cobra"

func newDBCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "db",
		Short: "Create, fill and read databases",
		Long: `Create, fill, read and remove databases of reports.

The option -d/--database or the environment variable KCIDB_DATABASE names the
database. "kcidb db load --database-help" explains the kinds of databases.`,
		Example: `  kcidb db init -d sqlite:my.db
  kcidb db load -d sqlite:my.db < reports.json
  kcidb db dump -d sqlite:my.db > all.json`,
	}
	cmd.AddCommand(
		newDBSchemasCommand(p), newDBInitCommand(p), newDBUpgradeCommand(p),
		newDBCleanupCommand(p), newDBEmptyCommand(p), newDBPurgeCommand(p),
		newDBLoadCommand(p), newDBDumpCommand(p), newDBQueryCommand(p), newDBTimeCommand(p),
		newDBArchiveCommand(p), newDBPublishCommand(p),
		newDBVerifyCommand(p), newDBRebuildCommand(p), newDBCompactCommand(p))
	return cmd
}
