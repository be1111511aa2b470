// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"fmt"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// Pending implements queue.Queue: it fails, because Pub/Sub does not say which messages
// wait.
func (q *pubsubQueue) Pending(context.Context, string) (bool, error) {
	return false, fmt.Errorf("pending in pubsub:%s/%s: %w", q.cfg.Project, q.cfg.Topic, queue.ErrUnsupported)
}

// Newest implements queue.Queue: it fails, because Pub/Sub does not say which messages
// wait.
func (q *pubsubQueue) Newest(context.Context) (time.Time, error) {
	return time.Time{}, fmt.Errorf("newest in pubsub:%s/%s: %w", q.cfg.Project, q.cfg.Topic, queue.ErrUnsupported)
}

// Stats implements queue.Queue. All numbers are unknown: Cloud Monitoring has them, some
// minutes late. An account that may not look at the subscription is told that all is well,
// because roles/pubsub.publisher and roles/pubsub.subscriber do not let it look.
func (q *pubsubQueue) Stats(ctx context.Context) (queue.Stats, error) {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return queue.Stats{}, q.translate("look into queue", err)
	}
	defer cancel()
	_, err = q.client.SubscriptionAdminClient.GetSubscription(ctx, &pb.GetSubscriptionRequest{Subscription: q.sub.name})
	if err != nil && !isCode(err, codes.PermissionDenied) {
		return queue.Stats{}, q.translate("look into queue", err)
	}
	return queue.Stats{Messages: queue.Unknown, Bytes: queue.Unknown, Unacked: queue.Unknown, DeadLetters: queue.Unknown}, nil
}
