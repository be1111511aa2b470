// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/cmd/kcidb/internal/catalogue"
)

func newTestsCommand(p *program) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "tests",
		Short:   "Check catalogues of tests",
		Long:    `Check catalogues of tests: the names with which test paths begin.`,
		Example: `  kcidb tests validate < tests.yaml`,
	}
	cmd.AddCommand(newTestsValidateCommand(p))
	return cmd
}

func newTestsValidateCommand(p *program) *cobra.Command {
	var urls bool
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Check a catalogue of tests",
		Long: `Check the catalogue of tests on standard input. It is YAML: the names of tests,
each with a title of one line, the URL of its home page, and an optional
description:

    ltp:
      title: Linux Test Project test suite
      home: https://linux-test-project.github.io

A name has only letters, digits, _ and -. Problems are written to standard error,
one per line. With --urls the home pages are requested, too: each has to answer
within 20 seconds and without an error.

Exit status: 0 the catalogue is valid; 1 it is not.`,
		Example: `  kcidb tests validate < tests.yaml
  kcidb tests validate --urls < tests.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runTestsValidate(cmd.Context(), p, urls)
		},
	}
	cmd.Flags().BoolVarP(&urls, "urls", "u", false, "check that the URLs can be reached, too")
	return cmd
}

func runTestsValidate(ctx context.Context, p *program, urls bool) error {
	text, err := io.ReadAll(io.LimitReader(p.stdin, catalogue.MaxBytes+1))
	if err != nil {
		return err
	}
	tests, problems := catalogue.Read(text)
	if len(problems) == 0 && urls {
		if problems, err = catalogue.CheckURLs(ctx, &http.Client{Timeout: catalogue.AnswerTime}, tests); err != nil {
			return err
		}
	}
	for _, problem := range problems {
		fmt.Fprintln(p.stderr, problem)
	}
	if len(problems) > 0 {
		return errReported
	}
	return nil
}
