// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"os"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestWorkflowsRunTheCheck checks that the workflows are YAML, and run .ci/run with all
// tags, which the version comes from.
func TestWorkflowsRunTheCheck(t *testing.T) {
	for file, lines := range map[string][]string{
		"../../../.github/workflows/ci.yml": {"      - run: .ci/run\n", "fetch-depth: 0"},
		"../../../.gitlab-ci.yml":           {"    - .ci/run\n", "GIT_DEPTH: 0"},
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
