// SPDX-License-Identifier: Apache-2.0

package front

import (
	"container/list"
	"sync"
	"time"
)

const (
	// stall is how long a client may hold up a write before its answer is stalled.
	stall = 200 * time.Millisecond
	// maxStreams is how many unfinished answers may be stalled. Each of them has a
	// connection to the database.
	maxStreams = 4
	// maxUnsent is how many bytes of complete answers may be stalled.
	maxUnsent = 32 << 20
)

// longAgo is a deadline that is over.
var longAgo = time.Unix(1, 0)

// stalled has the answers that wait for slow clients. If they are too many, it cuts off
// the answer that has waited longest: a client that reads on slowly does not wait long
// at a time.
type stalled struct {
	most int64 // weight of all answers

	mu      sync.Mutex
	weight  int64
	answers list.List // of *stalledAnswer, the longest first
}

// stalledAnswer is an answer that waits for its client from time to time.
type stalledAnswer struct {
	weight int64
	cut    func() // ends the answer

	element *list.Element // nil while the answer does not wait
	done    bool          // the answer has ended
}

func (s *stalled) add(a *stalledAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.done {
		return
	}
	a.element = s.answers.PushBack(a)
	s.weight += a.weight
	for s.weight > s.most {
		longest := s.answers.Front().Value.(*stalledAnswer)
		s.drop(longest)
		longest.cut()
	}
}

func (s *stalled) remove(a *stalledAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(a)
}

// end removes an answer that has ended, so that a late timer does not add it again.
func (s *stalled) end(a *stalledAnswer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.done = true
	s.drop(a)
}

func (s *stalled) drop(a *stalledAnswer) {
	if a.element != nil {
		s.answers.Remove(a.element)
		s.weight -= a.weight
		a.element = nil
	}
}

// send calls f, which sends a complete answer. If that takes longer than stall, the
// answer is stalled, and cut may end it.
func (s *stalled) send(weight int, cut func(), f func()) {
	a := &stalledAnswer{weight: int64(weight), cut: cut}
	timer := time.AfterFunc(stall, func() { s.add(a) })
	defer func() {
		timer.Stop()
		s.end(a)
	}()
	f()
}
