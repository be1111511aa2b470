// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// oldTools are the Python system's tools that this program replaces, with the
// command for each. "make links" creates a link for each.
var oldTools = []struct {
	name    string
	command string // without "kcidb"
}{
	{"kcidb-schema", "schema"},
	{"kcidb-validate", "validate"},
	{"kcidb-upgrade", "upgrade"},
	{"kcidb-count", "count"},
	{"kcidb-merge", "merge"},
	{"kcidb-submit", "submit"},
	{"kcidb-query", "query"},
	{"kcidb-notify", "notify"},
	{"kcidb-ingest", "ingest"},
	{"kcidb-oo-query", "oo query"},
	{"kcidb-db-schemas", "db schemas"},
	{"kcidb-db-init", "db init"},
	{"kcidb-db-upgrade", "db upgrade"},
	{"kcidb-db-cleanup", "db cleanup"},
	{"kcidb-db-empty", "db empty"},
	{"kcidb-db-purge", "db purge"},
	{"kcidb-db-load", "db load"},
	{"kcidb-db-dump", "db dump"},
	{"kcidb-db-query", "db query"},
	{"kcidb-db-time", "db time"},
	{"kcidb-mq-io-publisher", "mq io-publisher"},
	{"kcidb-mq-io-subscriber", "mq io-subscriber"},
	{"kcidb-mq-pattern-publisher", "mq pattern-publisher"},
	{"kcidb-mq-pattern-subscriber", "mq pattern-subscriber"},
	{"kcidb-mq-email-publisher", "mq email-publisher"},
	{"kcidb-mq-email-subscriber", "mq email-subscriber"},
	{"kcidb-tests-validate", "tests validate"},
	{"kcidb-monitor-spool-wipe", "spool wipe"},
	// The names of the tools in 2020.
	{"kcidb-mq-publisher-init", "mq io-publisher init"},
	{"kcidb-mq-publisher-cleanup", "mq io-publisher cleanup"},
	{"kcidb-mq-publisher-publish", "mq io-publisher publish"},
	{"kcidb-mq-subscriber-init", "mq io-subscriber init"},
	{"kcidb-mq-subscriber-cleanup", "mq io-subscriber cleanup"},
	{"kcidb-mq-subscriber-pull", "mq io-subscriber pull"},
	{"kcidb-spool-wipe", "spool wipe"},
	{"kcidb-summarize", "summarize"},
	{"kcidb-describe", "describe"},
}

// oldTool returns the path of the command for an old tool, or nil for other
// names.
func oldTool(name string) []string {
	for _, tool := range oldTools {
		if tool.name == name {
			return strings.Fields(tool.command)
		}
	}
	return nil
}

// asOldTool takes the command at path out of root's tree and names it like
// the old tool, so that usage, help and completion use that name.
func asOldTool(root *cobra.Command, name string, path []string) *cobra.Command {
	cmd := root
	inherited := root.PersistentFlags()
	for _, word := range path {
		inherited.AddFlagSet(cmd.PersistentFlags())
		i := slices.IndexFunc(cmd.Commands(), func(sub *cobra.Command) bool { return sub.Name() == word })
		cmd = cmd.Commands()[i]
	}
	cmd.Parent().RemoveCommand(cmd)
	cmd.PersistentFlags().AddFlagSet(inherited)
	_, arguments, _ := strings.Cut(cmd.Use, " ")
	cmd.Use = strings.TrimSpace(name + " " + arguments)
	cmd.GroupID = ""
	cmd.Example = strings.ReplaceAll(cmd.Example, "kcidb "+strings.Join(path, " "), name)
	for _, sub := range cmd.Commands() {
		sub.Example = strings.ReplaceAll(sub.Example, "kcidb "+strings.Join(path, " "), name)
	}
	return cmd
}

func newLinksCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:    "links",
		Short:  "Print the names of the Python tools, one per line",
		Long:   `Print the names under which this program acts as the Python tool of that name, one per line.`,
		Args:   noArgs,
		Hidden: true,
		RunE: func(*cobra.Command, []string) error {
			for _, tool := range oldTools {
				if _, err := fmt.Fprintln(p.stdout, tool.name); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
