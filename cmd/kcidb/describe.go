// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/graph"
)

func newDescribeCommand(p *program) *cobra.Command {
	o := databaseOptions{orServed: true}
	var base string
	cmd := &cobra.Command{
		Use:   "describe TYPE ID...",
		Short: "Describe objects and their results",
		Long: `Write a text about each object to standard output, as in mails: its description,
its result, its failures, and the known issues among them. A NUL character
follows each text, as it follows the mails that "kcidb notify" writes.

` + helpIDs,
		Example: `  kcidb describe -d sqlite:my.db --base https://kcidb.example.org checkout ci:1
  kcidb describe -d sqlite:my.db test ci:1 ci:2 | tr '\0' '\f' | less`,
		Args:              typeAndIDs,
		ValidArgsFunction: completeType,
		RunE: func(cmd *cobra.Command, args []string) error {
			return runShow(cmd.Context(), p, &o, args, func(obj graph.Object) error {
				description, err := describe.Description(obj, base)
				if err == nil {
					_, err = io.WriteString(p.stdout, description.Text()+"\x00")
				}
				return err
			})
		},
	}
	o.addTo(p, cmd)
	cmd.Flags().StringVar(&base, "base", "", "`URL` of the service whose pages the texts link to (default no links)")
	return cmd
}
