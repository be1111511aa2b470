// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestWorkflowsRunTheCheck checks that the workflows are YAML, run .ci/run with all tags,
// which the version comes from, and run each fuzz target for a minute.
func TestWorkflowsRunTheCheck(t *testing.T) {
	for file, lines := range map[string][]string{
		"../../../.github/workflows/ci.yml": {"      - run: .ci/run\n", "fetch-depth: 0", "      - run: make fuzz FUZZTIME=60s\n"},
		"../../../.gitlab-ci.yml":           {"    - .ci/run\n", "GIT_DEPTH: 0", "    - make fuzz FUZZTIME=60s\n"},
	} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var parsed map[string]any
		if err := yaml.Unmarshal(text, &parsed); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for _, line := range lines {
			if !strings.Contains(string(text), line) {
				t.Errorf("%s has no line %q", file, line)
			}
		}
	}
}
