// SPDX-License-Identifier: Apache-2.0

package jetstream

import "testing"

// TestInitAfterCleanup: a queue can be created at once after it was removed.
func TestInitAfterCleanup(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.Dir = t.TempDir()
	q := openNew(t, cfg)
	for i := range 300 {
		if err := q.Cleanup(t.Context()); err != nil {
			t.Fatal(i, err)
		}
		if err := q.Init(t.Context()); err != nil {
			t.Fatal(i, err)
		}
	}
}
