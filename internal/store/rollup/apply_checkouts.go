// SPDX-License-Identifier: Apache-2.0

package rollup

import (
	"context"
	"maps"
	"slices"
)

// countCheckouts counts the checkouts that changed, and finds the heads of their
// trees.
func (a *applier) countCheckouts(ctx context.Context) error {
	if len(a.checkouts) == 0 {
		return nil
	}
	ids := a.checkouts.sorted()
	before, err := countedCheckouts.read(ctx, a.transaction, a.In("checkout_id", 1), a.List(ids))
	if err != nil {
		return err
	}
	existing, err := a.checkoutsByID(ctx, ids)
	if err != nil {
		return err
	}
	trees := make(map[int64]treeHead) // a row to lock each tree by
	var changed, gone []countedCheckout
	for _, was := range before {
		a.daily[was.daily()]--
		now, ok := existing[was.id]
		if !ok {
			gone = append(gone, was)
		}
		if was != now.counted {
			trees[was.tree] = treeHead{hash: was.tree}
		}
	}
	for _, now := range existing {
		a.daily[now.counted.daily()]++
		changed = append(changed, now.counted)
		trees[now.head.hash] = now.head
	}
	if err := treeHeads.lock(ctx, a.transaction, slices.Collect(maps.Values(trees))); err != nil {
		return err
	}
	if err := countedCheckouts.put(ctx, a.transaction, changed); err != nil {
		return err
	}
	if err := countedCheckouts.remove(ctx, a.transaction, gone, ""); err != nil {
		return err
	}
	return a.findHeads(ctx, slices.Sorted(maps.Keys(trees)))
}

// findHeads finds the heads of trees among the counted checkouts, and deletes the trees
// that have none.
func (tx transaction) findHeads(ctx context.Context, trees []int64) error {
	var heads []string
	var gone []treeHead
	for _, tree := range trees {
		head := ""
		query := "SELECT checkout_id FROM counted_checkouts WHERE tree = $1 ORDER BY start DESC, checkout_id DESC LIMIT 1"
		if err := tx.readRow(ctx, query, []any{tree}, &head); err != nil {
			return err
		}
		if head == "" {
			gone = append(gone, treeHead{hash: tree})
		} else {
			heads = append(heads, head)
		}
	}
	checkouts, err := tx.checkoutsByID(ctx, heads)
	if err != nil {
		return err
	}
	var rows []treeHead
	for _, c := range checkouts {
		rows = append(rows, c.head)
	}
	if err := treeHeads.put(ctx, tx, rows); err != nil {
		return err
	}
	return treeHeads.remove(ctx, tx, gone, "")
}
