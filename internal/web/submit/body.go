// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"time"
)

const (
	// firstRead is how much memory is reserved before anything has arrived.
	firstRead = 64 << 10
	// drained is how much of an unwanted body is read, because many clients read the
	// answer only after they have sent everything.
	drained = 64 << 20
)

// body is a report as received, decompressed. It holds a share of the memory for
// reports until it is released.
type body struct {
	data     []byte
	receiver *Receiver
	sender   string // see Receiver.sender
	held     int64  // bytes of the memory
	long     int64  // bytes of the memory for long bodies, in addition
	// extra is how much memory decompression needs in addition to data.
	extra int64
	last  bool      // it is the only body that may take more than MaxMemory
	turn  bool      // it has one of the turns of long bodies and of faulty ones
	began time.Time // the turn
	// worked is how long it had a turn, or was checked without one.
	worked time.Duration
}

func (b *body) release() {
	b.endTurn()
	b.receiver.memory.Release(b.held)
	b.receiver.memory.releaseLong(b.long)
	if b.last {
		b.receiver.last.Release(1)
	}
	b.held, b.long, b.extra, b.last, b.data = 0, 0, 0, false, nil
}

// grow reserves memory for a body of size bytes. Only a body that has no memory yet
// waits for memory. Bodies that have arrived in part do not wait for each other: if all
// memory is reserved, one of them at a time takes in addition what it needs, until it
// has arrived and gives everything back.
func (b *body) grow(ctx context.Context, size int64) error {
	ctx, cancel := context.WithTimeout(ctx, b.receiver.Wait)
	defer cancel()
	var err error
	switch n := size + b.extra - b.held - b.long; {
	case b.last:
	case b.held == 0:
		if err = b.receiver.memory.Acquire(ctx, n); err == nil {
			b.held += n
		}
	case size <= longBody && b.receiver.memory.TryAcquire(n):
		b.held += n
	case size > longBody && b.receiver.memory.tryLong(n):
		b.long += n
	default:
		b.endTurn() // the body that is the last so far may be slow to arrive
		err = b.receiver.last.Acquire(ctx, 1)
		b.last = err == nil
	}
	if err != nil {
		return tooManyAtOnce
	}
	b.move(int(size))
	return nil
}

// move moves the data to a place for size bytes, piece by piece. slices.Grow moves all of it at
// once. That cannot be interrupted, and if the garbage collector waits for it, all requests do.
func (b *body) move(size int) {
	moved := make([]byte, 0, max(size, len(b.data)))
	for piece := range slices.Chunk(b.data, pieceSize) {
		moved = append(moved, piece...)
		runtime.Gosched()
	}
	b.data = moved
}

// takeTurn waits for a turn. A body keeps its turn while it is decompressed and checked, and
// not while it arrives or waits for memory to grow, so that no client can hold a turn by being
// slow.
func (b *body) takeTurn(ctx context.Context) error {
	if b.turn {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.receiver.Wait)
	defer cancel()
	if b.receiver.turns.Acquire(ctx, 1) != nil {
		return tooManyAtOnce
	}
	b.turn, b.began = true, b.receiver.Now()
	return b.receiver.overdrawn(b.sender) // others from the sender had their turns meanwhile
}

func (b *body) endTurn() {
	if b.turn {
		b.worked += b.receiver.Now().Sub(b.began)
		b.receiver.turns.Release(1)
		b.turn = false
	}
}

// isLong reports whether the body needs a turn to be decompressed and checked.
func (b *body) isLong() bool { return len(b.data) >= longBody }

// reserveCheck waits for a turn, if wanted, and for the memory that checking the body needs in
// addition to its text, by the byte. It returns a function that releases both. Only complete
// bodies are checked, so that no client can hold this memory by being slow.
func (b *body) reserveCheck(ctx context.Context, turn bool, perByte int64) (done func(), err error) {
	if turn {
		if err := b.takeTurn(ctx); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, b.receiver.Wait)
	defer cancel()
	checking, weight := b.receiver.checking, min(perByte*int64(len(b.data)), b.receiver.MaxMemory)
	acquire, release := checking.Acquire, checking.Release
	if b.isLong() {
		acquire, release, weight = checking.acquireLong, checking.releaseLong, min(weight, checking.most)
	}
	if acquire(ctx, weight) != nil {
		return nil, tooManyAtOnce
	}
	return func() {
		release(weight)
		b.endTurn()
	}, nil
}

// tooManyAtOnce is the failure of a submission that gets no memory in time.
var tooManyAtOnce = &failure{http.StatusServiceUnavailable, "Too many submissions at once, try again later", nil, 10 * time.Second}

// read reads the request's body and decompresses it, within the limits. The caller must
// release the body, even after an error.
//
// A compressed body is decompressed when all of it has arrived, so that no client can
// hold the memory for decompression by being slow.
func (d *Receiver) read(r *http.Request, sender string) (*body, error) {
	b := &body{receiver: d, sender: sender}
	unpack, err := decompressor(r.Header)
	if err != nil {
		return b, err
	}
	end := d.MaxBytes + 1
	if r.ContentLength >= end {
		return b, d.tooLarge()
	}
	if r.ContentLength >= 0 {
		end = r.ContentLength + 1
	}
	if err := b.fill(r.Context(), r.Body, end); err != nil || unpack == nil {
		return b, err
	}
	return b, b.expand(r.Context(), unpack)
}

// fill reads all of a source, which ought to end before end bytes. One byte more than
// expected, or allowed, shows the end, or that the body is too long. Memory is reserved
// for bytes that arrive, because announced bytes may never arrive.
func (b *body) fill(ctx context.Context, source io.Reader, end int64) error {
	first := min(firstRead, b.receiver.MaxMemory)
	for {
		if n := int64(len(b.data)); n == int64(cap(b.data)) {
			if err := b.grow(ctx, min(max(first, 2*n), end)); err != nil {
				return err
			}
		}
		if b.extra > 0 && b.isLong() { // it is being decompressed
			if err := b.takeTurn(ctx); err != nil {
				return err
			}
		}
		n, err := source.Read(b.data[len(b.data):min(len(b.data)+pieceSize, cap(b.data))])
		b.data = b.data[:len(b.data)+n]
		if b.isLong() {
			runtime.Gosched() // short reports have several steps, and would wait 10 ms at each
		}
		if b.extra == 0 && len(b.data) > longBody { // it arrives
			b.receiver.pace.wait(ctx, n)
		}
		switch {
		case int64(len(b.data)) > b.receiver.MaxBytes:
			return b.receiver.tooLarge()
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return unreadable(err)
		}
	}
}

// expand decompresses the body.
func (b *body) expand(ctx context.Context, unpack *encoding) error {
	packed := b.data
	b.data, b.extra = nil, int64(cap(packed))+unpack.memory
	if err := b.grow(ctx, 0); err != nil {
		return err
	}
	source, done, err := unpack.open(packed)
	if err != nil {
		return unreadable(err)
	}
	defer done()
	if err := b.fill(ctx, source, b.receiver.MaxBytes+1); err != nil {
		return err
	}
	given := min(b.extra, b.held)
	b.receiver.memory.Release(given)
	b.held, b.extra = b.held-given, 0
	return nil
}

func (d *Receiver) tooLarge() error {
	return &failure{code: http.StatusRequestEntityTooLarge, message: fmt.Sprintf("The report is larger than %d bytes", d.MaxBytes)}
}

// drain reads the rest of an unwanted body, unless the client waits for our permission
// to send it. A long rest arrives as slowly as long bodies do.
func (d *Receiver) drain(r *http.Request) {
	if r.Header.Get("Expect") != "" {
		return
	}
	for read := int64(0); read < drained; {
		n, err := io.CopyN(io.Discard, r.Body, pieceSize)
		if read += n; err != nil {
			return
		}
		if read > longBody {
			d.pace.wait(r.Context(), int(n))
		}
	}
}
