// SPDX-License-Identifier: Apache-2.0

package pubsub

import (
	"context"
	"errors"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/kcidb-go/kcidb/internal/queue"
)

// Pub/Sub drops messages that no subscriber took for so long. Dead letters have all the time that
// Pub/Sub allows, or that its older servers allow.
const (
	keepDead      = 31 * 24 * time.Hour
	keepDeadShort = 7 * 24 * time.Hour
)

// Init implements queue.Queue. Existing topics and subscriptions stay as they are, but a
// subscription without a limit of attempts gets one, because Pub/Sub counts attempts only
// then.
func (q *pubsubQueue) Init(ctx context.Context) error { return q.InitSubscriber(ctx) }

// InitPublisher implements queue.Sided.
func (q *pubsubQueue) InitPublisher(ctx context.Context) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return q.translate("create queue", err)
	}
	defer cancel()
	return q.translate("create queue", q.initTopics(ctx))
}

// InitSubscriber implements queue.Sided. A subscription needs its topic, so it creates the
// topics as well.
func (q *pubsubQueue) InitSubscriber(ctx context.Context) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return q.translate("create queue", err)
	}
	defer cancel()
	err = q.initTopics(ctx)
	if err == nil {
		err = q.initSubscription(ctx)
	}
	return q.translate("create queue", err)
}

// initTopics creates the topics, and the subscription that keeps the dead letters: without
// it they would be lost.
func (q *pubsubQueue) initTopics(ctx context.Context) error {
	for _, name := range []string{q.cfg.Topic, q.cfg.DeadTopic} {
		if err := q.initTopic(ctx, name); err != nil {
			return err
		}
	}
	dead := &pb.Subscription{
		Name:                     q.deadSub.name,
		Topic:                    q.topicName(q.cfg.DeadTopic),
		AckDeadlineSeconds:       int32(deadDeadline / time.Second),
		MessageRetentionDuration: durationpb.New(keepDead),
		ExpirationPolicy:         &pb.ExpirationPolicy{}, // never
	}
	err := q.create(ctx, dead)
	if isCode(err, codes.InvalidArgument) {
		dead.MessageRetentionDuration = durationpb.New(keepDeadShort)
		err = q.create(ctx, dead)
	}
	return err
}

// initTopic creates a topic unless it exists. It looks first, because an account that may
// not create topics is not told that the topic exists.
func (q *pubsubQueue) initTopic(ctx context.Context, name string) error {
	_, err := q.client.TopicAdminClient.GetTopic(ctx, &pb.GetTopicRequest{Topic: q.topicName(name)})
	if err == nil {
		return nil
	}
	_, err = q.client.TopicAdminClient.CreateTopic(ctx, &pb.Topic{Name: q.topicName(name)})
	if isCode(err, codes.AlreadyExists) {
		return nil
	}
	return err
}

// create creates a subscription unless it exists.
func (q *pubsubQueue) create(ctx context.Context, s *pb.Subscription) error {
	admin := q.client.SubscriptionAdminClient
	_, err := admin.GetSubscription(ctx, &pb.GetSubscriptionRequest{Subscription: s.Name})
	if err == nil {
		return nil
	}
	_, err = admin.CreateSubscription(ctx, s)
	if isCode(err, codes.AlreadyExists) {
		return nil
	}
	return err
}

// initSubscription creates the subscription of the messages.
func (q *pubsubQueue) initSubscription(ctx context.Context) error {
	limit := &pb.DeadLetterPolicy{DeadLetterTopic: q.topicName(q.cfg.DeadTopic), MaxDeliveryAttempts: serverAttempts}
	err := q.create(ctx, &pb.Subscription{
		Name:               q.sub.name,
		Topic:              q.topicName(q.cfg.Topic),
		AckDeadlineSeconds: int32(min(max(q.cfg.AckDeadline, minDeadline), maxDeadline) / time.Second),
		ExpirationPolicy:   &pb.ExpirationPolicy{}, // never
		DeadLetterPolicy:   limit,
	})
	if err != nil {
		return err
	}
	admin := q.client.SubscriptionAdminClient
	s, err := admin.GetSubscription(ctx, &pb.GetSubscriptionRequest{Subscription: q.sub.name})
	if err != nil || s.DeadLetterPolicy != nil {
		return err
	}
	_, err = admin.UpdateSubscription(ctx, &pb.UpdateSubscriptionRequest{
		Subscription: &pb.Subscription{Name: q.sub.name, DeadLetterPolicy: limit},
		UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"dead_letter_policy"}},
	})
	return err
}

// Cleanup implements queue.Queue.
func (q *pubsubQueue) Cleanup(ctx context.Context) error {
	// The topics go last: after a failure the queue is still found and can be removed again.
	subscriber := q.CleanupSubscriber(ctx)
	if subscriber != nil && !errors.Is(subscriber, queue.ErrNotFound) {
		return subscriber
	}
	if err := q.CleanupPublisher(ctx); !errors.Is(err, queue.ErrNotFound) {
		return err
	}
	return subscriber
}

// CleanupPublisher implements queue.Sided.
func (q *pubsubQueue) CleanupPublisher(ctx context.Context) error {
	return q.cleanup(ctx, func(ctx context.Context, name string) error {
		return q.client.TopicAdminClient.DeleteTopic(ctx, &pb.DeleteTopicRequest{Topic: q.topicName(name)})
	}, q.cfg.DeadTopic, q.cfg.Topic)
}

// CleanupSubscriber implements queue.Sided.
func (q *pubsubQueue) CleanupSubscriber(ctx context.Context) error {
	q.dropHeld()
	q.dropDead()
	return q.cleanup(ctx, func(ctx context.Context, name string) error {
		request := &pb.DeleteSubscriptionRequest{Subscription: q.subscriptionName(name)}
		return q.client.SubscriptionAdminClient.DeleteSubscription(ctx, request)
	}, q.cfg.DeadSubscription, q.cfg.Subscription)
}

// cleanup removes objects. It fails with queue.ErrNotFound if none of them exists.
func (q *pubsubQueue) cleanup(ctx context.Context, remove func(context.Context, string) error, names ...string) error {
	ctx, cancel, err := q.begin(ctx)
	if err != nil {
		return q.translate("remove queue", err)
	}
	defer cancel()
	var missing error
	removed := 0
	for _, name := range names {
		switch err := remove(ctx, name); {
		case err == nil:
			removed++
		case isCode(err, codes.NotFound):
			missing = err
		case isCode(err, codes.FailedPrecondition):
			// A subscription still uses the topic of dead letters. Its own cleanup comes first.
			q.cfg.Logger.Warn("topic is in use and stays", "topic", name)
			removed++
		default:
			return q.translate("remove queue", err)
		}
	}
	if removed > 0 {
		return nil
	}
	return q.translate("remove queue", missing)
}
