// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pinned matches an image with at least a major version.
var pinned = regexp.MustCompile(`^[a-z0-9./-]+:[0-9]+(\.[0-9]+)*(-[a-z0-9.]+)?$`)

func TestDockerfileIsOfTheGoOfTheModule(t *testing.T) {
	module, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(module)
	if version == nil {
		t.Fatal("go.mod names no version of Go")
	}
	var images []string
	for _, m := range regexp.MustCompile(`(?m)^FROM (\S+)`).FindAllStringSubmatch(files(t)["compose/Dockerfile"], -1) {
		images = append(images, m[1])
	}
	if want := []string{"golang:" + string(version[1]), "scratch"}; !slices.Equal(images, want) {
		t.Errorf("the image is made from %v, want %v", images, want)
	}
}

// TestImageIsGivenAllOfTheProgram checks that the build context of the image
// contains all source files of the program.
func TestImageIsGivenAllOfTheProgram(t *testing.T) {
	var allowed []string
	for line := range strings.Lines(files(t)["compose/Dockerfile.dockerignore"]) {
		if pattern, ok := strings.CutPrefix(strings.TrimSpace(line), "!"); ok {
			allowed = append(allowed, pattern)
		}
	}
	given := func(path string) bool {
		first, _, _ := strings.Cut(filepath.ToSlash(path), "/")
		return slices.ContainsFunc(allowed, func(pattern string) bool {
			ok, err := filepath.Match(pattern, first)
			return ok && err == nil || pattern == filepath.ToSlash(path)
		})
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	const format = `{{if and .Module .Module.Main}}{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}` +
		`{{range .EmbedFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{end}}`
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", format, "../cmd/kcidb").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	names := strings.Fields(string(out))
	if len(names) < 100 {
		t.Errorf("the program has %d files: the test asks for the wrong ones", len(names))
	}
	for _, name := range []string{"go.mod", "go.sum", "LICENSE"} {
		names = append(names, filepath.Join(root, name))
	}
	for _, name := range names {
		path, err := filepath.Rel(root, name)
		if err != nil {
			t.Fatal(err)
		}
		if !given(path) {
			t.Errorf("Dockerfile.dockerignore keeps %s from the builder", path)
		}
	}
}
