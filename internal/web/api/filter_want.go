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

// of returns the filters of a kind.
func (f *filters) ofKind(kind rollup.Kind) *kindFilters {
	switch kind {
	case rollup.Builds:
		return &f.build
	case rollup.Boots:
		return &f.boot
	}
	return &f.test
}

// wantBuilt tells whether a build, and what ran on it, may be wanted.
func (f *filters) wantBuilt(b *answers.Built) bool {
	return f.config.want(b.ConfigName) && f.architecture.want(b.Architecture) && f.compiler.want(b.Compiler)
}

// wantBuild tells whether a build is wanted, of some that lasted so long, in which
// issues were seen.
func (f *filters) wantBuild(b *answers.Built, durations map[string]float64, seen []seenIssue) bool {
	k := &f.build
	var lasted *float64
	if seconds, ok := durations[b.ID]; ok {
		lasted = &seconds
	}
	return f.wantBuilt(b) && k.wantStatus(b.Status) && k.origin.want(b.Origin) && k.wantDuration(lasted) && k.wantSeen(b.Status, seen)
}

// durations returns how long builds took, where that matters.
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

// wantGroup tells whether tests are wanted, as far as they are alike.
func (f *filters) wantGroup(g *answers.Group, compatibles []string) bool {
	k := f.ofKind(g.Kind)
	return f.wantBuilt(g.Build) && k.wantStatus(g.Status) && k.origin.want(g.Origin) && k.platform.want(g.Platform) && k.lab.want(g.Lab) &&
		(k.hardware == nil || k.hardware.want(g.Platform) || slices.ContainsFunc(compatibles, k.hardware.want))
}

// wantRun tells whether a test is wanted, in which issues were seen.
func (f *filters) wantRun(run *store.Run, g *answers.Group, seen []seenIssue) bool {
	k := f.ofKind(g.Kind)
	return f.wantGroup(g, run.Compatible) && k.wantPath(run.Path) && k.wantDuration(run.Duration) && k.wantSeen(run.Status, seen)
}

// grouped tells whether it takes what groups of tests have in common, but for their
// status, to tell which are wanted.
func (k *kindFilters) grouped() bool {
	return k.origin != nil || k.platform != nil || k.hardware != nil || k.lab != nil
}

// relates tells whether tests of a kind make builds related to what is wanted: those
// of the kinds that filters are of, of all where there are none.
func (f *filters) relates(kind rollup.Kind) bool {
	narrow := func(k *kindFilters) bool { return k.status != nil || k.grouped() || k.single() }
	return narrow(f.ofKind(kind)) || !narrow(&f.boot) && !narrow(&f.test)
}

// single tells whether it takes single builds or tests to tell which are wanted,
// and not groups of them.
func (k *kindFilters) single() bool {
	return k.paths != nil || k.durations != nil || k.seen != nil
}

// wantStatus tells whether a status is wanted; none is "NULL", or "Unknown".
func (k *kindFilters) wantStatus(s report.Status) bool {
	return k.status == nil || slices.Contains(k.status, statusText(s)) || s == "" && k.status.want("")
}

// wantPath tells whether a path is wanted.
func (k *kindFilters) wantPath(path string) bool {
	return k.paths == nil || slices.ContainsFunc(k.paths, func(part string) bool { return strings.Contains(orUnknown(path), part) })
}

// wantDuration tells whether a duration is wanted: it has to keep all bounds, and
// to be one of the values, where there are any.
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
			equal = equal || b.holds(*seconds)
		case !b.holds(*seconds):
			return false
		}
	}
	return equal || !values
}

// wantSeen tells whether something is wanted by the issues seen in it.
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

// uncategorized tells whether something with the status wants an issue.
func uncategorized(s report.Status) bool { return s == report.StatusFail }
