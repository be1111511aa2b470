// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/report"
)

// majorArg reads the optional MAJOR argument of report commands. It returns
// the latest version of the schema with that major number, or the latest
// version of all.
func majorArg(args []string) (report.Version, error) {
	if len(args) == 0 {
		return report.Latest(), nil
	}
	major, err := strconv.Atoi(args[0])
	if v, ok := report.LatestMinor(major); ok && err == nil {
		return v, nil
	}
	return report.Version{}, usagef("MAJOR: there is no version %q of the report schema; the versions are %s", args[0], strings.Join(majors(), ", "))
}

// majors returns the major numbers of the report schema.
func majors() []string {
	var all []string
	for _, v := range report.Versions() {
		if text := strconv.Itoa(v.Major); len(all) == 0 || all[len(all)-1] != text {
			all = append(all, text)
		}
	}
	return all
}

// schemaVersion is the value of -s/--schema: the version of a database's
// schema. The zero version stands for the newest.
type schemaVersion store.Version

func (v *schemaVersion) addFlag(cmd *cobra.Command) {
	cmd.Flags().VarP(v, "schema", "s", "`MAJOR.MINOR` version of the database schema (default the newest)")
}

func (v *schemaVersion) Type() string { return "MAJOR.MINOR" }

func (v *schemaVersion) String() string {
	if *v == (schemaVersion{}) {
		return ""
	}
	return fmt.Sprintf("%d.%d", v.Major, v.Minor)
}

func (v *schemaVersion) Set(text string) error {
	major, minor, ok := strings.Cut(text, ".")
	var err1, err2 error
	v.Major, err1 = strconv.Atoi(major)
	v.Minor, err2 = strconv.Atoi(minor)
	if !ok || err1 != nil || err2 != nil || v.Major < 1 || v.Minor < 0 {
		return fmt.Errorf("not MAJOR.MINOR")
	}
	return nil
}

// timestamp is the value of flags and arguments that name a time, in ISO 8601.
type timestamp struct{ time.Time }

func (t *timestamp) Type() string { return "TIME" }

func (t *timestamp) String() string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

// Set reads a time. A time without a zone is local.
func (t *timestamp) Set(text string) error { return t.setIn(text, time.Local) }

// setIn reads a time as report.ParseTime does. A time without a zone is of the zone given.
func (t *timestamp) setIn(text string, zone *time.Location) error {
	parsed, err := report.ParseTime(text, zone)
	if err == nil {
		t.Time = parsed
	}
	return err
}

// mustComplete lets the shell complete the values of a flag with words.
func mustComplete(cmd *cobra.Command, flag string, words []string) {
	complete := cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
	if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
		panic(err) // the flag does not exist: a mistake in this program
	}
}

// completeMajor completes the MAJOR argument.
var completeMajor = cobra.FixedCompletions(majors(), cobra.ShellCompDirectiveNoFileComp)

// completeNothing is for commands whose arguments a shell cannot know.
func completeNothing(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}
