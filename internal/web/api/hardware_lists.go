// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// writeHardware writes an object, whose members the parts write one after the other.
func (a hardwareAPI) writeHardware(ctx context.Context, in *HardwareInput, page Page, w io.Writer,
	parts ...func(context.Context, *hardwareView, *jsontext.Encoder) error) error {
	v, err := a.viewHardware(ctx, in)
	if err != nil {
		return err
	}
	v.page = page
	enc := jsontext.NewEncoder(w, encoding)
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, write := range parts {
		if err := write(ctx, v, enc); err != nil {
			return err
		}
	}
	return enc.WriteToken(jsontext.EndObject)
}

func (a hardwareAPI) writeHardwareSummary(ctx context.Context, v *hardwareView, enc *jsontext.Encoder) error {
	s, err := a.sumHardwareUp(ctx, v)
	if err != nil {
		return err
	}
	return errors.Join(writeField(enc, "common", s.Common), writeField(enc, "summary", s.Summary), writeField(enc, "filters", s.Filters))
}

func (a hardwareAPI) writeHardwareBuilds(ctx context.Context, v *hardwareView, enc *jsontext.Encoder) error {
	page, err := a.buildsIn(ctx, v.scope(v.filters.trees), v.filters, v.page)
	if err != nil {
		return err
	}
	return writeMember(enc, "builds", page, func(b *listedBuild) hardwareBuild {
		item := hardwareBuild{BuildItem: buildItem(b.build, b.checkout), Tree: a.treeName(b.checkout)}
		if len(b.seen) > 0 {
			item.IssueID, item.IssueVersion = &b.seen[0].issue, &b.seen[0].version
		}
		return item
	})
}

func (a hardwareAPI) writeHardwareBoots(ctx context.Context, v *hardwareView, enc *jsontext.Encoder) error {
	return a.writeHardwareRuns(ctx, v, enc, rollup.Boots)
}

func (a hardwareAPI) writeHardwareTests(ctx context.Context, v *hardwareView, enc *jsontext.Encoder) error {
	return a.writeHardwareRuns(ctx, v, enc, rollup.Tests)
}

func (a hardwareAPI) writeHardwareRuns(ctx context.Context, v *hardwareView, enc *jsontext.Encoder, kind rollup.Kind) error {
	page, err := a.testsIn(ctx, v.scope(v.filters.trees), v.filters, kind, false, v.page)
	if err != nil {
		return err
	}
	return writeMember(enc, string(kind)+"s", page, func(t *listedTest) hardwareTest {
		return hardwareTest{TestItem: t.item, Tree: a.treeName(t.checkout), Branch: t.checkout.GitRepositoryBranch}
	})
}
