// SPDX-License-Identifier: Apache-2.0

package googletest

import (
	"context"
	"fmt"
	"strings"

	policypb "cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/resourcemanager/apiv3/resourcemanagerpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// getPolicy returns the policy of a resource; an empty one if none was set.
func (p *Project) getPolicy(resource string) *policypb.Policy {
	found, ok := p.Policies[resource]
	if !ok {
		found = &policypb.Policy{Version: 1, Etag: []byte("0")}
		p.Policies[resource] = found
	}
	return proto.Clone(found).(*policypb.Policy)
}

// setPolicy replaces the policy of a resource if its etag is current, and if its members
// exist.
func (p *Project) setPolicy(resource string, policy *policypb.Policy) (*policypb.Policy, error) {
	if string(policy.GetEtag()) != string(p.getPolicy(resource).GetEtag()) {
		return nil, status.Error(codes.Aborted, "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.")
	}
	for _, b := range policy.GetBindings() {
		for _, member := range b.GetMembers() {
			if err := p.checkMember(member); err != nil {
				return nil, err
			}
		}
	}
	policy = proto.Clone(policy).(*policypb.Policy)
	p.revision++
	policy.Etag = fmt.Append(nil, p.revision)
	p.Policies[resource] = policy
	return proto.Clone(policy).(*policypb.Policy), nil
}

// checkMember returns the error for an account of the project that does not exist, or not
// yet everywhere.
func (p *Project) checkMember(member string) error {
	email, ok := strings.CutPrefix(member, "serviceAccount:")
	if !ok || !strings.HasSuffix(email, "@"+p.ID+".iam.gserviceaccount.com") {
		return nil
	}
	if p.Accounts["projects/"+p.ID+"/serviceAccounts/"+email] != nil && p.Settle == 0 {
		return nil
	}
	p.Settle = max(0, p.Settle-1)
	return status.Errorf(codes.InvalidArgument, "Service account %s does not exist.", email)
}

// policies answers for topics and subscriptions.
type policies struct {
	policypb.UnimplementedIAMPolicyServer
	p *Project
}

func (s *policies) exists(resource string) error {
	if s.p.Topics[resource] || s.p.Subscriptions[resource] != nil {
		return nil
	}
	return notFound(resource)
}

func (s *policies) GetIamPolicy(_ context.Context, r *policypb.GetIamPolicyRequest) (*policypb.Policy, error) {
	if err := s.exists(r.GetResource()); err != nil {
		return nil, err
	}
	return s.p.getPolicy(r.GetResource()), nil
}

func (s *policies) SetIamPolicy(_ context.Context, r *policypb.SetIamPolicyRequest) (*policypb.Policy, error) {
	if err := s.exists(r.GetResource()); err != nil {
		return nil, err
	}
	return s.p.setPolicy(r.GetResource(), r.GetPolicy())
}

// projects answers for the project.
type projects struct {
	resourcemanagerpb.UnimplementedProjectsServer
	p *Project
}

func (s *projects) exists(name string) error {
	if name == "projects/"+s.p.ID {
		return nil
	}
	return status.Errorf(codes.PermissionDenied, "The caller does not have permission (or the project %s may not exist).", name)
}

func (s *projects) GetProject(_ context.Context, r *resourcemanagerpb.GetProjectRequest) (*resourcemanagerpb.Project, error) {
	if err := s.exists(r.GetName()); err != nil {
		return nil, err
	}
	return &resourcemanagerpb.Project{Name: "projects/123", ProjectId: s.p.ID, State: resourcemanagerpb.Project_ACTIVE}, nil
}

func (s *projects) GetIamPolicy(_ context.Context, r *policypb.GetIamPolicyRequest) (*policypb.Policy, error) {
	if err := s.exists(r.GetResource()); err != nil {
		return nil, err
	}
	return s.p.getPolicy(r.GetResource()), nil
}

func (s *projects) SetIamPolicy(_ context.Context, r *policypb.SetIamPolicyRequest) (*policypb.Policy, error) {
	if err := s.exists(r.GetResource()); err != nil {
		return nil, err
	}
	return s.p.setPolicy(r.GetResource(), r.GetPolicy())
}
