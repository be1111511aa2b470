// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nats-io/nats.go"
	js "github.com/nats-io/nats.go/jetstream"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/queue"
)

const (
	// pieceSize is how much data one NATS message carries. It stays below
	// NATS' usual limit of 1 MiB even as base64, the form in which the server
	// returns pieces.
	pieceSize = 640 << 10
	// maxPieces is the server's limit of messages in a batch, without the
	// head.
	maxPieces = 999
	// maxReason bounds the reason kept with a dead letter, because headers are
	// limited to 64 KiB.
	maxReason = 4 << 10

	infoHeader = "Kcidb-Message"
)

// info is the information about a message in its head's header.
type info struct {
	ID       string    `json:"id"`
	Origin   string    `json:"origin,omitempty"`
	Token    string    `json:"token,omitempty"`
	Origins  string    `json:"origins,omitempty"`
	Objects  int       `json:"objects,omitempty"`
	Received time.Time `json:"received"`
	// Latest is the latest time of reception in the stream at the moment when
	// this message was given up or restored, if that is later than Received.
	Latest time.Time `json:"latest,omitzero"`
	Size   int       `json:"size"`
	Pieces int       `json:"pieces,omitempty"` // 0: the data is in the head

	// Of dead letters:
	Reason   string    `json:"reason,omitempty"`
	Attempts int       `json:"attempts,omitempty"`
	Time     time.Time `json:"time,omitzero"`
}

func infoOf(m queue.Message) info {
	return info{ID: m.ID, Origin: m.Origin, Token: m.Token, Origins: m.Origins, Objects: m.Objects, Received: m.Received, Size: len(m.Data)}
}

func (i info) message(data []byte) queue.Message {
	return queue.Message{ID: i.ID, Origin: i.Origin, Token: i.Token, Origins: i.Origins, Objects: i.Objects, Received: i.Received, Data: data}
}

// latest returns the later of Received and Latest. It ignores a time too far ahead of
// now to be plausible: otherwise each message that is moved behind this one would
// carry the time on.
func (i info) latest(now time.Time) (latest time.Time) {
	for _, received := range []time.Time{i.Received, i.Latest} {
		if received.After(latest) && arrival.Believable(now, received) {
			latest = received
		}
	}
	return latest
}

// encode returns the NATS messages that carry a message to a stream, the head last.
// The server refuses a head if the stream already has a head with the same ID.
func encode(stream string, i info, data []byte) ([]*nats.Msg, error) {
	var msgs []*nats.Msg
	body := data
	if len(data) > pieceSize {
		body = nil
		for n := 0; len(data) > 0; n++ {
			size := min(len(data), pieceSize)
			msgs = append(msgs, &nats.Msg{Subject: piece(stream, i.ID, n), Data: data[:size]})
			data = data[size:]
		}
	}
	i.Pieces = len(msgs)
	header, err := json.Marshal(i)
	if err != nil {
		return nil, err
	}
	return append(msgs, &nats.Msg{
		Subject: head(stream, i.ID),
		Header: nats.Header{
			infoHeader:                   {string(header)},
			js.ExpectedLastSubjSeqHeader: {"0"},
		},
		Data: body,
	}), nil
}

// decode reads a head. A head without our header, published by another
// program, is a message of its own.
func decode(subject string, header nats.Header, data []byte, arrived time.Time) info {
	id := subject[strings.LastIndexByte(subject, '.')+1:]
	var i info
	if err := json.Unmarshal([]byte(header.Get(infoHeader)), &i); err != nil || i.ID != id {
		return info{ID: id, Received: arrived, Size: len(data)}
	}
	return i
}

// data returns the data of a message; body is the data in its head. It fails with
// queue.ErrNotFound if a piece is missing, and with queue.ErrDamaged if the pieces do
// not match the head.
func (q *jsQueue) data(ctx context.Context, stream string, i info, body []byte) ([]byte, error) {
	if i.Pieces == 0 {
		return body, nil
	}
	if i.Pieces > maxPieces || i.Size > i.Pieces*pieceSize {
		return nil, fmt.Errorf("message %s: %w: %d bytes do not fit in %d pieces", i.ID, queue.ErrDamaged, i.Size, i.Pieces)
	}
	s, err := q.js.Stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	data := make([]byte, 0, i.Size)
	for n := range i.Pieces {
		p, err := s.GetLastMsgForSubject(ctx, piece(stream, i.ID, n))
		if err != nil {
			return nil, fmt.Errorf("piece %d of %d: %w", n+1, i.Pieces, err)
		}
		data = append(data, p.Data...)
	}
	if len(data) != i.Size {
		return nil, fmt.Errorf("message %s: %w: its pieces have %d bytes instead of %d", i.ID, queue.ErrDamaged, len(data), i.Size)
	}
	return data, nil
}

// purge removes all messages of a subject, or of a filter.
func (q *jsQueue) purge(ctx context.Context, stream, filter string) error {
	s, err := q.js.Stream(ctx, stream)
	if err != nil {
		return err
	}
	return s.Purge(ctx, js.WithPurgeSubject(filter))
}

func (q *jsQueue) purgePieces(ctx context.Context, stream string, i info) error {
	if i.Pieces == 0 {
		return nil
	}
	return q.purge(ctx, stream, stream+".p."+i.ID+".*")
}

// cut shortens s to at most n bytes of whole characters.
func cut(s string, n int) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "... (" + strconv.Itoa(len(s)-n) + " bytes more)"
}
