// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"

	"github.com/kcidb-go/kcidb/internal/store"
)

// hash identifies a text. Half of a SHA-256 is enough for nobody to make a
// text with the hash of somebody else's, and it is kept twice for each.
type hash [16]byte

// The coders are used by all stores; EncodeAll and DecodeAll may be called
// concurrently. Loads come one at a time, reads do not.
var (
	encoder, _ = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false))
	decoder, _ = zstd.NewReader(nil)
)

// excerptWriter puts texts into the table contents, within a transaction.
type excerptWriter struct {
	tx           *sql.Tx
	ids          map[hash]int64 // of the texts of this transaction
	find, insert *sql.Stmt
	buffer       []byte
}

// id returns what to refer to the text by, and keeps it where it is new.
func (c *excerptWriter) id(text string) (int64, error) {
	if c.ids == nil {
		c.ids = make(map[hash]int64)
		var err error
		if c.find, err = c.tx.Prepare("SELECT id FROM contents WHERE hash = ?"); err != nil {
			return 0, err
		}
		if c.insert, err = c.tx.Prepare("INSERT INTO contents (hash, data) VALUES (?, ?)"); err != nil {
			return 0, err
		}
	}
	c.buffer = append(c.buffer[:0], text...)
	sum := sha256.Sum256(c.buffer)
	h := hash(sum[:])
	if id, ok := c.ids[h]; ok {
		return id, nil
	}
	var id int64
	err := c.find.QueryRow(h[:]).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		var result sql.Result
		if result, err = c.insert.Exec(h[:], encoder.EncodeAll(c.buffer, nil)); err == nil {
			id, err = result.LastInsertId()
		}
	}
	if err != nil {
		return 0, err
	}
	c.ids[h] = id
	return id, nil
}

// excerptReader gives texts back by what they are referred to. It keeps those last
// used, for the same ones come again and again, up to textsKept bytes.
type excerptReader struct {
	kept map[int64]string
	size int
}

const textsKept = 16 << 20

// resolve replaces the references in a column of the rows by the texts.
func (x *excerptReader) resolve(ctx context.Context, q querier, rows [][]any, column int) error {
	if x.kept == nil || x.size > textsKept {
		x.kept, x.size = make(map[int64]string), 0
	}
	var missing []int64
	for _, row := range rows {
		if id, ok := row[column].(int64); ok {
			if _, ok := x.kept[id]; !ok {
				x.kept[id] = ""
				missing = append(missing, id)
			}
		}
	}
	if len(missing) > 0 {
		if err := x.read(ctx, q, missing); err != nil {
			return err
		}
	}
	for _, row := range rows {
		if id, ok := row[column].(int64); ok {
			row[column] = x.kept[id]
		}
	}
	return nil
}

// read reads the texts with the IDs.
func (x *excerptReader) read(ctx context.Context, q querier, ids []int64) error {
	list, err := jsonv2.Marshal(ids)
	if err != nil {
		return err
	}
	rows, err := q.QueryContext(ctx, "SELECT id, data FROM contents WHERE id IN (SELECT value FROM json_each(?))", string(list))
	if err != nil {
		return err
	}
	defer rows.Close()
	found := 0
	for ; rows.Next(); found++ {
		var id int64
		var data sql.RawBytes
		if err := rows.Scan(&id, &data); err != nil {
			return err
		}
		text, err := decoder.DecodeAll(data, nil)
		if err != nil {
			return fmt.Errorf("%w: excerpt %d: %w", store.ErrCorrupt, id, err)
		}
		x.kept[id] = string(text)
		x.size += len(text)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if found < len(ids) {
		return fmt.Errorf("%w: %d excerpts are missing", store.ErrCorrupt, len(ids)-found)
	}
	return nil
}
