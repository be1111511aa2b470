// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// newCommand returns the command that the program's name stands for, ready to
// be executed: one of the old tools, or, for any other name, all of kcidb.
func newCommand(p *program, argv0 string) *cobra.Command {
	cobra.EnableCommandSorting = false // they are added in the order of use
	root := newRootCommand(p)
	name := filepath.Base(argv0)
	if path := oldTool(name); path != nil {
		p.oldName = true
		root = underOldName(root, name, path)
	}
	finish(p, root)
	return root
}

func newRootCommand(p *program) *cobra.Command {
	root := &cobra.Command{
		Use:   "kcidb",
		Short: "Collect, keep and hand out Linux kernel CI reports",
		Long: `Collect, keep and hand out Linux kernel CI reports.

Reports are read from standard input, one after the other, and written to
standard output. "kcidb serve" runs the whole system on this machine.`,
		Example: `  kcidb serve
  kcidb validate < report.json
  kcidb submit --url http://127.0.0.1:8080 < report.json`,
	}
	root.AddGroup(
		&cobra.Group{ID: "reports", Title: "Reports:"},
		&cobra.Group{ID: "service", Title: "The service, and its clients:"},
		&cobra.Group{ID: "notify", Title: "Telling people:"},
		&cobra.Group{ID: "parts", Title: "The parts of it:"},
	)
	addGroup(root, "reports",
		newSchemaCommand(p), newValidateCommand(p), newUpgradeCommand(p),
		newCountCommand(p), newMergeCommand(p), newDiffCommand(p), newGenCommand(p), newTestsCommand(p))
	addGroup(root, "service",
		newServeCommand(p), newSubmitCommand(p), newQueryCommand(p),
		newSummarizeCommand(p), newDescribeCommand(p))
	addGroup(root, "notify",
		newSubscriptionsCommand(p), newSpoolCommand(p), newWhyCommand(p), newNotifyCommand(p), newIngestCommand(p))
	addGroup(root, "parts", newDBCommand(p), newOOCommand(p), newMQCommand(p))
	root.AddCommand(newVersionCommand(p), newManCommand(), newLinksCommand(p))
	return root
}

func addGroup(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, cmd := range commands {
		cmd.GroupID = group
	}
	root.AddCommand(commands...)
}

// finish gives root, and all below it, what every command has: the common
// flags, the help, the rules about errors.
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
	// A flag is of the command before it, which may be misspelt.
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if args := cmd.Flags().Args(); len(args) > 0 && cmd.HasSubCommands() {
			return unknownCommand(cmd, args[0])
		}
		return err
	})
	root.PersistentFlags().Bool("version", false, "print the version and exit")
	root.PersistentFlags().VarP(&p.level, "log-level", "l", "log what is at least this `LEVEL`: "+logLevelNames())
	mustComplete(root, "log-level", logLevelWords())
	each(root, func(cmd *cobra.Command) {
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
			slog.SetDefault(p.level.logger(p.stderr)) // for the drivers
			p.warnOfEnvironment(os.Environ())
			return work(cmd, args)
		}
	})
}

// addHelpCommand gives root cobra's command "help", for commands that there are.
func addHelpCommand(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "help" {
			continue
		}
		cmd.Short, cmd.Long = "Explain a command", "Explain the command that the words name, as its --help does."
		cmd.Example = "  kcidb help db load"
		cmd.Args = func(_ *cobra.Command, args []string) error {
			if of, rest, _ := root.Find(args); len(rest) > 0 {
				return unknownCommand(of, rest[0])
			}
			return nil
		}
	}
}

// each calls f for cmd and for every command below it.
func each(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, sub := range cmd.Commands() {
		each(sub, f)
	}
}

// subCommandMissing is what running a command does that only has others below
// it: it prints its help when it is the program itself, as nobody who types
// just "kcidb" wants less.
func subCommandMissing(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) > 0:
		return unknownCommand(cmd, args[0])
	case cmd.HasParent() || cmd.Name() != "kcidb":
		return usagef("a command is missing")
	}
	return cmd.Help()
}
