// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"

	"github.com/kcidb-go/kcidb/internal/artifact/raw"
)

// keep keeps raw submissions before they are loaded or given up, and returns those that are
// safe. If that fails, it keeps them by halves, and puts those aside that cannot be kept.
func (b *batch) keep(ctx context.Context, all []*submission) (kept []*submission) {
	if b.Raw == nil || len(all) == 0 {
		return all
	}
	var received []raw.Received
	for _, s := range all {
		received = append(received, b.rawOf(s))
	}
	err := b.retry(ctx, "keep raw submissions", func() error { return b.Raw.Keep(ctx, received) })
	switch half := len(all) / 2; {
	case err == nil:
		return all
	case b.isShutdown(ctx, err):
	case half > 0:
		kept = b.keep(ctx, all[:half])
		return append(kept, b.keep(ctx, all[half:])...)
	default:
		b.setAside(ctx, all[0], kindOf(err), err)
	}
	return nil
}

// rawOf returns a submission as it is kept, with the time that its objects get.
func (b *batch) rawOf(s *submission) raw.Received {
	m := s.Message()
	return raw.Received{Data: m.Data, Submission: raw.Submission{
		ID: m.ID, Origin: m.Origin, Token: m.Token, Origins: m.Origins, Received: b.received(s),
		Digest: s.receipt.Digest, Bytes: len(m.Data),
	}}
}
