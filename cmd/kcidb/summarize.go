// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

// helpIDs explains the arguments of commands that show objects.
const helpIDs = `TYPE is one of revision, checkout, build, test, issue, issue_version and
incident. The ID of a revision is the hash of its commit, followed by a comma and
the hash of its patches if it has patches; the ID of an issue_version is the ID of
its issue, a comma, and the version. IDs can be in quotes, as in patterns.

Exit status: 0 all objects are written; 1 some are not in the database.`

func newSummarizeCommand(p *program) *cobra.Command {
	o := databaseOptions{orServed: true}
	cmd := &cobra.Command{
		Use:   "summarize TYPE ID...",
		Short: "Summarize objects and their results in a line each",
		Long: `Write a line for each object to standard output: its description and its result.

` + helpIDs,
		Example: `  kcidb summarize -d sqlite:my.db test ci:1 ci:2
  kcidb summarize -d sqlite:my.db issue_version ci:issue-1,2`,
		Args:              typeAndIDs,
		ValidArgsFunction: completeType,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runShow(cmd.Context(), p, &o, args, func(obj graph.Object) error {
				line, err := describe.Summary(obj)
				if err == nil {
					_, err = fmt.Fprintln(p.stdout, line)
				}
				return err
			})
		},
	}
	o.addTo(p, cmd)
	return cmd
}

// runShow shows the objects that the arguments name. If an object does not
// exist, the others are shown nevertheless.
func runShow(ctx context.Context, p *program, o *databaseOptions, args []string, show func(graph.Object) error) error {
	refs, err := parseRefs(args)
	if err != nil {
		return err
	}
	return o.withStore(ctx, func(s store.Store) error {
		g := graph.New(ctx, s)
		found, err := g.Find(refs...)
		if err != nil {
			return err
		}
		missing := false
		for _, obj := range found {
			known := obj.Known()
			if err := g.Err(); err != nil {
				return err
			}
			if !known {
				missing = true
				fmt.Fprintf(p.stderr, "%s is not in the database\n", obj.Ref())
				continue
			}
			if err := show(obj); err != nil {
				return err
			}
		}
		if missing {
			return errReported
		}
		return nil
	})
}

// typeAndIDs checks the number of arguments of commands that show objects.
func typeAndIDs(_ *cobra.Command, args []string) error {
	switch len(args) {
	case 0:
		return usagef("TYPE and ID are missing")
	case 1:
		return usagef("ID is missing")
	}
	return nil
}

// completeType completes the TYPE argument. A shell cannot know IDs.
func completeType(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return typeNames(), cobra.ShellCompDirectiveNoFileComp
}

func typeNames() []string {
	var names []string
	for _, t := range object.Types() {
		names = append(names, string(t))
	}
	return names
}

// parseRefs reads a type and IDs from arguments.
func parseRefs(args []string) ([]object.Ref, error) {
	t := object.Type(args[0])
	if !t.Known() {
		return nil, usagef("TYPE: there is no type %q; the types are %s", args[0], strings.Join(typeNames(), ", "))
	}
	var refs []object.Ref
	for _, text := range args[1:] {
		ref, err := parseRef(t, text)
		if err != nil {
			return nil, err
		}
		refs = append(refs, ref)
	}
	return refs, nil
}

// parseRef reads an ID. An ID with quotes is in the form of patterns; any other
// ID is the literal ID in reports, with any characters.
func parseRef(t object.Type, text string) (object.Ref, error) {
	inPattern := string(t) + "[" + text + "]"
	if !strings.Contains(text, `"`) {
		fields := []string{text}
		if n := strings.LastIndexByte(text, ','); len(t.Fields()) == 2 && n >= 0 {
			fields = []string{text[:n], strings.TrimSpace(text[n+1:])}
		}
		if t == object.TypeRevision && len(fields) == 1 {
			fields = append(fields, "") // without patches
		}
		inPattern = string(t) + "[" + quoted(fields) + "]"
	}
	ref, err := object.ParseRef(inPattern)
	if syntax, ok := errors.AsType[*object.SyntaxError](err); ok {
		return ref, usagef("ID %s: %s", shorten(text), syntax.Msg)
	}
	return ref, err
}

// quoted returns the fields of an ID in the form of patterns.
func quoted(fields []string) string {
	escape := strings.NewReplacer(`\`, `\\`)
	fields = slices.Clone(fields)
	for i, field := range fields {
		fields[i] = `"` + escape.Replace(field) + `"`
	}
	return strings.Join(fields, ",")
}
