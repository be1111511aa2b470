// SPDX-License-Identifier: Apache-2.0

package submit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

const (
	// firstRead is the memory asked for before anything has arrived.
	firstRead = 64 << 10
	// drained is how much of a body is read though nobody wants it: many
	// clients look at the answer only when they have sent everything.
	drained = 64 << 20
)

// body is a report as received, decompressed. It holds a share of the memory
// for reports until released.
type body struct {
	data []byte
	door *Door
	held int64 // of the memory
	// beside is the memory that is needed beside data: to decompress it.
	beside int64
	last   bool // it has the place of the one that may take more than there is
}

func (b *body) release() {
	b.door.memory.Release(b.held)
	if b.last {
		b.door.last.Release(1)
	}
	b.held, b.beside, b.last, b.data = 0, 0, false, nil
}

// grow takes memory for a body of size bytes. To begin with, it waits for that.
// Those that are half there do not wait for each other: where they have taken all
// there is, one of them at a time takes in addition what it needs, until it is
// through and gives all back.
func (b *body) grow(ctx context.Context, size int64) error {
	ctx, cancel := context.WithTimeout(ctx, b.door.Wait)
	defer cancel()
	var err error
	switch n := size + b.beside - b.held; {
	case b.last:
	case b.held == 0:
		if err = b.door.memory.Acquire(ctx, n); err == nil {
			b.held += n
		}
	case b.door.memory.TryAcquire(n):
		b.held += n
	default:
		err = b.door.last.Acquire(ctx, 1)
		b.last = err == nil
	}
	if err != nil {
		return tooManyAtOnce
	}
	b.data = slices.Grow(b.data, int(size)-len(b.data))
	return nil
}

// room waits for the memory that checking the body takes beside its text, and
// returns what gives it back. Checking is for whole bodies: no client can hold this
// memory by being slow.
func (b *body) room(ctx context.Context) (done func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, b.door.Wait)
	defer cancel()
	weight := min((memoryPerByte-1)*int64(len(b.data)), b.door.MaxMemory)
	if b.door.checking.Acquire(ctx, weight) != nil {
		return nil, tooManyAtOnce
	}
	return func() { b.door.checking.Release(weight) }, nil
}

// tooManyAtOnce is the failure of a submission that finds no room in time.
var tooManyAtOnce = &failure{http.StatusServiceUnavailable, "Too many submissions at once, try again later", nil, 10 * time.Second}

// read reads the request's body and decompresses it, within the limits. The
// body returned must be released, whatever the error.
//
// What is compressed is decompressed when all of it is there: no client can hold
// the memory that this takes by being slow.
func (d *Door) read(r *http.Request) (*body, error) {
	b := &body{door: d}
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

// fill reads all of a source, which is to end within so many bytes. One byte more
// than expected, or allowed, shows the end, or that the body is too long. Memory is
// taken for what arrives: what was announced may never come.
func (b *body) fill(ctx context.Context, source io.Reader, end int64) error {
	first := min(firstRead, b.door.MaxMemory)
	for {
		if n := int64(len(b.data)); n == int64(cap(b.data)) {
			if err := b.grow(ctx, min(max(first, 2*n), end)); err != nil {
				return err
			}
		}
		n, err := source.Read(b.data[len(b.data):cap(b.data)])
		b.data = b.data[:len(b.data)+n]
		switch {
		case int64(len(b.data)) > b.door.MaxBytes:
			return b.door.tooLarge()
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
	b.data, b.beside = nil, int64(cap(packed))+unpack.memory
	if err := b.grow(ctx, 0); err != nil {
		return err
	}
	source, done, err := unpack.open(packed)
	if err != nil {
		return unreadable(err)
	}
	defer done()
	if err := b.fill(ctx, source, b.door.MaxBytes+1); err != nil {
		return err
	}
	given := min(b.beside, b.held)
	b.door.memory.Release(given)
	b.held, b.beside = b.held-given, 0
	return nil
}

func (d *Door) tooLarge() error {
	return &failure{code: http.StatusRequestEntityTooLarge, message: fmt.Sprintf("The report is larger than %d bytes", d.MaxBytes)}
}

// drain reads on where the body was not wanted, unless the client waits to be
// told to send it.
func drain(r *http.Request) {
	if r.Header.Get("Expect") == "" {
		io.CopyN(io.Discard, r.Body, drained)
	}
}
