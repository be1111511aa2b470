// SPDX-License-Identifier: Apache-2.0

package googletest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// PrivateKey is in each key of an account. Nothing that is printed may contain it.
const PrivateKey = "-----BEGIN PRIVATE KEY-----hunter2"

// accounts is the service of service accounts and their keys.
type accounts struct {
	adminpb.UnimplementedIAMServer
	p *Project
}

func (s *accounts) CreateServiceAccount(_ context.Context, r *adminpb.CreateServiceAccountRequest) (*adminpb.ServiceAccount, error) {
	email := r.GetAccountId() + "@" + s.p.ID + ".iam.gserviceaccount.com"
	name := r.GetName() + "/serviceAccounts/" + email
	if s.p.Accounts[name] != nil {
		return nil, status.Errorf(codes.AlreadyExists, "Service account %s already exists within project %s.", r.GetAccountId(), r.GetName())
	}
	account := proto.Clone(r.GetServiceAccount()).(*adminpb.ServiceAccount)
	account.Name, account.Email, account.ProjectId = name, email, s.p.ID
	s.p.Accounts[name] = account
	return account, nil
}

func (s *accounts) GetServiceAccount(_ context.Context, r *adminpb.GetServiceAccountRequest) (*adminpb.ServiceAccount, error) {
	return find(s.p.Accounts, r.GetName())
}

// ListServiceAccounts returns one account a page, so that clients have to ask for more.
func (s *accounts) ListServiceAccounts(_ context.Context, r *adminpb.ListServiceAccountsRequest) (*adminpb.ListServiceAccountsResponse, error) {
	if r.GetName() != "projects/"+s.p.ID {
		return nil, notFound(r.GetName())
	}
	names := slices.Sorted(maps.Keys(s.p.Accounts))
	at, _ := slices.BinarySearch(names, r.GetPageToken())
	answer := &adminpb.ListServiceAccountsResponse{}
	if at < len(names) {
		answer.Accounts = append(answer.Accounts, s.p.Accounts[names[at]])
	}
	if at+1 < len(names) {
		answer.NextPageToken = names[at+1]
	}
	return answer, nil
}

func (s *accounts) DeleteServiceAccount(_ context.Context, r *adminpb.DeleteServiceAccountRequest) (*emptypb.Empty, error) {
	if _, err := find(s.p.Accounts, r.GetName()); err != nil {
		return nil, err
	}
	delete(s.p.Accounts, r.GetName())
	delete(s.p.Keys, r.GetName())
	return &emptypb.Empty{}, nil
}

func (s *accounts) CreateServiceAccountKey(_ context.Context, r *adminpb.CreateServiceAccountKeyRequest) (*adminpb.ServiceAccountKey, error) {
	account, err := find(s.p.Accounts, r.GetName())
	if err != nil {
		return nil, err
	}
	s.p.revision++
	id := fmt.Sprint(s.p.revision)
	data, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": s.p.ID, "private_key_id": id, "private_key": PrivateKey, "client_email": account.GetEmail(),
	})
	if err != nil {
		return nil, err
	}
	key := &adminpb.ServiceAccountKey{Name: r.GetName() + "/keys/" + id, PrivateKeyData: data, PrivateKeyType: r.GetPrivateKeyType()}
	s.p.Keys[r.GetName()] = append(s.p.Keys[r.GetName()], &adminpb.ServiceAccountKey{Name: key.GetName()})
	return key, nil
}

func (s *accounts) ListServiceAccountKeys(_ context.Context, r *adminpb.ListServiceAccountKeysRequest) (*adminpb.ListServiceAccountKeysResponse, error) {
	if _, err := find(s.p.Accounts, r.GetName()); err != nil {
		return nil, err
	}
	return &adminpb.ListServiceAccountKeysResponse{Keys: s.p.Keys[r.GetName()]}, nil
}

func (s *accounts) DeleteServiceAccountKey(_ context.Context, r *adminpb.DeleteServiceAccountKeyRequest) (*emptypb.Empty, error) {
	for account, keys := range s.p.Keys {
		s.p.Keys[account] = slices.DeleteFunc(keys, func(k *adminpb.ServiceAccountKey) bool { return k.GetName() == r.GetName() })
	}
	return &emptypb.Empty{}, nil
}
