// SPDX-License-Identifier: Apache-2.0

package store

import (
	"fmt"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"
)

// The coders may be used concurrently.
var (
	changesEncoder, _ = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderCRC(false))
	changesDecoder, _ = zstd.NewReader(nil)
)

// EncodeChanges returns changes as they are noted in a database: a few bytes each.
func EncodeChanges(changes []Change) []byte {
	text, err := jsonv2.Marshal(changes)
	if err != nil {
		panic(err) // changes are always JSON, because IDs are UTF-8
	}
	return changesEncoder.EncodeAll(text, nil)
}

// DecodeChanges returns the changes that EncodeChanges was given.
func DecodeChanges(data []byte) (changes []Change, err error) {
	text, err := changesDecoder.DecodeAll(data, nil)
	if err == nil {
		err = jsonv2.Unmarshal(text, &changes)
	}
	if err != nil {
		return nil, fmt.Errorf("changes: %w: %w", ErrCorrupt, err)
	}
	return changes, nil
}
