// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"crypto/md5"
	"encoding/binary"

	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// buckets is the number of partitions of the index. A query reads the buckets of its keys
// as a whole, unless clustering helps: with 10 million tests a bucket has some 0.5 MB of the
// columns that are read, below the 10 MB that BigQuery charges at least.
const buckets = 2000

// bucketOf returns the bucket of a key. The same in SQL:
//
//	MOD(CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(key)), 1, 8)) AS INT64), 2000)
func bucketOf(key string) int64 {
	hash := md5.Sum([]byte(key))
	return int64(binary.BigEndian.Uint32(hash[:]) % buckets)
}

// ownTypes are the types of the keys of the lists' own objects. Versions of an issue are
// found by the issue's ID.
var ownTypes = map[store.List]object.Type{
	store.Checkouts: object.TypeCheckout, store.Builds: object.TypeBuild, store.Tests: object.TypeTest,
	store.Issues: object.TypeIssue, store.Incidents: object.TypeIncident,
}

// relation is what a row of the index leads from, and to: the objects of a list, by a key
// of a type.
func relation(list store.List, of object.Type) string { return string(list) + "." + string(of) }

// entry is a row of the index.
type entry struct {
	of      object.Type
	key     string
	version int64 // of the issue that the key is of
}

// entries returns the rows of the index for object i of a list: its own first, then those
// of its parents.
func entries(list store.List, r *report.Report, i int) []entry {
	switch list {
	case store.Checkouts:
		o := &r.Checkouts[i]
		own := entry{of: object.TypeCheckout, key: o.ID}
		if o.GitCommitHash == nil {
			return []entry{own}
		}
		return []entry{own, {of: object.TypeRevision, key: *o.GitCommitHash}}
	case store.Builds:
		o := &r.Builds[i]
		return []entry{{of: object.TypeBuild, key: o.ID}, {of: object.TypeCheckout, key: o.CheckoutID}}
	case store.Tests:
		o := &r.Tests[i]
		return []entry{{of: object.TypeTest, key: o.ID}, {of: object.TypeBuild, key: o.BuildID}}
	case store.Issues:
		o := &r.Issues[i]
		return []entry{{object.TypeIssue, o.ID, int64(o.Version)}}
	}
	o := &r.Incidents[i]
	all := []entry{{of: object.TypeIncident, key: o.ID}, {object.TypeIssueVersion, o.IssueID, int64(o.IssueVersion)}}
	if o.BuildID != nil {
		all = append(all, entry{of: object.TypeBuild, key: *o.BuildID})
	}
	if o.TestID != nil {
		all = append(all, entry{of: object.TypeTest, key: *o.TestID})
	}
	return all
}

// indexRow describes the messages of the index.
var indexRow = &descriptorpb.DescriptorProto{Name: new("Row"), Field: []*descriptorpb.FieldDescriptorProto{
	field("bucket", 1, descriptorpb.FieldDescriptorProto_TYPE_INT64, false),
	field("relation", 2, descriptorpb.FieldDescriptorProto_TYPE_STRING, false),
	field("key", 3, descriptorpb.FieldDescriptorProto_TYPE_STRING, false),
	field("version", 4, descriptorpb.FieldDescriptorProto_TYPE_INT64, false),
	field("id", 5, descriptorpb.FieldDescriptorProto_TYPE_STRING, false),
	field("day", 6, descriptorpb.FieldDescriptorProto_TYPE_INT32, false),
}}

// appendEntry appends the message for an entry of an object to b.
func appendEntry(b []byte, list store.List, e entry, id string, day int64) []byte {
	b = appendInt(b, 1, bucketOf(e.key))
	b = appendText(b, 2, relation(list, e.of))
	b = appendText(b, 3, e.key)
	if e.of == object.TypeIssue || e.of == object.TypeIssueVersion {
		b = appendInt(b, 4, e.version)
	}
	if e.of != ownTypes[list] {
		b = appendText(b, 5, id)
	}
	return appendInt(b, 6, day)
}

// dayOf returns the day of a time in microseconds since 1970, in days since then.
func dayOf(micros int64) int64 {
	n := micros / rollup.DayMicros
	if micros%rollup.DayMicros < 0 {
		n--
	}
	return n
}
