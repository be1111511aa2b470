// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// deadQueue has dead letters, and fails to restore some of them.
type deadQueue struct {
	queue.Queue
	ids      []string
	fails    map[string]error
	restored []string
}

func (q *deadQueue) DeadLetters(context.Context) iter.Seq2[queue.DeadLetter, error] {
	return func(yield func(queue.DeadLetter, error) bool) {
		for _, id := range q.ids {
			if !yield(queue.DeadLetter{Message: queue.Message{ID: id}}, nil) {
				return
			}
		}
	}
}

func (q *deadQueue) Restore(_ context.Context, id string) error {
	if err := q.fails[id]; err != nil {
		return fmt.Errorf("restore %s: %w", id, err)
	}
	q.restored = append(q.restored, id)
	return nil
}

// TestRestoreAll: restoring continues after submissions that cannot be put back, and
// stops if the queue fails.
func TestRestoreAll(t *testing.T) {
	q := &deadQueue{ids: []string{"gone", "a", "damaged", "b", "large", "c"}, fails: map[string]error{
		"gone": queue.ErrNotFound, "damaged": queue.ErrDamaged, "large": queue.ErrTooLarge,
	}}
	var named strings.Builder
	err := restoreAll(t.Context(), &program{stderr: &named}, q)
	if err == nil || !strings.Contains(err.Error(), "3 submissions were not put back") {
		t.Errorf("it ends with %v", err)
	}
	if !slices.Equal(q.restored, []string{"a", "b", "c"}) {
		t.Errorf("restored are %q", q.restored)
	}
	for id := range q.fails {
		if !strings.Contains(named.String(), "submission "+id+": ") {
			t.Errorf("%s is not named:\n%s", id, &named)
		}
	}
	q.restored, q.fails = nil, map[string]error{"a": queue.ErrFull}
	if err := restoreAll(t.Context(), &program{stderr: &named}, q); err == nil || len(q.restored) != 1 {
		t.Errorf("of a full queue: %v, restored are %q", err, q.restored)
	}
}
