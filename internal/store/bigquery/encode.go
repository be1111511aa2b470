// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"encoding/json"
	"math"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/kcidb-go/kcidb/internal/store/columns"
	"github.com/kcidb-go/kcidb/report"
)

// A row is appended as a message of protocol buffers whose field n+1 is column n of the
// table. The messages are written here, without a library's message in between: loading
// submissions consists of decoding, validating and this.

// Numbers of the fields of a file.
const (
	nameField = 1
	urlField  = 2
)

// protoTypes are the types of fields.
var protoTypes = map[columns.Kind]descriptorpb.FieldDescriptorProto_Type{
	columns.Text:      descriptorpb.FieldDescriptorProto_TYPE_STRING,
	columns.Version:   descriptorpb.FieldDescriptorProto_TYPE_INT64,
	columns.Status:    descriptorpb.FieldDescriptorProto_TYPE_STRING,
	columns.Prefix:    descriptorpb.FieldDescriptorProto_TYPE_STRING,
	columns.Bool:      descriptorpb.FieldDescriptorProto_TYPE_BOOL,
	columns.Float:     descriptorpb.FieldDescriptorProto_TYPE_DOUBLE,
	columns.Time:      descriptorpb.FieldDescriptorProto_TYPE_INT64, // microseconds since 1970
	columns.Texts:     descriptorpb.FieldDescriptorProto_TYPE_STRING,
	columns.Resources: descriptorpb.FieldDescriptorProto_TYPE_MESSAGE,
	columns.Misc:      descriptorpb.FieldDescriptorProto_TYPE_STRING,
}

// describe returns the type of the messages for a list.
func describe(t *columns.Table) *descriptorpb.DescriptorProto {
	d := &descriptorpb.DescriptorProto{Name: new("Row"), NestedType: []*descriptorpb.DescriptorProto{{Name: new("File"),
		Field: []*descriptorpb.FieldDescriptorProto{
			field("name", nameField, descriptorpb.FieldDescriptorProto_TYPE_STRING, false),
			field("url", urlField, descriptorpb.FieldDescriptorProto_TYPE_STRING, false),
		}}}}
	for i, name := range t.Columns {
		f := field(name, i+1, protoTypes[t.Kinds[i]], isList(t.Kinds[i]))
		if t.Kinds[i] == columns.Resources {
			f.TypeName = new("File")
		}
		d.Field = append(d.Field, f)
	}
	d.Field = append(d.Field, field(aheadColumn, len(t.Columns)+1, descriptorpb.FieldDescriptorProto_TYPE_INT64, false),
		field(emptyColumn, len(t.Columns)+2, descriptorpb.FieldDescriptorProto_TYPE_STRING, true))
	return d
}

func field(name string, number int, kind descriptorpb.FieldDescriptorProto_Type, repeated bool) *descriptorpb.FieldDescriptorProto {
	label := descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
	if repeated {
		label = descriptorpb.FieldDescriptorProto_LABEL_REPEATED
	}
	return &descriptorpb.FieldDescriptorProto{Name: &name, Number: new(int32(number)), Type: &kind, Label: &label}
}

// message is a visitor that writes an object as a message.
type message struct {
	bytes     []byte
	number    protowire.Number // of the last field
	timestamp int64            // of the row, microseconds since 1970
	prefix    string           // of the columns of a part; "" outside
	empty     []string         // columns with empty lists
}

// appendRow appends the message for an object to b. The values of the row are newer than
// the timestamp by ahead.
func appendRow(b []byte, o report.Object, timestamp, ahead int64) []byte {
	m := message{bytes: b, timestamp: timestamp}
	o.VisitFields(&m)
	if m.number++; ahead != 0 {
		m.bytes = appendInt(m.bytes, m.number, ahead)
	}
	m.number++
	for _, column := range m.empty {
		m.bytes = appendText(m.bytes, m.number, column)
	}
	return m.bytes
}

func appendInt(b []byte, number protowire.Number, n int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, number, protowire.VarintType), uint64(n))
}

func appendText[T string | []byte](b []byte, number protowire.Number, text T) []byte {
	b = protowire.AppendVarint(protowire.AppendTag(b, number, protowire.BytesType), uint64(len(text)))
	return append(b, text...)
}

func (m *message) Timestamp(string, **time.Time) {
	m.number++
	m.bytes = appendInt(m.bytes, m.number, m.timestamp)
}

func (m *message) Text(_ string, field *string) {
	m.number++
	m.bytes = appendText(m.bytes, m.number, *field)
}

func (m *message) OptText(_ string, field **string)             { optText(m, *field) }
func (m *message) Status(_ string, field **report.Status)       { optText(m, *field) }
func (m *message) Prefix(_ string, field **report.Prefix)       { optText(m, *field) }
func (m *message) OptFloat(_ string, field **float64)           { m.Float("", *field) }
func (m *message) Environment(_ string, p **report.Environment) { m.part("environment_", *p) }
func (m *message) Number(_ string, part **report.Number)        { m.part("number_", *part) }
func (m *message) Culprit(_ string, part **report.Culprit)      { m.part("culprit_", *part) }

func optText[T ~string](m *message, value *T) {
	if m.number++; value != nil {
		m.bytes = appendText(m.bytes, m.number, string(*value))
	}
}

func (m *message) part(prefix string, part report.Object) {
	m.prefix = prefix
	part.VisitFields(m)
	m.prefix = ""
}

func (m *message) Version(_ string, field *int) {
	m.number++
	m.bytes = appendInt(m.bytes, m.number, int64(*field))
}

func (m *message) OptBool(_ string, field **bool) {
	if m.number++; *field != nil {
		m.bytes = appendInt(m.bytes, m.number, int64(protowire.EncodeBool(**field)))
	}
}

func (m *message) Float(_ string, field *float64) {
	if m.number++; field != nil {
		m.bytes = protowire.AppendFixed64(protowire.AppendTag(m.bytes, m.number, protowire.Fixed64Type), math.Float64bits(*field))
	}
}

func (m *message) OptTime(_ string, field **time.Time) {
	if m.number++; *field != nil {
		m.bytes = appendInt(m.bytes, m.number, (*field).UnixMicro())
	}
}

func (m *message) Texts(name string, field *[]string) {
	m.number++
	m.list(name, *field != nil, len(*field))
	for _, text := range *field {
		m.bytes = appendText(m.bytes, m.number, text)
	}
}

func (m *message) Resources(name string, field *[]report.Resource) {
	m.number++
	m.list(name, *field != nil, len(*field))
	for i := range *field {
		f := &(*field)[i]
		m.bytes = protowire.AppendTag(m.bytes, m.number, protowire.BytesType)
		m.bytes = protowire.AppendVarint(m.bytes, uint64(protowire.SizeTag(nameField)+protowire.SizeBytes(len(f.Name))+
			protowire.SizeTag(urlField)+protowire.SizeBytes(len(f.URL))))
		m.bytes = appendText(m.bytes, nameField, f.Name)
		m.bytes = appendText(m.bytes, urlField, f.URL)
	}
}

// list notes a list that is empty.
func (m *message) list(name string, present bool, length int) {
	if present && length == 0 {
		m.empty = append(m.empty, m.prefix+name)
	}
}

func (m *message) Misc(_ string, field *json.RawMessage) {
	if m.number++; *field != nil {
		m.bytes = appendText(m.bytes, m.number, []byte(*field))
	}
}
