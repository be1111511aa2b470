// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"

	"github.com/kcidb-go/kcidb/internal/store"
)

// The coders are shared by all stores; EncodeAll and DecodeAll may be called
// concurrently. Contents are a page or two and compressed one by one, so stronger levels
// cost much and gain little. The frames have no checksum, because it would protect only a
// part of the file.
var (
	encoder, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false))
	decoder, _ = zstd.NewReader(nil)
)

// plainLength is the greatest length of a content that is never compressed: compression
// would save little, and an uncompressed text can be read in SQL.
const plainLength = 128

// contentWriter puts values into the table contents, within a transaction.
type contentWriter struct {
	tx           *sql.Tx
	ids          map[string]int64 // of the contents of this transaction
	insert, find *sql.Stmt
}

// put replaces the values in the columns of a row by references.
func (c *contentWriter) put(row []any, columns []int) error {
	for _, i := range columns {
		if content, ok := row[i].(string); ok {
			id, ok := c.ids[content]
			if !ok {
				var err error
				if id, err = c.add(content); err != nil {
					return err
				}
			}
			row[i] = id
		}
	}
	return nil
}

// add returns the reference of a content, and inserts the content into the table if it
// is new. Most contents are new, so add tries the insertion first. The hash is half of a
// SHA-256: long enough that no submitter can make a content with the hash of another
// content.
func (c *contentWriter) add(content string) (id int64, err error) {
	if c.ids == nil {
		c.ids = make(map[string]int64)
		if c.insert, err = c.tx.Prepare("INSERT INTO contents (hash, data) VALUES (?, ?) ON CONFLICT DO NOTHING"); err != nil {
			return 0, err
		}
		if c.find, err = c.tx.Prepare("SELECT id FROM contents WHERE hash = ?"); err != nil {
			return 0, err
		}
	}
	text := []byte(content)
	hash := sha256.Sum256(text)
	result, err := c.insert.Exec(hash[:16], pack(content, text))
	if err != nil {
		return 0, err
	}
	if inserted, _ := result.RowsAffected(); inserted == 1 {
		id, err = result.LastInsertId()
	} else {
		err = c.find.QueryRow(hash[:16]).Scan(&id)
	}
	c.ids[content] = id
	return id, err
}

// pack returns the stored form of a content, which is given as a string and as bytes.
func pack(content string, text []byte) any {
	if len(text) > plainLength {
		if frame := encoder.EncodeAll(text, nil); len(frame) < len(text) {
			return frame
		}
	}
	return content
}

// unpack returns the content with a stored form.
func unpack(data any) (string, error) {
	switch data := data.(type) {
	case string:
		return data, nil
	case []byte:
		text, err := decoder.DecodeAll(data, nil)
		return string(text), err
	}
	return "", fmt.Errorf("neither text nor a blob")
}

// contentReader reads contents. It keeps the contents used last, up to contentsKept
// bytes, because the same contents recur.
type contentReader struct {
	kept map[int64]string
	size int
}

const contentsKept = 16 << 20

// resolve replaces the references in columns of the rows by the contents. The first
// column of the table is value number from of a row.
func (c *contentReader) resolve(ctx context.Context, q querier, rows [][]any, columns []int, from int) error {
	if c.kept == nil || c.size > contentsKept {
		c.kept, c.size = make(map[int64]string), 0
	}
	var missing []int64
	for _, row := range rows {
		for _, i := range columns {
			if id, ok := row[from+i].(int64); ok {
				if _, ok := c.kept[id]; !ok {
					c.kept[id] = ""
					missing = append(missing, id)
				}
			}
		}
	}
	if len(missing) > 0 {
		if err := c.read(ctx, q, missing); err != nil {
			for _, id := range missing { // another row may be read without these
				delete(c.kept, id)
			}
			return err
		}
	}
	for _, row := range rows {
		for _, i := range columns {
			if id, ok := row[from+i].(int64); ok {
				row[from+i] = c.kept[id]
			}
		}
	}
	return nil
}

// read reads the contents with the IDs.
func (c *contentReader) read(ctx context.Context, q querier, ids []int64) error {
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
		var data any
		if err := rows.Scan(&id, &data); err != nil {
			return err
		}
		content, err := unpack(data)
		if err != nil {
			return fmt.Errorf("%w: content %d: %w", store.ErrCorrupt, id, err)
		}
		c.kept[id] = content
		c.size += len(content)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if found < len(ids) {
		return fmt.Errorf("%w: %d contents are missing", store.ErrCorrupt, len(ids)-found)
	}
	return nil
}
