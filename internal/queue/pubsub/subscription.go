// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"math"
	"slices"
	"time"

	vkit "cloud.google.com/go/pubsub/v2/apiv1"
	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"github.com/googleapis/gax-go/v2"
)

// maxAckIDs bounds a request with the IDs of deliveries, which Pub/Sub limits to 512 KiB.
const maxAckIDs = 1000

// subscription calls Pub/Sub for one subscription.
type subscription struct {
	client *vkit.SubscriptionAdminClient
	name   string
}

// pull returns at most n messages. If no message is there, it waits for some time that the
// server decides. It does not repeat a failed call.
func (s subscription) pull(ctx context.Context, n int) ([]*pb.ReceivedMessage, error) {
	return s.request(ctx, &pb.PullRequest{Subscription: s.name, MaxMessages: int32(n)})
}

// pullNow returns at most n messages, and nothing if none is there at the moment.
func (s subscription) pullNow(ctx context.Context, n int) ([]*pb.ReceivedMessage, error) {
	//lint:ignore SA1019 a call that waits would have to be cancelled, and its messages come back late
	return s.request(ctx, &pb.PullRequest{Subscription: s.name, MaxMessages: int32(n), ReturnImmediately: true})
}

func (s subscription) request(ctx context.Context, r *pb.PullRequest) ([]*pb.ReceivedMessage, error) {
	answer, err := s.client.Pull(ctx, r, gax.WithRetry(func() gax.Retryer { return nil }))
	if err != nil {
		return nil, err
	}
	return answer.ReceivedMessages, nil
}

// ack acknowledges deliveries.
func (s subscription) ack(ctx context.Context, ackIDs []string) error {
	for some := range slices.Chunk(ackIDs, maxAckIDs) {
		if err := s.client.Acknowledge(ctx, &pb.AcknowledgeRequest{Subscription: s.name, AckIds: some}); err != nil {
			return err
		}
	}
	return nil
}

// hide makes messages come back after a time, in whole seconds, from now.
func (s subscription) hide(ctx context.Context, ackIDs []string, d time.Duration) error {
	seconds := int32(math.Ceil(min(max(d, 0), maxDeadline).Seconds()))
	for some := range slices.Chunk(ackIDs, maxAckIDs) {
		request := &pb.ModifyAckDeadlineRequest{Subscription: s.name, AckIds: some, AckDeadlineSeconds: seconds}
		if err := s.client.ModifyAckDeadline(ctx, request); err != nil {
			return err
		}
	}
	return nil
}

// ackIDs returns the IDs of deliveries.
func ackIDs(received []*pb.ReceivedMessage) []string {
	ids := make([]string, len(received))
	for i, m := range received {
		ids[i] = m.AckId
	}
	return ids
}
