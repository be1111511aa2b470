// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/kcidb-go/kcidb/internal/store"
)

// A sweep removes contents that nothing refers to, while others are loading.
// Reading all references takes long, so no transaction does it:
//
//  1. The sweep reads all references, a page at a time.
//  2. It retires the contents without a reference: their hashes get longer, so
//     that loads do not find them and add such a content again.
//  3. It reads all references again. A load that found a content before the sweep
//     retired it has committed, and no load refers to retired contents any more.
//  4. It removes the retired contents that still have no reference, and gives
//     the others their hashes back.
//
// A sweep may be broken off anywhere: the next sweep retires the retired contents
// again, with its own mark. Only the sweep whose mark a content has removes the
// content, so that two sweeps at the same time do no harm.

// sweepPage is the number of rows or contents that are read at once.
const sweepPage = 20_000

// hashSize is the length of the hash of a content that is not retired.
const hashSize = 16

type sweep struct {
	store    *Store
	mark     [8]byte
	last     int64 // the content with the greatest ID there was
	retired  idSet
	progress store.Progress
}

func (s *Store) sweep(ctx context.Context, progress store.Progress) error {
	sw := sweep{store: s, progress: progress}
	rand.Read(sw.mark[:])
	if err := s.read.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM contents").Scan(&sw.last); err != nil {
		return err
	}
	used, err := sw.references(ctx)
	if err != nil {
		return err
	}
	sw.report(0, 0)
	n, err := sw.retire(ctx, used)
	if err != nil || n == 0 {
		return err
	}
	sw.report(0, n)
	if used, err = sw.references(ctx); err != nil {
		return err
	}
	return sw.remove(ctx, used, n)
}

func (sw *sweep) report(done, total int64) {
	sw.progress.Report("contents without an object removed", done, total)
}

// references returns the contents that objects refer to.
func (sw *sweep) references(ctx context.Context) (idSet, error) {
	used := newIDSet(sw.last)
	for i := range tables {
		t := &tables[i]
		if len(t.contents) == 0 {
			continue
		}
		columns := []string{"rowid"}
		for _, c := range t.contents {
			columns = append(columns, t.Columns[c])
		}
		query := fmt.Sprintf("SELECT %s FROM %s WHERE rowid > ? ORDER BY rowid LIMIT %d", strings.Join(columns, ", "), t.List, sweepPage)
		if err := sw.store.eachPage(ctx, len(columns), query, func(rows [][]any) error {
			for _, row := range rows {
				for _, value := range row[1:] {
					if id, ok := value.(int64); ok {
						used.add(id)
					}
				}
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return used, nil
}

// eachPage calls f with the rows of a query in pages of sweepPage rows. The first column
// of the query, and its parameter, is the number to continue behind.
func (s *Store) eachPage(ctx context.Context, columns int, query string, f func(rows [][]any) error) error {
	for from := any(int64(-1 << 63)); ; {
		rows, err := readRows(ctx, s.read, columns, query, []any{from})
		if err != nil {
			return err
		}
		if err := f(rows); err != nil || len(rows) < sweepPage {
			return err
		}
		from = rows[len(rows)-1][0]
	}
}

// retire retires the unused contents, and marks contents that are retired already as its
// own. It returns the number of contents it retired or marked.
func (sw *sweep) retire(ctx context.Context, used idSet) (n int64, err error) {
	sw.retired = newIDSet(sw.last)
	query := fmt.Sprintf("SELECT id, hash FROM contents WHERE id > ? ORDER BY id LIMIT %d", sweepPage)
	err = sw.store.eachPage(ctx, 2, query, func(rows [][]any) error {
		for len(rows) > 0 {
			batch := rows[:min(len(rows), store.PurgeBatch)]
			rows = rows[len(batch):]
			var ids []int64
			for _, row := range batch {
				id, hash := row[0].(int64), row[1].([]byte)
				if id <= sw.last && (!used.has(id) || len(hash) > hashSize) {
					ids = append(ids, id)
				}
			}
			if err := sw.retireBatch(ctx, ids); err != nil {
				return err
			}
			n += int64(len(ids))
		}
		return nil
	})
	return n, err
}

func (sw *sweep) retireBatch(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	err := sw.store.batch(ctx, func(tx *sql.Tx) error {
		return eachContent(ctx, tx, ids, func(id int64, hash []byte) error {
			// With the ID, because there may be another with the same hash, retired before.
			longer := append(append(append([]byte{}, hash[:hashSize]...), sw.mark[:]...), binary.BigEndian.AppendUint64(nil, uint64(id))...)
			_, err := tx.Exec("UPDATE contents SET hash = ? WHERE id = ?", longer, id)
			return err
		})
	})
	for _, id := range ids {
		sw.retired.add(id)
	}
	return err
}

// remove removes the contents that this sweep retired, and are not used.
func (sw *sweep) remove(ctx context.Context, used idSet, total int64) error {
	sw.report(0, total)
	done := int64(0)
	for from := int64(0); ; {
		ids := sw.retired.next(from, store.PurgeBatch)
		if len(ids) == 0 {
			return nil
		}
		from = ids[len(ids)-1] + 1
		if err := sw.store.batch(ctx, func(tx *sql.Tx) error { return sw.removeBatch(ctx, tx, ids, used) }); err != nil {
			return err
		}
		done += int64(len(ids))
		sw.report(done, total)
	}
}

func (sw *sweep) removeBatch(ctx context.Context, tx *sql.Tx, ids []int64, used idSet) error {
	return eachContent(ctx, tx, ids, func(id int64, hash []byte) (err error) {
		switch {
		case len(hash) == hashSize || [8]byte(hash[hashSize:]) != sw.mark: // of another sweep
		case used.has(id):
			// One that a load added since has the hash; this one is retired until it is unused.
			_, err = tx.Exec("UPDATE OR IGNORE contents SET hash = ? WHERE id = ?", hash[:hashSize], id)
		default:
			_, err = tx.Exec("DELETE FROM contents WHERE id = ?", id)
		}
		return err
	})
}

// eachContent calls f with the contents of ids that exist, and their hashes.
func eachContent(ctx context.Context, tx *sql.Tx, ids []int64, f func(id int64, hash []byte) error) error {
	list, err := jsonv2.Marshal(ids)
	if err != nil {
		return err
	}
	rows, err := readRows(ctx, tx, 2, "SELECT id, hash FROM contents WHERE id IN (SELECT value FROM json_each(?))", []any{string(list)})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := f(row[0].(int64), row[1].([]byte)); err != nil {
			return err
		}
	}
	return nil
}

// idSet is a set of IDs from 0 to a greatest ID, with a bit for each. It ignores greater
// IDs.
type idSet []uint64

func newIDSet(last int64) idSet { return make(idSet, last/64+1) }

func (s idSet) add(id int64) {
	if i := id / 64; id >= 0 && i < int64(len(s)) {
		s[i] |= 1 << (id % 64)
	}
}

func (s idSet) has(id int64) bool {
	i := id / 64
	return id >= 0 && i < int64(len(s)) && s[i]&(1<<(id%64)) != 0
}

// next returns the first n IDs in the set that are at least from.
func (s idSet) next(from int64, n int) (ids []int64) {
	for id := from; id < 64*int64(len(s)) && len(ids) < n; id++ {
		if s.has(id) {
			ids = append(ids, id)
		}
	}
	return ids
}
