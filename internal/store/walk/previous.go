// SPDX-License-Identifier: Apache-2.0

package walk

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// Previous returns the IDs of builds like the given one.
func (s Store) Previous(ctx context.Context, like store.Like, n int) ([]string, error) {
	if err := s.finder.Ready(ctx); err != nil || n <= 0 {
		return nil, err
	}
	var checkouts []string
	for id, err := range s.finder.Branch(ctx, like) {
		if err != nil {
			return nil, err
		}
		checkouts = append(checkouts, id)
	}
	var ids []string
	for group := range groupsOf(checkouts) {
		builds, err := s.buildsLike(ctx, like, group)
		if err != nil {
			return nil, err
		}
		for _, checkout := range group {
			for _, b := range newestFirst(builds[checkout]) {
				if ids = append(ids, b.ID); len(ids) == n {
					return ids, nil
				}
			}
		}
	}
	return ids, nil
}

// buildsLike returns the builds like the given one by their checkouts.
func (s Store) buildsLike(ctx context.Context, like store.Like, checkouts []string) (map[string][]report.Build, error) {
	builds := make(map[string][]report.Build, len(checkouts))
	q := Question{
		List: store.Builds, Of: map[object.Type][]store.Key{object.TypeCheckout: keys(checkouts)},
		Properties: []string{"id", "origin", "checkout_id", "architecture", "config_name", "start_time"},
	}
	for r, err := range s.finder.Find(ctx, q) {
		if err != nil {
			return nil, err
		}
		for _, b := range r.Builds {
			if b.Origin == like.Origin && is(b.Architecture, like.Architecture) && is(b.ConfigName, like.ConfigName) {
				builds[b.CheckoutID] = append(builds[b.CheckoutID], b)
			}
		}
	}
	return builds, nil
}

// is reports whether a property has a value, or is absent if the value is "".
func is(property *string, value string) bool {
	if property == nil {
		return value == ""
	}
	return value != "" && *property == value
}

// newestFirst sorts builds by start and ID. Builds without a start come last.
func newestFirst(builds []report.Build) []report.Build {
	slices.SortFunc(builds, func(a, b report.Build) int {
		switch {
		case a.StartTime != nil && b.StartTime != nil:
			return cmp.Or(b.StartTime.Compare(*a.StartTime), strings.Compare(b.ID, a.ID))
		case a.StartTime == nil && b.StartTime == nil:
			return strings.Compare(b.ID, a.ID)
		case a.StartTime == nil:
			return 1
		}
		return -1
	})
	return builds
}
