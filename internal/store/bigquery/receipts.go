// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/kcidb-go/kcidb/internal/store"
)

// A submission may have several receipts: the first of success counts, or else the last
// of failure.

// Receipt returns the receipt of the submission with the ID.
func (s *Store) Receipt(ctx context.Context, id string) (store.Receipt, error) {
	ctx, end := s.shortly(ctx)
	defer end()
	r, err := s.receipt(ctx, id)
	return r, s.failure(ctx, "receipt", err)
}

func (s *Store) receipt(ctx context.Context, id string) (store.Receipt, error) {
	if err := s.check(ctx); err != nil {
		return store.Receipt{}, err
	}
	for row, err := range s.rows(ctx, query{s.receiptSQL(bucketOf(id)), []bigquery.QueryParameter{parameter("id", id)}}) {
		if err != nil {
			return store.Receipt{}, err
		}
		return store.Receipt{
			ID: id, Origin: row[0].(string), Received: row[1].(time.Time).UTC(), Finished: row[2].(time.Time).UTC(),
			Bytes: row[3].(int64), Objects: int(row[4].(int64)), Failure: row[5].(string),
		}, nil
	}
	return store.Receipt{}, fmt.Errorf("%w: %s", store.ErrNoReceipt, id)
}

func (s *Store) receiptSQL(bucket int64) string {
	return fmt.Sprintf(`SELECT origin, received, finished, bytes, objects, failure FROM %s WHERE bucket = %d AND id = @id
ORDER BY failure != '', IF(failure = '', saved, NULL), saved DESC LIMIT 1`, s.table(receiptsTable), bucket)
}

// SaveReceipts appends the receipts of submissions that have no receipt of success.
func (s *Store) SaveReceipts(ctx context.Context, receipts []store.Receipt) error {
	ctx, end := s.shortly(ctx)
	defer end()
	return s.failure(ctx, "save receipts", s.saveReceipts(ctx, receipts))
}

func (s *Store) saveReceipts(ctx context.Context, receipts []store.Receipt) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	loaded, err := s.loaded(ctx, idsOfReceipts(receipts))
	if err != nil {
		return err
	}
	return s.appendReceipts(ctx, slices.DeleteFunc(slices.Clone(receipts), func(r store.Receipt) bool { return slices.Contains(loaded, r.ID) }))
}

// PurgeReceipts removes receipts of submissions finished before the time given.
func (s *Store) PurgeReceipts(ctx context.Context, before time.Time) error {
	ctx, end := s.shortly(ctx)
	defer end()
	err := s.check(ctx)
	if err == nil {
		err = s.run(ctx, query{s.purgeReceiptsSQL(), []bigquery.QueryParameter{parameter("before", ceil(before))}})
	}
	return s.failure(ctx, "purge receipts", err)
}

func (s *Store) purgeReceiptsSQL() string {
	return "DELETE FROM " + s.table(receiptsTable) + " WHERE finished < @before"
}

// refuseLoaded returns ErrLoaded if one of the submissions has a receipt of success.
func (s *Store) refuseLoaded(ctx context.Context, receipts []store.Receipt) error {
	loaded, err := s.loaded(ctx, idsOfReceipts(receipts))
	if err == nil && len(loaded) > 0 {
		err = fmt.Errorf("%w: %s", store.ErrLoaded, strings.Join(loaded, ", "))
	}
	return err
}

// Loaded returns those of the submissions that have a receipt of success.
func (s *Store) Loaded(ctx context.Context, submissions []string) ([]string, error) {
	ctx, end := s.shortly(ctx)
	defer end()
	err := s.check(ctx)
	var all []string
	if err == nil {
		all, err = s.loaded(ctx, submissions)
	}
	return all, s.failure(ctx, "look for receipts", err)
}

func idsOfReceipts(receipts []store.Receipt) (ids []string) {
	for _, r := range receipts {
		ids = append(ids, r.ID)
	}
	return ids
}

func (s *Store) loaded(ctx context.Context, ids []string) (all []string, err error) {
	for part := range chunks(ids) {
		for row, err := range s.rows(ctx, query{s.loadedSQL(part), []bigquery.QueryParameter{parameter("ids", part)}}) {
			if err != nil {
				return nil, err
			}
			all = append(all, row[0].(string))
		}
	}
	return all, nil
}

func (s *Store) loadedSQL(ids []string) string {
	return fmt.Sprintf("SELECT DISTINCT id FROM %s WHERE %s AND id IN UNNEST(@ids) AND failure = ''", s.table(receiptsTable), inBuckets(ids))
}

// receiptRow describes the messages of receipts.
var receiptRow = &descriptorpb.DescriptorProto{Name: new("Row"), Field: []*descriptorpb.FieldDescriptorProto{
	field("bucket", 1, descriptorpb.FieldDescriptorProto_TYPE_INT64, false),
	field("id", 2, descriptorpb.FieldDescriptorProto_TYPE_STRING, false),
	field("origin", 3, descriptorpb.FieldDescriptorProto_TYPE_STRING, false),
	field("received", 4, descriptorpb.FieldDescriptorProto_TYPE_INT64, false),
	field("finished", 5, descriptorpb.FieldDescriptorProto_TYPE_INT64, false),
	field("bytes", 6, descriptorpb.FieldDescriptorProto_TYPE_INT64, false),
	field("objects", 7, descriptorpb.FieldDescriptorProto_TYPE_INT64, false),
	field("failure", 8, descriptorpb.FieldDescriptorProto_TYPE_STRING, false),
	field("saved", 9, descriptorpb.FieldDescriptorProto_TYPE_INT64, false),
}}

// appendReceipts appends receipts, each saved later than the one before.
func (s *Store) appendReceipts(ctx context.Context, receipts []store.Receipt) error {
	all := rows{table: receiptsTable, of: receiptRow}
	for _, r := range receipts {
		b := appendText(appendText(appendInt(nil, 1, bucketOf(r.ID)), 2, r.ID), 3, r.Origin)
		b = appendInt(appendInt(b, 4, r.Received.UnixMicro()), 5, r.Finished.UnixMicro())
		b = appendInt(appendInt(b, 6, r.Bytes), 7, int64(r.Objects))
		b = appendInt(appendText(b, 8, r.Failure), 9, s.clock.Next().UnixMicro())
		all.messages = append(all.messages, b)
	}
	return s.append(ctx, all)
}

// inBuckets is true for the partitions with the keys. The buckets are no parameter, so
// that BigQuery sees before it starts which partitions it has to read.
func inBuckets(keys []string) string {
	var all []int64
	for _, key := range keys {
		all = append(all, bucketOf(key))
	}
	slices.Sort(all)
	var b strings.Builder
	for _, n := range slices.Compact(all) {
		fmt.Fprintf(&b, ", %d", n)
	}
	return "bucket IN (" + strings.TrimPrefix(b.String(), ", ") + ")"
}
