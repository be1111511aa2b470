// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/google/account"
	"github.com/kcidb-go/kcidb/internal/google/names"
)

// cloudAccountOptions select the resources that accounts get access to.
type cloudAccountOptions struct {
	project cloudProject
	topic   string
	dataset string
}

func newCloudAccountCommand(p *program) *cobra.Command {
	var o cloudAccountOptions
	cmd := &cobra.Command{
		Use:   "account",
		Short: "Make, list and remove the service accounts of CI systems",
		Long: `Make, list and remove the service accounts by which CI systems reach the topic and
the dataset. An account can have two roles. With the role submit, a CI system can
submit reports: it has roles/pubsub.publisher on the topic. With the role query it
can query the dataset: it has roles/bigquery.dataViewer on the dataset, and
roles/bigquery.jobUser on the project, which pays for the queries.`,
		Example: `  kcidb cloud account add maestro --project my-project --key maestro.json
  kcidb cloud account add maestro --project my-project --role query
  kcidb cloud account list --project my-project
  kcidb cloud account remove maestro --project my-project`,
	}
	o.project.addFlag(cmd)
	cmd.PersistentFlags().StringVarP(&o.topic, "topic", "t", names.Topic, "`TOPIC` of the submissions")
	cmd.PersistentFlags().StringVarP(&o.dataset, "dataset", "d", names.Dataset, "`DATASET` of the reports")
	cmd.AddCommand(newCloudAccountAddCommand(p, &o), newCloudAccountListCommand(p, &o), newCloudAccountRemoveCommand(&o))
	return cmd
}

// withAccounts opens the accounts of the project, calls f with them, and closes them.
func (o *cloudAccountOptions) withAccounts(ctx context.Context, f func(*account.Accounts) error) (err error) {
	project, err := o.project.id(ctx)
	if err != nil {
		return err
	}
	accounts, err := account.Open(ctx, account.Config{Project: project, Topic: o.topic, Dataset: o.dataset})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, accounts.Close()) }()
	return f(accounts)
}

// originArg reads the ORIGIN argument.
func originArg(args []string) (string, error) {
	if !account.IsOrigin(args[0]) {
		return "", usagef("ORIGIN: %q is not the name of a CI system: lower-case letters, digits and _, at most %d", args[0], account.MaxOrigin)
	}
	return args[0], nil
}

func newCloudAccountAddCommand(p *program, o *cloudAccountOptions) *cobra.Command {
	var roles []string
	var key string
	cmd := &cobra.Command{
		Use:   "add ORIGIN",
		Short: "Make the account of a CI system",
		Long: `Make the service account of the CI system with an origin, unless it exists, give it
the permissions that it lacks, and write a key of it to a file if --key names one.
The command prints what it did, and can be repeated. Roles that the account has
already stay.

Only the file's owner can read the key, which is never printed. It never expires:
give it to the CI system, which sets GOOGLE_APPLICATION_CREDENTIALS to the name of
its file, and delete yours. A file that has a key of the account stays as it is.`,
		Example: `  kcidb cloud account add maestro --project my-project --key maestro.json
  kcidb cloud account add maestro --project my-project --role submit,query`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			origin, err := originArg(args)
			if err != nil {
				return err
			}
			return runCloudAccountAdd(cmd.Context(), p, o, origin, roles, key)
		},
	}
	cmd.Flags().StringSliceVar(&roles, "role", nil, "`ROLES` of the account: submit, query, or both with a comma (default submit)")
	mustComplete(cmd, "role", []string{"submit", "query", "submit,query"})
	cmd.Flags().StringVar(&key, "key", "", "write a new key of the account to this `FILE`")
	return cmd
}

func runCloudAccountAdd(ctx context.Context, p *program, o *cloudAccountOptions, origin string, roles []string, key string) error {
	if len(roles) == 0 {
		roles = []string{string(account.Submit)}
	}
	var wanted []account.Role
	for _, name := range roles {
		role := account.Role(name)
		if role != account.Submit && role != account.Query {
			return usagef("--role: there is no role %q; the roles are submit and query", name)
		}
		if !slices.Contains(wanted, role) {
			wanted = append(wanted, role)
		}
	}
	return o.withAccounts(ctx, func(accounts *account.Accounts) error {
		email := accounts.Email(origin)
		made, granted, err := accounts.Add(ctx, origin, wanted...)
		if made {
			fmt.Fprintf(p.stdout, "made %s\n", email)
		}
		for _, grant := range granted {
			fmt.Fprintf(p.stdout, "granted %s\n", grant)
		}
		if err != nil {
			return err
		}
		wrote := false
		if key != "" {
			if wrote, err = accounts.WriteKey(ctx, origin, key); err != nil {
				return err
			}
		}
		if wrote {
			fmt.Fprintf(p.stdout, "wrote a key to %s\n", key)
		}
		if !made && !wrote && len(granted) == 0 {
			fmt.Fprintf(p.stdout, "%s has all of it already\n", email)
		}
		return nil
	})
}

func newCloudAccountListCommand(p *program, o *cloudAccountOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List the accounts of CI systems",
		Long: `List the service accounts of CI systems, one per line: the origin, the address of
the account, its roles ("-" if it has none), how many keys it has, and "disabled"
if it is.`,
		Example: `  kcidb cloud account list --project my-project`,
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.withAccounts(cmd.Context(), func(accounts *account.Accounts) error {
				return listAccounts(cmd.Context(), p, accounts)
			})
		},
	}
}

func listAccounts(ctx context.Context, p *program, accounts *account.Accounts) error {
	all, err := accounts.List(ctx)
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, a := range all {
		roles := make([]string, len(a.Roles))
		for i, role := range a.Roles {
			roles[i] = string(role)
		}
		if len(roles) == 0 {
			roles = []string{"-"}
		}
		state := ""
		if a.Disabled {
			state = "\tdisabled"
		}
		fmt.Fprintf(out, "%s\t%s\t%s\tkeys: %d%s\n", a.Origin, a.Email, strings.Join(roles, ","), a.Keys, state)
	}
	return out.Flush()
}

func newCloudAccountRemoveCommand(o *cloudAccountOptions) *cobra.Command {
	return &cobra.Command{
		Use:   "remove ORIGIN",
		Short: "Remove the account of a CI system",
		Long: `Take all permissions of the service account of a CI system back, and remove the
account with its keys, which are not valid any more from then on. This cannot be
undone: a new account needs new keys. It is an error if there is no account.`,
		Example:           `  kcidb cloud account remove maestro --project my-project`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeNothing,
		RunE: func(cmd *cobra.Command, args []string) error {
			origin, err := originArg(args)
			if err != nil {
				return err
			}
			return o.withAccounts(cmd.Context(), func(accounts *account.Accounts) error {
				return accounts.Remove(cmd.Context(), origin)
			})
		},
	}
}
