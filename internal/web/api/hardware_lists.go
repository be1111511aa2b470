// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"io"

	jsonv2 "github.com/go-json-experiment/json"
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
	enc := jsontext.NewEncoder(w, jsonv2.Deterministic(true), jsontext.AllowInvalidUTF8(true))
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
	return errors.Join(
		enc.WriteToken(jsontext.String("common")), jsonv2.MarshalEncode(enc, s.Common),
		enc.WriteToken(jsontext.String("summary")), jsonv2.MarshalEncode(enc, s.Summary),
		enc.WriteToken(jsontext.String("filters")), jsonv2.MarshalEncode(enc, s.Filters))
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
	return a.writeHardwareRuns(ctx, v, enc, "boots", rollup.Boots)
}

func (a hardwareAPI) writeHardwareTests(ctx context.Context, v *hardwareView, enc *jsontext.Encoder) error {
	return a.writeHardwareRuns(ctx, v, enc, "tests", rollup.Tests)
}

func (a hardwareAPI) writeHardwareRuns(ctx context.Context, v *hardwareView, enc *jsontext.Encoder, name string, kind rollup.Kind) error {
	tests, err := a.testsIn(ctx, v.scope(v.filters.trees), v.filters, kind, false)
	if err != nil {
		return err
	}
	page, err := tests.page(ctx, v.page)
	if err != nil {
		return err
	}
	return writeMember(enc, name, page, func(t *listedTest) hardwareTest {
		return hardwareTest{TestItem: t.item, Tree: a.treeName(t.checkout), Branch: t.checkout.GitRepositoryBranch}
	})
}
