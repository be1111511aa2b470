// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/artifact"
	artifacts "github.com/kcidb-go/kcidb/internal/artifact/all"
)

// artifactOptions select the artifact store of a command.
type artifactOptions struct {
	spec string
	help bool
}

// addTo adds the flags of commands that use an artifact store to cmd. Call it after cmd's
// Args and RunE are set, because it wraps them to answer --artifacts-help.
func (o *artifactOptions) addTo(p *program, cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.spec, "artifacts", "", "`SPEC` of the artifact store")
	cmd.Flags().BoolVar(&o.help, "artifacts-help", false, "explain the kinds of artifact stores, and exit")
	complete := cobra.FixedCompletions([]string{"folder:", "s3://", "gs://"}, cobra.ShellCompDirectiveNoSpace)
	if err := cmd.RegisterFlagCompletionFunc("artifacts", complete); err != nil {
		panic(err)
	}
	args, work := cmd.Args, cmd.RunE
	cmd.Args = func(cmd *cobra.Command, a []string) error {
		if o.help {
			return nil
		}
		return args(cmd, a)
	}
	cmd.RunE = func(cmd *cobra.Command, a []string) error {
		if o.help {
			_, err := io.WriteString(p.stdout, artifacts.Help)
			return err
		}
		return work(cmd, a)
	}
}

// withArtifacts opens the artifact store, calls f with it, and closes it.
func (o *artifactOptions) withArtifacts(ctx context.Context, f func(*artifact.Store) error) (err error) {
	if o.spec == "" {
		return usagef("no artifact store is named: use --artifacts")
	}
	s, err := artifacts.Open(ctx, o.spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return f(s)
}
