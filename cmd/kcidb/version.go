// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/report"
)

// version is the output of "git describe --tags", set by the linker (see the Makefile).
// "go install" and "go build" leave it empty.
var version string

// programVersion returns the version of this program.
func programVersion() string {
	info, _ := debug.ReadBuildInfo()
	return versionOf(version, info)
}

// versionOf returns the version that the linker set, or the version of the module:
// "go install github.com/kcidb-go/kcidb/cmd/kcidb@v1.2.3" makes a program of v1.2.3. The
// info may be nil.
func versionOf(linked string, info *debug.BuildInfo) string {
	if linked != "" {
		return linked
	}
	if info != nil && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(unknown)"
}

func newVersionCommand(p *program) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the versions of the program, Go and the report schema",
		Long:    `Print the version of the program, the version of Go that built it, and the latest version of the report schema it knows.`,
		Example: `  kcidb version`,
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(p.stdout, "kcidb %s\n%s %s/%s\nreport schema %s\n",
				programVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH, report.Latest())
			return err
		},
	}
}
