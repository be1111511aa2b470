// SPDX-License-Identifier: Apache-2.0

// Package account makes and removes the service accounts of CI systems in a Google Cloud
// project.
//
// An account has the name that names.Submitter gives it and the roles of what its CI system
// does. Submit lets it publish to the topic of submissions. Query lets it read the dataset
// and run queries, which the project pays for. All changes can be repeated.
package account

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/bigquery"
	iam "cloud.google.com/go/iam/admin/apiv1"
	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	pubsub "cloud.google.com/go/pubsub/v2/apiv1"
	resourcemanager "cloud.google.com/go/resourcemanager/apiv3"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/google/names"
)

// ErrNone: the CI system has no account.
var ErrNone = errkind.New(errkind.Gone, "the CI system has no service account")

// Role is what a CI system may do.
type Role string

// The roles.
const (
	Submit Role = "submit" // submit reports
	Query  Role = "query"  // query the dataset
)

const (
	// displayPrefix begins the display names of accounts, before the origin.
	displayPrefix = "KCIDB CI system "
	// MaxOrigin is the most characters of an origin: a display name has 100.
	MaxOrigin = 100 - len(displayPrefix)
)

// IsOrigin reports whether a text is an origin that can have an account: as reports have
// them, and not too long.
func IsOrigin(text string) bool {
	return text != "" && len(text) <= MaxOrigin && !strings.ContainsFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_'
	})
}

// Config names the resources that accounts get access to.
type Config struct {
	Project string
	Topic   string // of the submissions
	Dataset string

	// Wait waits before a call is repeated; nil to wait for the time or the end of ctx.
	Wait func(ctx context.Context, d time.Duration) error
}

// Accounts are the accounts of a project.
type Accounts struct {
	config   Config
	iam      *iam.IamClient
	topics   *pubsub.TopicAdminClient
	projects *resourcemanager.ProjectsClient
	bigquery *bigquery.Client
}

// Open connects to the services of Google. It does not call them yet.
func Open(ctx context.Context, c Config) (_ *Accounts, err error) {
	if c.Wait == nil {
		c.Wait = sleep
	}
	a := &Accounts{config: c}
	defer func() {
		if err != nil {
			err = errors.Join(google.Explain(err), a.Close())
		}
	}()
	if a.iam, err = iam.NewIamClient(ctx, google.GRPC(google.IAMEmulator)...); err != nil {
		return nil, err
	}
	if a.topics, err = pubsub.NewTopicAdminClient(ctx, google.GRPC(google.PubSubEmulator)...); err != nil {
		return nil, err
	}
	if a.projects, err = resourcemanager.NewProjectsClient(ctx, google.GRPC(google.ResourceManagerEmulator)...); err != nil {
		return nil, err
	}
	if a.bigquery, err = bigquery.NewClient(ctx, c.Project, google.HTTP(google.BigQueryEmulator, "/bigquery/v2/")...); err != nil {
		return nil, err
	}
	return a, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Close ends the connections.
func (a *Accounts) Close() error {
	var errs []error
	if a.iam != nil {
		errs = append(errs, a.iam.Close())
	}
	if a.topics != nil {
		errs = append(errs, a.topics.Close())
	}
	if a.projects != nil {
		errs = append(errs, a.projects.Close())
	}
	if a.bigquery != nil {
		errs = append(errs, a.bigquery.Close())
	}
	return errors.Join(errs...)
}

// Email returns the address of the account of a CI system.
func (a *Accounts) Email(origin string) string {
	return fmt.Sprintf("%s@%s.iam.gserviceaccount.com", names.Submitter(origin), a.config.Project)
}

// name returns the resource name of an account.
func (a *Accounts) name(email string) string {
	return fmt.Sprintf("projects/%s/serviceAccounts/%s", a.config.Project, email)
}

// Add makes the account of a CI system, unless it exists, and grants it the roles that it
// lacks. It reports whether it made the account, and returns the grants that it made, as
// texts. After an error a part may be done; Add can be called again.
func (a *Accounts) Add(ctx context.Context, origin string, roles ...Role) (made bool, granted []string, err error) {
	email := a.Email(origin)
	_, err = a.iam.CreateServiceAccount(ctx, &adminpb.CreateServiceAccountRequest{
		Name: "projects/" + a.config.Project, AccountId: names.Submitter(origin),
		ServiceAccount: &adminpb.ServiceAccount{
			DisplayName: displayPrefix + origin,
			Description: "Made by kcidb cloud account add",
		},
	})
	if made = err == nil; !made && status.Code(err) != codes.AlreadyExists {
		return false, nil, fmt.Errorf("making the account %s: %w", email, google.Explain(err))
	}
	for _, g := range a.grants(roles...) {
		changed, err := a.edit(ctx, g.resource, func(m members) bool { return m.add(g.role, email) })
		if err != nil {
			return made, granted, fmt.Errorf("granting %s: %w", g, err)
		}
		if changed {
			granted = append(granted, g.String())
		}
	}
	return made, granted, nil
}

// Account is the account of a CI system.
type Account struct {
	Origin   string
	Email    string
	Roles    []Role
	Keys     int // that can be used from outside Google Cloud
	Disabled bool
}

// List returns the accounts of CI systems, by origin.
func (a *Accounts) List(ctx context.Context) ([]Account, error) {
	var found []Account
	all := a.iam.ListServiceAccounts(ctx, &adminpb.ListServiceAccountsRequest{Name: "projects/" + a.config.Project})
	for {
		account, err := all.Next()
		if errors.Is(err, iterator.Done) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("listing the accounts of %s: %w", a.config.Project, google.Explain(err))
		}
		id, isOurs := strings.CutPrefix(account.GetEmail(), names.SubmitterPrefix)
		if !isOurs {
			continue
		}
		id, _, _ = strings.Cut(id, "@")
		origin, named := strings.CutPrefix(account.GetDisplayName(), displayPrefix)
		if !named {
			origin = id
		}
		found = append(found, Account{Origin: origin, Email: account.GetEmail(), Disabled: account.GetDisabled()})
	}
	for i := range found {
		keys, err := a.keys(ctx, found[i].Email)
		if err != nil {
			return nil, err
		}
		found[i].Keys = len(keys)
	}
	if err := a.findRoles(ctx, found); err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b Account) int { return cmp.Compare(a.Origin, b.Origin) })
	return found, nil
}

// findRoles sets the roles of the accounts. An account has a role if it has all its grants.
func (a *Accounts) findRoles(ctx context.Context, all []Account) error {
	if len(all) == 0 {
		return nil
	}
	for _, role := range []Role{Submit, Query} {
		lacking := map[string]bool{}
		for _, g := range a.grants(role) {
			m, err := g.resource.read(ctx)
			if err != nil && !errors.Is(google.Explain(err), google.ErrNotFound) {
				return fmt.Errorf("reading the permissions of %s: %w", g.resource, google.Explain(err))
			}
			for _, account := range all {
				if err != nil || !m.has(g.role, account.Email) {
					lacking[account.Email] = true
				}
			}
		}
		for i := range all {
			if !lacking[all[i].Email] {
				all[i].Roles = append(all[i].Roles, role)
			}
		}
	}
	return nil
}

// Remove takes the grants of a CI system's account back, and removes the account with its
// keys. It returns ErrNone if there is no account. After another error a part may be
// removed; Remove can be called again.
func (a *Accounts) Remove(ctx context.Context, origin string) error {
	email := a.Email(origin)
	name := a.name(email)
	if _, err := a.iam.GetServiceAccount(ctx, &adminpb.GetServiceAccountRequest{Name: name}); err != nil {
		if err = google.Explain(err); errors.Is(err, google.ErrNotFound) {
			return fmt.Errorf("%w: %s", ErrNone, email)
		}
		return fmt.Errorf("looking for the account %s: %w", email, err)
	}
	for _, g := range a.grants(Submit, Query) {
		_, err := a.edit(ctx, g.resource, func(m members) bool { return m.remove(g.role, email) })
		if err != nil && !errors.Is(err, google.ErrNotFound) {
			return fmt.Errorf("taking back %s: %w", g, err)
		}
	}
	if err := a.iam.DeleteServiceAccount(ctx, &adminpb.DeleteServiceAccountRequest{Name: name}); err != nil {
		return fmt.Errorf("removing the account %s: %w", email, google.Explain(err))
	}
	return nil
}
