// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"strconv"

	pubsub "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/google/names"
)

// checkQueues checks the topics and subscriptions of each queue and of its dead letters.
func (d *doctor) checkQueues(ctx context.Context) (err error) {
	options := google.GRPC(google.PubSubEmulator)
	topics, err := pubsub.NewTopicAdminClient(ctx, options...)
	if err != nil {
		return err
	}
	defer topics.Close()
	subscriptions, err := pubsub.NewSubscriptionAdminClient(ctx, options...)
	if err != nil {
		return err
	}
	defer subscriptions.Close()
	for _, q := range d.Queues {
		for _, topic := range []string{q.Topic, q.DeadTopic} {
			ctx, cancel := context.WithTimeout(ctx, patience)
			_, err := topics.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: d.path("topics/%s", topic)})
			cancel()
			if err != nil {
				d.failed("topic "+topic, err, d.gcloud("pubsub", "topics", "create", topic))
				continue
			}
			d.ok("topic " + topic)
		}
		d.checkSubscription(ctx, subscriptions, q)
		d.checkDeadLetters(ctx, subscriptions, q)
	}
	return nil
}

func (d *doctor) subscription(ctx context.Context, client *pubsub.SubscriptionAdminClient, name string) (*pubsubpb.Subscription, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return client.GetSubscription(ctx, &pubsubpb.GetSubscriptionRequest{Subscription: d.path("subscriptions/%s", name)})
}

// checkSubscription checks the subscription that hands messages out. It needs a limit of
// attempts, because Pub/Sub counts them only then.
func (d *doctor) checkSubscription(ctx context.Context, client *pubsub.SubscriptionAdminClient, q Queue) {
	name := "subscription " + q.Subscription
	deadline := strconv.Itoa(names.AckDeadline)
	s, err := d.subscription(ctx, client, q.Subscription)
	switch {
	case err != nil:
		d.failed(name, err, d.gcloud("pubsub", "subscriptions", "create", q.Subscription, "--topic", q.Topic, "--ack-deadline", deadline,
			"--expiration-period", "never", "--dead-letter-topic", q.DeadTopic, "--max-delivery-attempts", "100"))
	case s.GetTopic() != d.path("topics/%s", q.Topic):
		d.wrongTopic(name, s, q.Subscription)
	case s.GetAckDeadlineSeconds() < names.AckDeadline:
		d.wrong(name, fmt.Sprintf("messages come back after %d seconds, which a load may take: want %s", s.GetAckDeadlineSeconds(), deadline),
			d.gcloud("pubsub", "subscriptions", "update", q.Subscription, "--ack-deadline", deadline))
	case s.GetDeadLetterPolicy().GetDeadLetterTopic() != d.path("topics/%s", q.DeadTopic):
		d.wrong(name, "its dead letters do not go to "+q.DeadTopic,
			d.gcloud("pubsub", "subscriptions", "update", q.Subscription, "--dead-letter-topic", q.DeadTopic, "--max-delivery-attempts", "100"))
	default:
		d.checkExpiration(name, s, q.Subscription)
	}
}

// checkDeadLetters checks the subscription that keeps dead letters.
func (d *doctor) checkDeadLetters(ctx context.Context, client *pubsub.SubscriptionAdminClient, q Queue) {
	keep, dead := q.DeadSubscription, q.DeadTopic
	name := "subscription " + keep
	s, err := d.subscription(ctx, client, keep)
	switch {
	case err != nil:
		d.failed(name, err, d.gcloud("pubsub", "subscriptions", "create", keep, "--topic", dead, "--ack-deadline", "60",
			"--message-retention-duration", "31d", "--expiration-period", "never"))
	case s.GetTopic() != d.path("topics/%s", dead):
		d.wrongTopic(name, s, keep)
	default:
		d.checkExpiration(name, s, keep)
	}
}

// wrongTopic reports a subscription of another topic, which cannot be changed.
func (d *doctor) wrongTopic(name string, s *pubsubpb.Subscription, id string) {
	d.wrong(name, "it belongs to "+s.GetTopic(), d.gcloud("pubsub", "subscriptions", "delete", id))
}

// checkExpiration reports a subscription that Google removes after 31 days without a
// subscriber, with its messages.
func (d *doctor) checkExpiration(name string, s *pubsubpb.Subscription, id string) {
	if policy := s.GetExpirationPolicy(); policy == nil || policy.GetTtl() != nil {
		d.wrong(name, "it is removed if it is not used", d.gcloud("pubsub", "subscriptions", "update", id, "--expiration-period", "never"))
		return
	}
	d.ok(name)
}
