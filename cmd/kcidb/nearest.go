// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/service"
)

// nearestWord returns the word with the fewest edits from name, or "" if more than a
// third of name would change.
func nearestWord(name string, words []string) string {
	best, least := "", max(1, len(name)/3)+1
	for _, word := range words {
		if n := levenshtein.ComputeDistance(name, word); n < least {
			best, least = word, n
		}
	}
	return best
}

// unknownCommand returns the error for a subcommand that cmd does not have, and
// suggests the nearest command: "lod" is near "load", and "load" and "db-load"
// are near "db load".
func unknownCommand(cmd *cobra.Command, name string) error {
	var paths, names []string
	eachCommand(cmd, func(sub *cobra.Command) {
		if path, below := strings.CutPrefix(sub.CommandPath(), cmd.CommandPath()+" "); below && sub.IsAvailableCommand() {
			paths = append(paths, path)
			names = append(names, sub.Name())
		}
	})
	var children []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			children = append(children, sub.Name())
		}
	}
	meant := nearestWord(name, children)
	if i := slices.IndexFunc(paths, func(path string) bool { return strings.ReplaceAll(path, " ", "-") == name }); i >= 0 {
		meant = paths[i]
	} else if i := slices.Index(names, name); i >= 0 {
		meant = paths[i]
	} else if below := nearestWord(name, names); meant == "" && below != "" {
		meant = paths[slices.Index(names, below)]
	}
	if meant == "" {
		return usagef("there is no command %q", name)
	}
	return usagef("there is no command %q: did you mean %q?", name, cmd.CommandPath()+" "+meant)
}

// noArgs is the Args function of commands without arguments.
func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("unexpected argument %q", args[0])
	}
	return nil
}

// environmentPrefix is the prefix of our environment variables.
const environmentPrefix = "KCIDB_"

// warnOfEnvironment warns of environment variables whose names are nearly ours,
// because they have no effect. A name that is near none of ours may belong to
// another program or script.
//
// The old tools print only errors, because a caller may take other output for a
// failure. There the warning is logged, if the log level allows it.
func (p *program) warnOfEnvironment(environ []string) {
	known := append(service.Variables(), databaseEnv, restEnv, subscriptionsEnv)
	short := make([]string, len(known))
	for i, name := range known {
		short[i] = strings.TrimPrefix(name, environmentPrefix)
	}
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		rest, ours := strings.CutPrefix(strings.ToUpper(name), environmentPrefix)
		if !ours || slices.Contains(known, name) {
			continue
		}
		meant := nearestWord(rest, short)
		if meant == "" {
			continue
		}
		message := fmt.Sprintf("the environment variable %s has no effect: did you mean %s?", name, environmentPrefix+meant)
		if p.oldName {
			slog.Warn(message)
			continue
		}
		fmt.Fprintf(p.stderr, "kcidb: warning: %s\n", message)
	}
}
