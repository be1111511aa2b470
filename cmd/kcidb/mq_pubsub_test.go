// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	pb "cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub/pubsubtest"
)

const (
	day       = 24 * time.Hour
	newTopic  = "projects/p/topics/kcidb_new"
	newLoad   = "projects/p/subscriptions/kcidb_new_load"
	deadTopic = "projects/p/topics/kcidb_new_dead"
	deadKeep  = "projects/p/subscriptions/kcidb_new_dead_keep"
)

// properties are those of a subscription that init sets.
type properties struct {
	Topic       string
	AckDeadline time.Duration
	Retention   time.Duration
	Expires     bool
	DeadTopic   string
	MaxAttempts int32
}

// propertiesOf returns the properties that a server has.
func propertiesOf(t *testing.T, server *pubsubtest.Server, name string) properties {
	t.Helper()
	s, err := server.Fake.GServer.GetSubscription(t.Context(), &pb.GetSubscriptionRequest{Subscription: name})
	if err != nil {
		t.Fatal(err)
	}
	return properties{
		Topic: s.Topic, AckDeadline: time.Duration(s.AckDeadlineSeconds) * time.Second, Retention: s.MessageRetentionDuration.AsDuration(),
		Expires:   s.ExpirationPolicy == nil || s.ExpirationPolicy.Ttl != nil,
		DeadTopic: s.DeadLetterPolicy.GetDeadLetterTopic(), MaxAttempts: s.DeadLetterPolicy.GetMaxDeliveryAttempts(),
	}
}

// retention notes how long the subscription of dead letters shall keep messages. Google's
// server for tests takes 7 days at most, as older servers of Pub/Sub. With newer set, it
// takes any time, and keeps 7 days.
type retention struct {
	newer bool
	asked []time.Duration
}

func (r *retention) React(request any) (handled bool, answer any, err error) {
	s := request.(*pb.Subscription)
	if s.Name != deadKeep {
		return false, nil, nil
	}
	r.asked = append(r.asked, s.MessageRetentionDuration.AsDuration())
	if r.newer {
		s.MessageRetentionDuration = durationpb.New(7 * day)
	}
	return false, nil, nil
}

// TestPubSubProperties reads back what "mq io-subscriber init" makes on Pub/Sub, once and
// a second time, and how it completes a subscription that exists.
func TestPubSubProperties(t *testing.T) {
	made := properties{Topic: newTopic, AckDeadline: 540 * time.Second, Retention: 7 * day, DeadTopic: deadTopic, MaxAttempts: 100}
	keeps := properties{Topic: deadTopic, AckDeadline: time.Minute, Retention: 7 * day}
	completed := made
	completed.AckDeadline, completed.Retention, completed.Expires = 30*time.Second, day, true
	for _, test := range []struct {
		name     string
		newer    bool
		existing *pb.Subscription
		load     properties
		asked    []time.Duration
	}{
		{"new", true, nil, made, []time.Duration{31 * day}},
		{"an older server", false, nil, made, []time.Duration{31 * day, 7 * day}},
		{"the subscription exists", true, &pb.Subscription{
			Name: newLoad, Topic: newTopic, AckDeadlineSeconds: 30, MessageRetentionDuration: durationpb.New(day),
			ExpirationPolicy: &pb.ExpirationPolicy{Ttl: durationpb.New(31 * day)},
		}, completed, []time.Duration{31 * day}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dead := &retention{newer: test.newer}
			server := pubsubtest.Start(t, pstest.ServerReactorOption{FuncName: "CreateSubscription", Reactor: dead})
			t.Setenv(google.PubSubEmulator, server.Address)
			if test.existing != nil {
				_, err := server.Fake.GServer.CreateTopic(t.Context(), &pb.Topic{Name: newTopic})
				if err == nil {
					_, err = server.Fake.GServer.CreateSubscription(t.Context(), test.existing)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			for _, times := range []string{"once", "twice"} {
				code, stdout, stderr := runHere(t, "", "kcidb", "mq", "io-subscriber", "init", "-p", "p", "-t", "kcidb_new", "-s", "kcidb_new_load")
				if code != exitDone || stdout != "" || stderr != "" {
					t.Fatalf("%s: it exits with %d, prints %q, says %q", times, code, stdout, stderr)
				}
				for name, want := range map[string]properties{newLoad: test.load, deadKeep: keeps} {
					if diff := cmp.Diff(want, propertiesOf(t, server, name)); diff != "" {
						t.Errorf("%s: %s: -want +got:\n%s", times, name, diff)
					}
				}
				if diff := cmp.Diff(test.asked, dead.asked); diff != "" {
					t.Errorf("%s: retention: -want +got:\n%s", times, diff)
				}
				checkNames(t, server)
			}
		})
	}
}

// checkNames compares the topics and subscriptions of a server with those of one queue.
func checkNames(t *testing.T, server *pubsubtest.Server) {
	t.Helper()
	topics, err := server.Fake.GServer.ListTopics(t.Context(), &pb.ListTopicsRequest{Project: "projects/p"})
	if err != nil {
		t.Fatal(err)
	}
	subscriptions, err := server.Fake.GServer.ListSubscriptions(t.Context(), &pb.ListSubscriptionsRequest{Project: "projects/p"})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, topic := range topics.Topics {
		names = append(names, topic.Name)
	}
	for _, s := range subscriptions.Subscriptions {
		names = append(names, s.Name)
	}
	if diff := cmp.Diff([]string{newTopic, deadTopic, deadKeep, newLoad}, names); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
