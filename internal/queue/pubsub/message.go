// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/klauspost/compress/zstd"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/queue"
)

// Attributes of the messages of Pub/Sub. docs/decisions/0047 describes them.
const (
	idAttribute       = "kcidb_id"
	originAttribute   = "kcidb_origin"
	tokenAttribute    = "kcidb_token"
	originsAttribute  = "kcidb_origins"
	objectsAttribute  = "kcidb_objects"
	receivedAttribute = "kcidb_received"
	encodingAttribute = "kcidb_encoding" // "zstd", or missing
	sizeAttribute     = "kcidb_size"     // of the data, if it is compressed
	setAttribute      = "kcidb_set"      // names the pieces of one publication
	pieceAttribute    = "kcidb_piece"    // NUMBER/PIECES, from 0
	attemptsAttribute = "kcidb_attempts" // before this publication
	reasonAttribute   = "kcidb_reason"   // of a dead letter
	givenUpAttribute  = "kcidb_given_up" // when it was
)

const (
	// pieceSize is how much data one message of Pub/Sub carries, whose limit is 10 MB with
	// attributes.
	pieceSize = 9_500_000
	// maxPieces bounds the memory of a message that is put together.
	maxPieces = 64
	// maxSize bounds the memory of a message that is decompressed.
	maxSize = 1 << 30
	// maxAttribute is Pub/Sub's limit for the value of an attribute, in bytes.
	maxAttribute = 1024
	zstdEncoding = "zstd"
)

// info is what the attributes of a message of Pub/Sub say.
type info struct {
	queue.Message // without Data
	attempts      int
	encoding      string
	size          int // of the data when it is decompressed
	set           string
	piece, pieces int // pieces is 1 if there is no set
	reason        string
	givenUp       time.Time
}

// encode returns the messages of Pub/Sub that carry a message. Data that fits is sent as
// it is, so that subscribers of the Python system read it.
func (i info) encode(data []byte) ([]*pb.PubsubMessage, error) {
	attributes := i.attributes()
	for name, value := range attributes {
		if !utf8.ValidString(value) || len(value) > maxAttribute {
			return nil, fmt.Errorf("the attribute %s is not a text of at most %d bytes: %.100q", name, maxAttribute, value)
		}
	}
	if len(data) <= pieceSize {
		return []*pb.PubsubMessage{{Data: data, Attributes: attributes}}, nil
	}
	attributes[encodingAttribute] = zstdEncoding
	attributes[sizeAttribute] = strconv.Itoa(len(data))
	packed, err := compress(data)
	if err != nil {
		return nil, err
	}
	pieces := (len(packed) + pieceSize - 1) / pieceSize
	if pieces == 1 {
		return []*pb.PubsubMessage{{Data: packed, Attributes: attributes}}, nil
	}
	if pieces > maxPieces {
		return nil, fmt.Errorf("%w: compressed it has %d bytes of at most %d", queue.ErrTooLarge, len(packed), maxPieces*pieceSize)
	}
	attributes[setAttribute] = arrival.NewID()
	out := make([]*pb.PubsubMessage, pieces)
	for n := range out {
		own := maps.Clone(attributes)
		own[pieceAttribute] = strconv.Itoa(n) + "/" + strconv.Itoa(pieces)
		out[n] = &pb.PubsubMessage{Data: packed[n*pieceSize : min((n+1)*pieceSize, len(packed))], Attributes: own}
	}
	return out, nil
}

func (i info) attributes() map[string]string {
	out := map[string]string{idAttribute: i.ID}
	for name, text := range map[string]string{originAttribute: i.Origin, tokenAttribute: i.Token, originsAttribute: i.Origins} {
		if text != "" {
			out[name] = text
		}
	}
	if i.Objects > 0 {
		out[objectsAttribute] = strconv.Itoa(i.Objects)
	}
	if i.attempts > 0 {
		out[attemptsAttribute] = strconv.Itoa(i.attempts)
	}
	out[receivedAttribute] = i.Received.UTC().Format(time.RFC3339Nano)
	if !i.givenUp.IsZero() {
		out[givenUpAttribute] = i.givenUp.UTC().Format(time.RFC3339Nano)
		out[reasonAttribute] = cut(i.reason, maxAttribute)
	}
	return out
}

// decode reads the attributes of a message of Pub/Sub. A message without ours, published
// by another program, has the ID and the time that Pub/Sub gave it. Attributes that are
// not valid and do not concern the data are ignored.
func decode(m *pb.PubsubMessage) (info, error) {
	a := m.Attributes
	i := info{pieces: 1, size: len(m.Data), encoding: a[encodingAttribute], reason: a[reasonAttribute]}
	i.ID, i.Received = m.MessageId, m.PublishTime.AsTime()
	if id := a[idAttribute]; validID(id) {
		i.ID, i.Origin, i.Token, i.Origins = id, a[originAttribute], a[tokenAttribute], a[originsAttribute]
		i.Objects = number(a[objectsAttribute])
		i.attempts = number(a[attemptsAttribute])
		if at, err := time.Parse(time.RFC3339Nano, a[receivedAttribute]); err == nil {
			i.Received = at.UTC()
		}
		if at, err := time.Parse(time.RFC3339Nano, a[givenUpAttribute]); err == nil {
			i.givenUp = at.UTC()
		}
	}
	return i, i.decodeForm(a)
}

// decodeForm reads the attributes that say how the data is sent.
func (i *info) decodeForm(a map[string]string) error {
	switch i.encoding {
	case "":
	case zstdEncoding:
		if i.size = number(a[sizeAttribute]); i.size == 0 || i.size > maxSize {
			return fmt.Errorf("%w: its size %.80q is not valid", queue.ErrDamaged, a[sizeAttribute])
		}
	default:
		return fmt.Errorf("%w: its encoding %.80q is unknown", queue.ErrDamaged, i.encoding)
	}
	if a[setAttribute] == "" && a[pieceAttribute] == "" {
		return nil
	}
	piece, pieces, _ := strings.Cut(a[pieceAttribute], "/")
	i.set, i.piece, i.pieces = a[setAttribute], number(piece), number(pieces)
	if i.set == "" || i.pieces < 2 || i.pieces > maxPieces || i.piece >= i.pieces || i.encoding == "" {
		i.set, i.piece, i.pieces = "", 0, 1
		return fmt.Errorf("%w: its piece %.80q of the set %.80q is not valid", queue.ErrDamaged, a[pieceAttribute], a[setAttribute])
	}
	return nil
}

// number returns the number that s is, or 0.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0
	}
	return int(n)
}

// unpack returns the data of a message from its pieces in their order.
func (i info) unpack(pieces [][]byte) ([]byte, error) {
	body := pieces[0]
	if len(pieces) > 1 {
		body = bytes.Join(pieces, nil)
	}
	if i.encoding == "" {
		return body, nil
	}
	r, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxSize))
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, int64(i.size)+1))
	if err == nil && len(data) != i.size {
		err = fmt.Errorf("it has not the %d bytes that it should have", i.size)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", queue.ErrDamaged, err)
	}
	return data, nil
}

func compress(data []byte) ([]byte, error) {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer w.Close()
	return w.EncodeAll(data, nil), nil
}

// cut shortens s to at most n bytes of whole characters.
func cut(s string, n int) string {
	const mark = "..."
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= n {
		return s
	}
	n -= len(mark)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + mark
}
