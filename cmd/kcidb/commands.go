// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// newCommand returns the command for the program's name: one of the old tools,
// or, for any other name, all of kcidb.
func newCommand(p *program, argv0 string) *cobra.Command {
	cobra.EnableCommandSorting = false // in the order of use instead
	root := newRootCommand(p)
	name := filepath.Base(argv0)
	if path := oldTool(name); path != nil {
		p.oldName = true
		root = asOldTool(root, name, path)
	}
	finish(p, root)
	return root
}

func newRootCommand(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "kcidb",
		Short: "Collect, store and serve Linux kernel CI reports",
		Long: `Collect, store and serve Linux kernel CI reports.

Commands read reports from standard input, one after the other, and write them
to standard output. "kcidb serve" runs the whole system on this machine.`,
		Example: `  kcidb serve
  kcidb validate < report.json
  kcidb submit --url http://127.0.0.1:8080 < report.json`,
	}
	root.AddGroup(
		&cobra.Group{ID: "reports", Title: "Reports:"},
		&cobra.Group{ID: "service", Title: "The service and its clients:"},
		&cobra.Group{ID: "running", Title: "Running a service:"},
		&cobra.Group{ID: "notify", Title: "Notifications:"},
		&cobra.Group{ID: "parts", Title: "The parts of the service:"},
	)
	addGroup(root, "reports",
		newSchemaCommand(p), newValidateCommand(p), newRepairCommand(p), newUpgradeCommand(p),
		newCountCommand(p), newMergeCommand(p), newDiffCommand(p), newGenCommand(p), newTestsCommand(p))
	addGroup(root, "service",
		newServeCommand(p), newSubmitCommand(p), newSubmissionsCommand(p), newQueryCommand(p), newTokenCommand(p), newOriginCommand(p),
		newSummarizeCommand(p), newDescribeCommand(p))
	addGroup(root, "running", newDoctorCommand(p), newBackupCommand(p), newRestoreCommand(p),
		newRawCommand(p), newReplayCommand(p), newAuditCommand(p))
	addGroup(root, "notify",
		newSubscriptionsCommand(p), newSpoolCommand(p), newWhyCommand(p), newNotifyCommand(p), newIngestCommand(p))
	addGroup(root, "parts", newDBCommand(p), newOOCommand(p), newMQCommand(p), newCloudCommand(p))
	root.AddCommand(newVersionCommand(p), newManCommand(), newLinksCommand(p))
	return root
}

func addGroup(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, cmd := range commands {
		cmd.GroupID = group
	}
	root.AddCommand(commands...)
}

// finish gives root and all commands below it the common flags, the help, and
// the handling of errors.
func finish(p *program, root *cobra.Command) {
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		if args := cmd.Flags().Args(); len(args) > 0 && cmd.HasSubCommands() {
			p.noHelp = unknownCommand(cmd, args[0])
			return
		}
		fmt.Fprint(p.stdout, helpText(cmd))
	})
	addHelpCommand(root)
	// Errors in flags belong to the subcommand, whose name may be misspelt.
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if args := cmd.Flags().Args(); len(args) > 0 && cmd.HasSubCommands() {
			return unknownCommand(cmd, args[0])
		}
		return err
	})
	root.PersistentFlags().Bool("version", false, "print the version and exit")
	root.PersistentFlags().VarP(&p.level, "log-level", "l", "log messages of this `LEVEL` and above: "+logLevelNames())
	mustComplete(root, "log-level", logLevelWords())
	eachCommand(root, func(cmd *cobra.Command) {
		cmd.Version = programVersion()
		cmd.SetVersionTemplate("{{.Root.Name}} {{.Version}}\n")
		cmd.Flags().SortFlags = false
		cmd.PersistentFlags().SortFlags = false
		cmd.InitDefaultHelpFlag()
		cmd.Flags().Lookup("help").Usage = "print this help and exit"
		if cmd.HasSubCommands() {
			cmd.Args = cobra.ArbitraryArgs
			cmd.RunE = subCommandMissing
			return
		}
		work := cmd.RunE
		if work == nil {
			return // cobra's own
		}
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			p.started = true
			slog.SetDefault(p.level.logger(p.stderr)) // drivers log to the default logger
			p.warnOfEnvironment(os.Environ())
			return work(cmd, args)
		}
	})
}

// addHelpCommand adds cobra's command "help" to root.
func addHelpCommand(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "help" {
			continue
		}
		cmd.Short, cmd.Long = "Explain a command", "Print the help of a command, as its --help does."
		cmd.Example = "  kcidb help db load"
		cmd.Args = func(_ *cobra.Command, args []string) error {
			if of, rest, _ := root.Find(args); len(rest) > 0 {
				return unknownCommand(of, rest[0])
			}
			return nil
		}
	}
}

// eachCommand calls f for cmd and for every command below it.
func eachCommand(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, sub := range cmd.Commands() {
		eachCommand(sub, f)
	}
}

// subCommandMissing runs a command that has only subcommands. It is an error,
// except for the program itself, which prints its help: a user who types just
// "kcidb" needs the help.
func subCommandMissing(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) > 0:
		return unknownCommand(cmd, args[0])
	case cmd.HasParent() || cmd.Name() != "kcidb":
		return usagef("a command is missing")
	}
	return cmd.Help()
}
