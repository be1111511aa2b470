// SPDX-License-Identifier: Apache-2.0

package names

import (
	"regexp"
	"testing"
)

// accountID is the rule of Google for IDs of service accounts.
var accountID = regexp.MustCompile(`^[a-z]([-a-z0-9]{4,28}[a-z0-9])$`)

func TestSubmitter(t *testing.T) {
	for origin, want := range map[string]string{
		"maestro":                       "kcidb-ci-maestro",
		"a":                             "kcidb-ci-a",
		"linaro_tuxsuite":               "kcidb-ci-linaro-tuxsuite",
		"abcdefghijklmnopqrstu":         "kcidb-ci-abcdefghijklmnopqrstu",
		"abcdefghijklmnopqrstuv":        "kcidb-ci-abcdefghijklmn-f69f9b",
		"_":                             "kcidb-ci-d2e2ad",
		"ends_":                         "kcidb-ci-ends-14875a",
		"thirteen_char_and_many_others": "kcidb-ci-thirteen-char-c82618",
	} {
		got := Submitter(origin)
		if got != want || !accountID.MatchString(got) {
			t.Errorf("%s: %s, want %s", origin, got, want)
		}
	}
}

func TestAccounts(t *testing.T) {
	for _, id := range []string{WebAccount, TasksAccount, SchedulerAccount} {
		if !accountID.MatchString(id) {
			t.Errorf("%s is no ID of a service account", id)
		}
	}
}
