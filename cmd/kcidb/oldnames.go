// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// oldTools are the Python system's tools that this program stands in for,
// with the command each is: what links are made for.
var oldTools = []struct {
	name    string
	command string // below kcidb
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
	// The names of 2020.
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

// oldTool returns the path of the command an old tool is, nil for other names.
func oldTool(name string) []string {
	for _, tool := range oldTools {
		if tool.name == name {
			return strings.Fields(tool.command)
		}
	}
	return nil
}

// underOldName takes the command at path out of root's tree and names it as the
// old tool, so that usage, help and completion all speak of that tool.
func underOldName(root *cobra.Command, name string, path []string) *cobra.Command {
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
		Short:  "Print the old tools' names, a line each",
		Long:   `Print the names of the Python tools that this program is when started under them, a line each.`,
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
