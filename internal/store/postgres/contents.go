// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/kcidb-go/kcidb/internal/store"
)

// hash names a content. It is half of a SHA-256: long enough that no submitter can make
// a content with the hash of another content.
type hash [16]byte

// contentSet is the contents of a load. Most texts repeat earlier texts, which are not
// hashed again.
type contentSet map[string]hash

func (c contentSet) add(text string) hash {
	h, ok := c[text]
	if !ok {
		sum := sha256.Sum256([]byte(text))
		h = hash(sum[:len(h)])
		c[text] = h
	}
	return h
}

// save inserts the contents that are missing in the database. It returns these, and the
// contents that were doomed: possibly only objects of this load refer to them, so the
// load has to add the unused contents to the table doomed.
//
// The transaction shares contentsLock, so that no sweep removes a content meanwhile. A
// doomed content that the load uses again leaves the table doomed.
func (c contentSet) save(ctx context.Context, tx pgx.Tx) (fresh map[hash]bool, err error) {
	if len(c) == 0 {
		return nil, nil
	}
	hashes := make([][16]byte, 0, len(c))
	for _, h := range c {
		hashes = append(hashes, h)
	}
	known, err := existingContents(ctx, tx, hashes)
	if err != nil {
		return nil, err
	}
	if fresh, err = removeDoomed(ctx, tx, hashes); err != nil {
		return nil, err
	}
	e := encoder{}
	rows := make([]row, 0, len(c)-len(known))
	for text, h := range c {
		if known[h] {
			continue
		}
		fresh[h] = true
		from := len(e.b)
		e.begin(2)
		e.length(len(h))
		e.b = append(e.b, h[:]...)
		e.required(text)
		rows = append(rows, row{data: e.b[from:len(e.b):len(e.b)]})
	}
	if len(rows) == 0 {
		return fresh, nil
	}
	// By their hashes, which come first in a row, the index is gone through once.
	slices.SortFunc(rows, func(a, b row) int { return bytes.Compare(a.data, b.data) })
	_, err = tx.Conn().PgConn().CopyFrom(ctx, copyReader(rows), "COPY contents (hash, data) FROM STDIN BINARY")
	return fresh, err
}

// existingContents returns the contents that the database has already.
func existingContents(ctx context.Context, tx pgx.Tx, hashes [][16]byte) (map[hash]bool, error) {
	known := make(map[hash]bool, len(hashes))
	var h [16]byte
	err := forEachRow(ctx, tx, "SELECT hash FROM contents WHERE hash = ANY($1::uuid[])", []any{hashes}, []any{&h}, func() { known[h] = true })
	return known, err
}

// removeDoomed deletes contents from the table doomed, in the order of their hashes, as all
// loaders do. It returns the contents it deleted there.
func removeDoomed(ctx context.Context, tx pgx.Tx, hashes [][16]byte) (spared map[hash]bool, err error) {
	spared = make(map[hash]bool)
	var hasDoomed bool
	if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM doomed)").Scan(&hasDoomed); err != nil || !hasDoomed {
		return spared, err
	}
	var h [16]byte
	err = forEachRow(ctx, tx, `DELETE FROM doomed WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM doomed WHERE hash = ANY($1::uuid[]) ORDER BY hash, ctid FOR UPDATE)) RETURNING hash`,
		[]any{hashes}, []any{&h}, func() { spared[h] = true })
	return spared, err
}

// forEachRow calls f for each row of a query, after scanning the row into the pointers.
func forEachRow(ctx context.Context, tx pgx.Tx, query string, args, into []any, f func()) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	_, err = pgx.ForEachRow(rows, into, func() error {
		f()
		return nil
	})
	return err
}

// addDoomed notes contents that may have no reference any more.
func addDoomed(ctx context.Context, tx pgx.Tx, contents map[hash]bool) error {
	if len(contents) == 0 {
		return nil
	}
	var hashes [][16]byte
	for h := range contents {
		hashes = append(hashes, h)
	}
	_, err := tx.Exec(ctx, "INSERT INTO doomed SELECT unnest($1::uuid[])", hashes)
	return err
}

// contentReader reads contents. It keeps the contents used last, up to contentsKept
// bytes, because the same contents recur.
type contentReader struct {
	kept map[hash][]byte
	size int
}

const contentsKept = 16 << 20

// resolve replaces the references in rows of a table by the contents.
func (c *contentReader) resolve(ctx context.Context, q querier, rows [][][]byte, t *table) error {
	if c.kept == nil || c.size > contentsKept {
		c.kept, c.size = make(map[hash][]byte), 0
	}
	all, err := references(rows, t)
	if err != nil {
		return err
	}
	missing := make(map[hash]bool)
	for _, r := range all {
		if _, ok := c.kept[r.hash]; !ok {
			missing[r.hash] = true
		}
	}
	if len(missing) > 0 {
		if err := c.read(ctx, q, missing); err != nil {
			return err
		}
	}
	for _, r := range all {
		*r.value = c.kept[r.hash]
	}
	return nil
}

// reference is a value that stands for a content.
type reference struct {
	value *[]byte
	hash  hash
}

// references returns the references in rows of a table. It replaces short excerpts,
// which are stored as text, by their texts.
func references(rows [][][]byte, t *table) (all []reference, err error) {
	add := func(value *[]byte, h []byte) {
		if len(h) != len(hash{}) {
			err = fmt.Errorf("%w: a reference of %d bytes", store.ErrCorrupt, len(h))
			return
		}
		all = append(all, reference{value, hash(h)})
	}
	for _, row := range rows {
		for _, i := range t.contents {
			if row[i] != nil {
				add(&row[i], row[i])
			}
		}
		if t.excerpt < 0 || len(row[t.excerpt]) == 0 {
			continue
		}
		switch value := &row[t.excerpt]; (*value)[0] {
		case shortExcerpt:
			*value = (*value)[1:]
		default:
			add(value, (*value)[1:])
		}
	}
	return all, err
}

// read reads contents.
func (c *contentReader) read(ctx context.Context, q querier, missing map[hash]bool) error {
	var hashes [][16]byte
	for h := range missing {
		hashes = append(hashes, h)
	}
	rows, err := q.Query(ctx, "SELECT hash, data FROM contents WHERE hash = ANY($1::uuid[])", hashes)
	if err != nil {
		return err
	}
	var h [16]byte
	var data []byte
	_, err = pgx.ForEachRow(rows, []any{&h, &data}, func() error {
		c.kept[h] = append([]byte{}, data...)
		c.size += len(data)
		delete(missing, h) // it may come twice
		data = nil
		return nil
	})
	if err == nil && len(missing) > 0 {
		err = fmt.Errorf("%w: %d contents are missing", store.ErrCorrupt, len(missing))
	}
	return err
}
