// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/report"
)

// ofKind returns the filters of a kind.
func (f *filters) ofKind(kind rollup.Kind) *kindFilters {
	switch kind {
	case rollup.Builds:
		return &f.build
	case rollup.Boots:
		return &f.boot
	}
	return &f.test
}

// wantBuilt reports whether the filters may let pass a build and its tests.
func (f *filters) wantBuilt(b *answers.Built) bool {
	return f.config.accepts(b.ConfigName) && f.architecture.accepts(b.Architecture) && f.compiler.accepts(b.Compiler)
}

// wantBuild reports whether the filters let pass a build, given the durations of builds
// and the issues in the build.
func (f *filters) wantBuild(b *answers.Built, durations map[string]float64, seen []seenIssue) bool {
	k := &f.build
	var lasted *float64
	if seconds, ok := durations[b.ID]; ok {
		lasted = &seconds
	}
	return f.wantBuilt(b) && k.wantStatus(b.Status) && k.origin.accepts(b.Origin) && k.wantDuration(lasted) && k.wantSeen(b.Status, seen)
}

// durations returns the durations of builds, nil if no filter needs them.
func (f *filters) durations(ctx context.Context, db *answers.DB, all []answers.Built) (map[string]float64, error) {
	if f.build.durations == nil {
		return nil, nil
	}
	return db.Durations(ctx, idsOfBuilds(all))
}

func idsOfBuilds(all []answers.Built) []string {
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].ID
	}
	return ids
}

// wantGroup reports whether the filters let pass tests, by the properties that the
// tests of a group share.
func (f *filters) wantGroup(g *answers.Group, compatibles []string) bool {
	k := f.ofKind(g.Kind)
	return f.wantBuilt(g.Build) && k.wantStatus(g.Status) && k.origin.accepts(g.Origin) && k.platform.accepts(g.Platform) && k.lab.accepts(g.Lab) &&
		(k.hardware == nil || k.hardware.accepts(g.Platform) || slices.ContainsFunc(compatibles, k.hardware.accepts))
}

// wantRun reports whether the filters let pass a test, given the issues in it.
func (f *filters) wantRun(run *store.Run, g *answers.Group, seen []seenIssue) bool {
	k := f.ofKind(g.Kind)
	return f.wantGroup(g, run.Compatible) && k.wantPath(run.Path) && k.wantDuration(run.Duration) && k.wantSeen(run.Status, seen)
}

// grouped reports whether a filter needs a property that the tests of a group share,
// other than the status.
func (k *kindFilters) grouped() bool {
	return k.origin != nil || k.platform != nil || k.hardware != nil || k.lab != nil
}

// relates reports whether a wanted test of a kind makes its build wanted. If boots or
// tests have filters, only tests of the filtered kinds do.
func (f *filters) relates(kind rollup.Kind) bool {
	narrow := func(k *kindFilters) bool { return k.status != nil || k.grouped() || k.needsSingle() }
	return narrow(f.ofKind(kind)) || !narrow(&f.boot) && !narrow(&f.test)
}

// needsSingle reports whether a filter needs single builds or tests, and not groups of
// tests.
func (k *kindFilters) needsSingle() bool {
	return k.paths != nil || k.durations != nil || k.seen != nil
}

// wantStatus reports whether a status is wanted. "NULL" and "Unknown" stand for no
// status.
func (k *kindFilters) wantStatus(s report.Status) bool {
	return k.status == nil || slices.Contains(k.status, statusText(s)) || s == "" && k.status.accepts("")
}

// wantPath reports whether a path is wanted.
func (k *kindFilters) wantPath(path string) bool {
	return k.paths == nil || slices.ContainsFunc(k.paths, func(part string) bool { return strings.Contains(orUnknown(path), part) })
}

// wantDuration reports whether a duration is wanted: within all bounds, and equal to
// one of the values if there are any.
func (k *kindFilters) wantDuration(seconds *float64) bool {
	if k.durations == nil {
		return true
	}
	if seconds == nil {
		return false
	}
	values, equal := false, false
	for _, b := range k.durations {
		switch {
		case b.is == "":
			values = true
			equal = equal || b.contains(*seconds)
		case !b.contains(*seconds):
			return false
		}
	}
	return equal || !values
}

// wantSeen reports whether the issues in a build or a test let it pass.
func (k *kindFilters) wantSeen(status report.Status, seen []seenIssue) bool {
	if k.seen == nil {
		return true
	}
	for _, wanted := range k.seen {
		if wanted.uncategorized {
			if uncategorized(status) && len(seen) == 0 {
				return true
			}
			continue
		}
		for _, s := range seen {
			if s.issue == wanted.id && (wanted.version < 0 || wanted.version == s.version) {
				return true
			}
		}
	}
	return false
}

// uncategorized reports whether a build or test with this status ought to have an
// issue.
func uncategorized(s report.Status) bool { return s == report.StatusFail }
