// SPDX-License-Identifier: Apache-2.0

package googletest

import (
	"context"

	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	policypb "cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"

	"github.com/kcidb-go/kcidb/internal/secrets/secretstest"
)

// publisher answers for topics.
type publisher struct {
	pubsubpb.UnimplementedPublisherServer
	p *Project
}

func (s *publisher) GetTopic(_ context.Context, r *pubsubpb.GetTopicRequest) (*pubsubpb.Topic, error) {
	if _, err := find(s.p.Topics, r.GetTopic()); err != nil {
		return nil, err
	}
	return &pubsubpb.Topic{Name: r.GetTopic()}, nil
}

// subscriber answers for subscriptions.
type subscriber struct {
	pubsubpb.UnimplementedSubscriberServer
	p *Project
}

func (s *subscriber) GetSubscription(_ context.Context, r *pubsubpb.GetSubscriptionRequest) (*pubsubpb.Subscription, error) {
	return find(s.p.Subscriptions, r.GetSubscription())
}

// scheduler answers for jobs of Cloud Scheduler.
type scheduler struct {
	schedulerpb.UnimplementedCloudSchedulerServer
	p *Project
}

func (s *scheduler) GetJob(_ context.Context, r *schedulerpb.GetJobRequest) (*schedulerpb.Job, error) {
	return find(s.p.Jobs, r.GetName())
}

// firestore answers for databases of Firestore and their indexes.
type firestore struct {
	adminpb.UnimplementedFirestoreAdminServer
	p *Project
}

func (s *firestore) GetDatabase(_ context.Context, r *adminpb.GetDatabaseRequest) (*adminpb.Database, error) {
	return find(s.p.Databases, r.GetName())
}

func (s *firestore) GetField(_ context.Context, r *adminpb.GetFieldRequest) (*adminpb.Field, error) {
	if found, ok := s.p.Fields[r.GetName()]; ok {
		return found, nil
	}
	return &adminpb.Field{Name: r.GetName()}, nil // each field has a default configuration
}

func (s *firestore) ListIndexes(_ context.Context, r *adminpb.ListIndexesRequest) (*adminpb.ListIndexesResponse, error) {
	return &adminpb.ListIndexesResponse{Indexes: s.p.Indexes[r.GetParent()]}, nil
}

// secrets is Secret Manager with policies.
type secrets struct {
	*secretstest.Server
	p *Project
}

func (s *secrets) GetIamPolicy(_ context.Context, r *policypb.GetIamPolicyRequest) (*policypb.Policy, error) {
	if !s.Has(r.GetResource()) {
		return nil, notFound(r.GetResource())
	}
	return s.p.getPolicy(r.GetResource()), nil
}
