// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
)

// interruptible reads from a source whose reads cannot be interrupted, such as
// a terminal or a pipe. It fails as soon as its context ends. A pending read
// stays behind; the process is about to exit anyway.
type interruptible struct {
	ctx  context.Context
	from io.Reader

	buffer []byte           // where reads are written
	reads  chan readOutcome // the result of the pending read
	unread []byte           // the part of buffer that was not returned yet
	err    error            // to return when unread is used up
}

type readOutcome struct {
	n   int
	err error
}

// interruptibleBuffer is large enough to make the cost of handing a read over
// (about a microsecond) vanish.
const interruptibleBuffer = 256 << 10

func (r *interruptible) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if len(r.unread) == 0 && r.err == nil {
		if r.buffer == nil {
			r.buffer = make([]byte, interruptibleBuffer)
			r.reads = make(chan readOutcome, 1)
		}
		go func() {
			n, err := r.from.Read(r.buffer)
			r.reads <- readOutcome{n, err}
		}()
		select {
		case <-r.ctx.Done():
			// The pending read goes on and owns the buffer.
			r.err = r.ctx.Err()
			return 0, r.err
		case done := <-r.reads:
			r.unread, r.err = r.buffer[:done.n], done.err
		}
	}
	n := copy(p, r.unread)
	r.unread = r.unread[n:]
	if n == 0 {
		return 0, r.err
	}
	return n, nil
}
