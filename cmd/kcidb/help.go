// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// helpText returns the output of --help: the description of the command, its
// usage, an example, its subcommands, and its flags, with the common flags at
// the end.
func helpText(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nUsage: %s\n", cmp.Or(cmd.Long, cmd.Short), usageLine(cmd))
	if cmd.HasExample() {
		fmt.Fprintf(&b, "\nExample:\n%s\n", cmd.Example)
	}
	for _, group := range cmd.Groups() {
		writeCommands(&b, group.Title, cmd, group.ID)
	}
	title := "Commands:"
	if len(cmd.Groups()) > 0 {
		title = "Others:"
	}
	writeCommands(&b, title, cmd, "")
	common := pflag.NewFlagSet("", pflag.ContinueOnError)
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	own.SortFlags = false
	sort := func(f *pflag.Flag) {
		switch f.Name {
		case "help", "version", "log-level":
			common.AddFlag(f)
		default:
			own.AddFlag(f)
		}
	}
	cmd.LocalFlags().VisitAll(sort)
	cmd.InheritedFlags().VisitAll(sort)
	writeFlags(&b, "Flags:", own)
	writeFlags(&b, "Common flags:", common)
	return b.String()
}

func usageLine(cmd *cobra.Command) string {
	line := cmd.CommandPath()
	if cmd.HasAvailableSubCommands() {
		return line + " COMMAND [FLAGS]"
	}
	line += " [FLAGS]"
	if _, arguments, ok := strings.Cut(cmd.Use, " "); ok {
		line += " " + arguments
	}
	return line
}

// writeCommands writes the subcommands of cmd in a group, in the order in
// which they were added.
func writeCommands(b *strings.Builder, title string, cmd *cobra.Command, group string) {
	for _, sub := range cmd.Commands() {
		if sub.GroupID != group || !sub.IsAvailableCommand() {
			continue
		}
		if title != "" {
			fmt.Fprintf(b, "\n%s\n", title)
			title = ""
		}
		fmt.Fprintf(b, "  %-*s  %s\n", sub.NamePadding(), sub.Name(), sub.Short)
	}
}

// writeFlags writes flags in two columns.
func writeFlags(b *strings.Builder, title string, flags *pflag.FlagSet) {
	var left, right []string
	width := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		short := "    "
		if f.Shorthand != "" {
			short = "-" + f.Shorthand + ", "
		}
		value, usage := pflag.UnquoteUsage(f)
		flag := short + "--" + f.Name
		if value != "" {
			flag += " " + value
		}
		switch f.DefValue {
		case "", "0", "false", "[]":
		default:
			usage += " (default " + f.DefValue + ")"
		}
		left, right = append(left, flag), append(right, usage)
		width = max(width, len(flag))
	})
	if len(left) > 0 {
		fmt.Fprintf(b, "\n%s\n", title)
	}
	for i := range left {
		fmt.Fprintf(b, "  %-*s  %s\n", width, left[i], right[i])
	}
}
