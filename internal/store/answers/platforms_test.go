// SPDX-License-Identifier: Apache-2.0

package answers_test

import (
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/answers"
)

// TestPlatformPlans: questions about platforms find their rows by the platform, not by the
// day.
func TestPlatformPlans(t *testing.T) {
	t.Parallel()
	db := answers.New(database(t, someReport()).SQL())
	var plan []string
	watchPlans(db, func(_, step string) { plan = append(plan, step) })
	ctx, days := t.Context(), answers.Days{First: 0, Last: 7}
	for name, c := range map[string]struct {
		read  func() error
		using []string // the indexes to use
	}{
		"Platforms": {func() error { _, err := db.Platforms(ctx, days); return err }, []string{
			"h USING COVERING INDEX hardware_counts_platform (platform>?)", "h USING INDEX hardware_counts_platform (platform=? AND day<?)",
		}},
		"Profiles": {func() error { _, err := db.Profiles(ctx, []answers.Platform{{Name: "board", Day: 3}}); return err }, []string{
			"hardware_counts_platform (platform=? AND day=?)", "test_counts_platform (build_id=? AND platform=?)",
		}},
		"HardwareAt": {func() error {
			_, err := db.HardwareAt(ctx, answers.HardwareAt{Platforms: []string{"board"}, Days: days, Revisions: []int64{1}})
			return err
		}, []string{"hardware_counts_platform (platform=? AND day>? AND day<?)"}},
		"Measurements": {func() error { _, err := db.Measurements(ctx, "board", []int64{1}); return err }, []string{
			"tests_number (build_id=?)", "test_counts_platform (build_id=? AND platform=?)",
		}},
	} {
		plan = nil
		if err := c.read(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all := strings.Join(plan, "\n")
		for _, using := range c.using {
			if !strings.Contains(all, using) {
				t.Errorf("%s does not use %s:\n%s", name, using, all)
			}
		}
		for _, table := range []string{"h", "t", "k", "c", "o", "r"} {
			if strings.Contains(all+"\n", "SCAN "+table+"\n") {
				t.Errorf("%s scans %s:\n%s", name, table, all)
			}
		}
	}
}
