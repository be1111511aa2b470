// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/report"
)

func newSchemaCommand(p *program) *cobra.Command {
	var out outputOptions
	cmd := &cobra.Command{
		Use:   "schema [MAJOR]",
		Short: "Print the schema of reports",
		Long: `Print the JSON Schema of reports with a description of every property: of the
latest version, or of the latest version with the given major number.`,
		Example: `  kcidb schema
  kcidb schema 4`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeMajor,
		RunE: func(_ *cobra.Command, args []string) error {
			v, err := majorArg(args)
			if err != nil {
				return err
			}
			return runSchema(p, &out, v)
		},
	}
	out.addFlags(cmd)
	return cmd
}

func runSchema(p *program, out *outputOptions, v report.Version) error {
	text, ok := report.Schema(v)
	if !ok {
		return fmt.Errorf("there is no schema of version %s", v)
	}
	return out.writer(p).WriteRaw(text)
}
