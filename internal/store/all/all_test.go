// SPDX-License-Identifier: Apache-2.0

package all

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store"
)

func TestDrivers(t *testing.T) {
	byName := func(a, b store.Driver) int { return strings.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(Drivers(), byName) {
		t.Error("the drivers are not in the order of their names")
	}
	for _, d := range Drivers() {
		if !strings.Contains(Help(), "\n"+d.Name+"\n    "+d.Name) {
			t.Errorf("the help of %s does not begin with its specification", d.Name)
		}
	}
}

func TestOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.sqlite")
	for _, spec := range []string{"null", "sqlite::memory:", "sqlite:" + file, "mux:null mux:null\\ sqlite::memory:"} {
		s, err := Open(t.Context(), spec)
		if err != nil {
			t.Errorf("%s: %v", spec, err)
			continue
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", spec, err)
		}
	}
	if found, _ := filepath.Glob(file + "*"); len(found) > 0 {
		t.Errorf("opening made %v", found)
	}
}
