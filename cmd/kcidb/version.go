// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/report"
)

// version is set by the linker (see the Makefile); "go install" leaves it
// empty, and the module's version stands for it.
var version string

func programVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}

func newVersionCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of the program, of Go, and of the report schema",
		Long:    `Print the version of the program, of the Go it was built with, and the latest version of the report schema it knows.`,
		Example: `  kcidb version`,
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(p.stdout, "kcidb %s\n%s %s/%s\nreport schema %s\n",
				programVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH, report.Latest())
			return err
		},
	}
}
