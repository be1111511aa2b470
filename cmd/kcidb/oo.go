// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

func newOOCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "oo",
		Short: "Get objects by their relations",
		Long: `Read the reports in a database as objects that are parents and children of each
other: revisions have checkouts, checkouts have builds, and so on.`,
		Example: `  kcidb oo query -d sqlite:my.db '>test[ci:1]#<*#'
  kcidb oo query --pattern-help`,
	}
	cmd.AddCommand(newOOQueryCommand(p))
	return cmd
}

// withStore opens the database as withDatabase does, for commands that query it.
func (o *databaseOptions) withStore(ctx context.Context, f func(store.Store) error) error {
	return o.withDatabase(ctx, func(s store.Sink) error {
		full, err := storeOf(s)
		if err != nil {
			return err
		}
		return f(full)
	})
}

// storeOf returns the database as a store, or an error if it cannot be queried.
func storeOf(s store.Sink) (store.Store, error) {
	full, ok := store.As[store.Store](s)
	if !ok {
		return nil, errors.New("this kind of database cannot be queried for objects by their relations")
	}
	return full, nil
}

// maxShown is how many bytes of an argument an error contains.
const maxShown = 80

// parsePatterns reads arguments as patterns. An error contains the argument,
// because there may be several, and the position in it.
func parsePatterns(p *program, args []string) ([]object.Pattern, error) {
	var all []object.Pattern
	for _, text := range args {
		patterns, err := object.Parse(text)
		if syntax, ok := errors.AsType[*object.SyntaxError](err); ok {
			return nil, usagef("pattern %s: at %d: %s", shorten(text), syntax.Offset, syntax.Msg)
		}
		if err != nil {
			return nil, err
		}
		if len(patterns) == 0 {
			p.level.logger(p.stderr).Warn("a pattern names nothing, because it has neither # nor $", "pattern", text)
		}
		all = append(all, patterns...)
	}
	return all, nil
}

// shorten returns an argument for an error: quoted and shortened.
func shorten(text string) string {
	if len(text) > maxShown {
		return fmt.Sprintf("%q...", text[:maxShown])
	}
	return fmt.Sprintf("%q", text)
}

// addPatternHelp adds the flag that explains patterns to cmd. Call it after
// cmd's Args and RunE are set, because it wraps them.
func addPatternHelp(p *program, cmd *cobra.Command) {
	help := cmd.Flags().Bool("pattern-help", false, "explain patterns, and exit")
	args, work := cmd.Args, cmd.RunE
	cmd.Args = func(cmd *cobra.Command, a []string) error {
		if *help {
			return nil
		}
		return args(cmd, a)
	}
	cmd.RunE = func(cmd *cobra.Command, a []string) error {
		if *help {
			_, err := io.WriteString(p.stdout, patternHelp)
			return err
		}
		return work(cmd, a)
	}
}

// patternHelp is the output of --pattern-help.
const patternHelp = `A pattern names objects by their types, IDs and relations. It is a chain of
steps, read from the left. Each step starts from the objects at which the step
before it ends, and the first step starts from all objects:

    RELATION TYPE [IDS] [MATCH]

RELATION
    >              to the children; in the first step to all objects of TYPE
    <              to the parents

TYPE, one of these, with children to the right of their parents:
    revision   checkout   build   test    incident
                          build           incident
               issue   issue_version      incident
or
    *              all types that can be reached, by any number of relations

IDS, of a single type only
    [ID; ID; ...]  only the objects with these IDs
    []             no objects
    %              only the objects with IDs that a program supplies separately;
                   a command line supplies no IDs

MATCH
    #              name the objects that the step reaches, on its way and at its end
    $              name only the objects at which the step ends
                   A step with neither leads to the next step and names nothing.

An ID is a field, or two with a comma between them: a revision has the hash of
its commit and the hash of its patches ("" without patches), and an
issue_version has the ID of the issue and its version. A field with more in it than
letters, digits and _ : / . ? % + - is in quotes; a quote or a backslash in it
has a backslash before it.

"*" ends at the furthest types that it reaches. An object without such relations
is its own end: "$" names it, and "#" does not. Spaces count only in quotes. The
whole pattern is one argument, and shells need it in quotes.

Examples:
    >*#                        everything
    >test[ci:1]#               a test
    >test[ci:1]<*#             the ancestors of the test: build, checkout, revision
    >test[ci:1]#<*#            the test and its ancestors
    >checkout[ci:1; ci:2]>build#
                               the builds of two checkouts
    >revision[HASH,""]#>*#     a revision and its descendants
    >issue_version["ci:odd id", 2]>incident<test$
                               the tests in which a version of an issue was seen
`
