// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub/pubsubtest"
)

// fault is an error of all calls of a server, once it is set.
type fault struct {
	err atomic.Pointer[error]
	// repeat is called when a call is repeated after the error.
	repeat func()
}

// reactors lets the calls fail that the driver makes.
func (f *fault) reactors() (all []pstest.ServerReactorOption) {
	for _, call := range []string{"Publish", "Pull", "Acknowledge", "ModifyAckDeadline", "GetTopic", "CreateTopic", "GetSubscription", "CreateSubscription"} {
		all = append(all, pstest.ServerReactorOption{FuncName: call, Reactor: &failing{fault: f}})
	}
	return all
}

// failing is a call of a server that has a fault.
type failing struct {
	*fault
	calls atomic.Int32
}

func (f *failing) React(any) (handled bool, answer any, err error) {
	failure := f.err.Load()
	if failure == nil {
		return false, nil, nil
	}
	if f.calls.Add(1) > 1 {
		f.repeat()
	}
	return true, nil, *failure
}

// deadline is a context whose deadline passes when the call is repeated.
type deadline struct {
	context.Context
	repeated chan struct{}
}

func (d deadline) Done() <-chan struct{} { return d.repeated }

func (d deadline) Err() error {
	select {
	case <-d.repeated:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// TestErrors: the error of each operation has the kind that callers act upon, names the
// operation and the queue, and says what to do.
func TestErrors(t *testing.T) {
	operations := []struct {
		name, says string
		do         func(context.Context, *pubsubQueue, queue.Delivery) error
	}{
		{"publish", "publish to pubsub:kcidb-test/", func(ctx context.Context, q *pubsubQueue, _ queue.Delivery) error {
			return q.Publish(ctx, queue.Message{ID: "b", Data: []byte("{}")})
		}},
		{"pull", "pull from pubsub:kcidb-test/", func(ctx context.Context, q *pubsubQueue, _ queue.Delivery) error {
			_, err := q.Pull(ctx, queue.Limits{}, time.Minute)
			return err
		}},
		{"ack", "acknowledge to pubsub:kcidb-test/", func(ctx context.Context, _ *pubsubQueue, d queue.Delivery) error {
			return d.Ack(ctx)
		}},
		{"init", "create queue pubsub:kcidb-test/", func(ctx context.Context, q *pubsubQueue, _ queue.Delivery) error {
			return q.Init(ctx)
		}},
		{"dead list", "list dead letters of pubsub:kcidb-test/", func(ctx context.Context, q *pubsubQueue, _ queue.Delivery) error {
			for _, err := range q.DeadLetters(ctx) {
				return err
			}
			return nil
		}},
	}
	for _, test := range []struct {
		name  string
		fault error
		means error
		kind  errkind.Kind
		says  string
	}{
		{"permission", status.Error(codes.PermissionDenied, "Permission pubsub.topics.publish denied on resource"), queue.ErrForbidden, errkind.Broken, "roles/pubsub.publisher"},
		{"credentials", status.Error(codes.Unauthenticated, "no"), google.ErrCredentials, errkind.Broken, "GOOGLE_APPLICATION_CREDENTIALS"},
		{"quota", status.Error(codes.ResourceExhausted, "quota"), queue.ErrUnavailable, errkind.Busy, "quotas"},
		{"unavailable", status.Error(codes.Unavailable, "The service was unable to fulfill your request"), queue.ErrUnavailable, errkind.Busy, "unable to fulfill"},
		{"project", status.Error(codes.NotFound, "Requested project not found or user does not have access to it (project=kcidb-test)"), google.ErrProject, errkind.Broken, "check the name of the project"},
		{"topic", status.Error(codes.NotFound, "Resource not found (resource=t)"), queue.ErrNotFound, errkind.Gone, "resource=t"},
	} {
		for _, operation := range operations {
			t.Run(operation.name+" "+test.name, func(t *testing.T) {
				t.Parallel()
				repeated := make(chan struct{})
				f := fault{repeat: sync.OnceFunc(func() { close(repeated) })}
				cfg := testConfig(t, pubsubtest.Start(t, f.reactors()...))
				cfg.Topic = "topic"
				q := openNew(t, cfg)
				if err := q.Publish(t.Context(), queue.Message{ID: "a", Data: []byte("{}")}); err != nil {
					t.Fatal(err)
				}
				deliveries, err := q.Pull(t.Context(), queue.Limits{}, time.Minute)
				if err != nil || len(deliveries) != 1 {
					t.Fatalf("pulled %d, %v", len(deliveries), err)
				}
				f.err.Store(&test.fault)
				// Google's client repeats some calls until the deadline.
				err = operation.do(deadline{t.Context(), repeated}, q, deliveries[0])
				f.err.Store(nil)
				if !errors.Is(err, test.means) || errkind.Of(err) != test.kind {
					t.Errorf("%v (%v), want %v (%v)", err, errkind.Of(err), test.means, test.kind)
				}
				for _, want := range []string{operation.says, test.says} {
					if !strings.Contains(fmt.Sprint(err), want) {
						t.Errorf("%v, want %q", err, want)
					}
				}
			})
		}
	}
}
