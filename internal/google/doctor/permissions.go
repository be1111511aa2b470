// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cloud.google.com/go/bigquery"
	iam "cloud.google.com/go/iam/admin/apiv1"
	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	pubsub "cloud.google.com/go/pubsub/v2/apiv1"
	resourcemanager "cloud.google.com/go/resourcemanager/apiv3"
	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	"google.golang.org/api/run/v2"
	"google.golang.org/api/storage/v1"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/google/names"
)

// checkAccounts checks that the service accounts exist and are enabled.
func (d *doctor) checkAccounts(ctx context.Context) error {
	client, err := iam.NewIamClient(ctx, google.GRPC(google.IAMEmulator)...)
	if err != nil {
		return err
	}
	defer client.Close()
	for _, id := range []string{names.WebAccount, names.TasksAccount, names.SchedulerAccount} {
		name := "service account " + id
		ctx, cancel := context.WithTimeout(ctx, patience)
		account, err := client.GetServiceAccount(ctx, &adminpb.GetServiceAccountRequest{Name: d.path("serviceAccounts/%s", d.email(id))})
		cancel()
		switch {
		case err != nil:
			d.failed(name, err, d.gcloud("iam", "service-accounts", "create", id))
		case account.GetDisabled():
			d.wrong(name, "it is disabled", d.gcloud("iam", "service-accounts", "enable", d.email(id)))
		default:
			d.ok(name)
		}
	}
	return nil
}

// bindings are the members of each role on a resource.
type bindings map[string][]string

func (b bindings) has(role, member string) bool { return slices.Contains(b[role], member) }

func (b bindings) add(role string, members ...string) { b[role] = append(b[role], members...) }

// bindingsOf returns the bindings of a policy. Conditions are ignored.
func bindingsOf(p *iampb.Policy) bindings {
	b := bindings{}
	for _, binding := range p.GetBindings() {
		b.add(binding.GetRole(), binding.GetMembers()...)
	}
	return b
}

// resource is a resource with permissions.
type resource struct {
	name string
	read func(ctx context.Context) (bindings, error)
	// grant is the command that grants a role on the resource.
	grant func(role, member string) string
	// roles are the roles that members need: the least role, and those that include it.
	roles []roleOf
}

// roleOf is the role of a member.
type roleOf struct {
	member string
	role   string
}

// wider are roles that include others.
var wider = map[string][]string{
	"roles/bigquery.dataViewer":  {"roles/bigquery.dataEditor", "roles/bigquery.dataOwner"},
	"roles/bigquery.dataEditor":  {"roles/bigquery.dataOwner"},
	"roles/datastore.viewer":     {"roles/datastore.user", "roles/datastore.owner"},
	"roles/datastore.user":       {"roles/datastore.owner"},
	"roles/pubsub.viewer":        {"roles/pubsub.editor", "roles/pubsub.admin"},
	"roles/pubsub.publisher":     {"roles/pubsub.editor", "roles/pubsub.admin"},
	"roles/pubsub.subscriber":    {"roles/pubsub.editor", "roles/pubsub.admin"},
	"roles/run.invoker":          {"roles/run.developer", "roles/run.admin"},
	"roles/storage.objectViewer": {"roles/storage.objectUser", "roles/storage.objectAdmin", "roles/storage.admin"},
}

// checkPermissions checks the roles of the service accounts. A role on the project holds
// for all resources.
func (d *doctor) checkPermissions(ctx context.Context) error {
	c, err := d.openPolicies(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	project := d.projectResource(c)
	everywhere, err := d.read(ctx, project)
	if err != nil {
		d.failed("permissions on "+project.name, err, "")
		return nil
	}
	d.checkRoles(project, everywhere, everywhere)
	for _, r := range d.resources(c) {
		here, err := d.read(ctx, r)
		if err = google.Explain(err); errors.Is(err, google.ErrNotFound) {
			continue // reported already
		} else if err != nil {
			d.failed("permissions on "+r.name, err, "")
			continue
		}
		d.checkRoles(r, here, everywhere)
	}
	return nil
}

func (d *doctor) read(ctx context.Context, r resource) (bindings, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return r.read(ctx)
}

func (d *doctor) checkRoles(r resource, here, everywhere bindings) {
	for _, want := range r.roles {
		name := fmt.Sprintf("%s of %s on %s", want.role, d.short(want.member), r.name)
		held := slices.ContainsFunc(append(wider[want.role], want.role), func(role string) bool {
			return here.has(role, want.member) || everywhere.has(role, want.member)
		})
		if held {
			d.ok(name)
		} else {
			d.missing(name, r.grant(want.role, want.member))
		}
	}
}

// policyClients are the clients that read policies.
type policyClients struct {
	projects      *resourcemanager.ProjectsClient
	topics        *pubsub.TopicAdminClient
	subscriptions *pubsub.SubscriptionAdminClient
	bigquery      *bigquery.Client
	secrets       *secretmanager.Client
	storage       *storage.Service
	run           *run.Service
	closers       []func() error
}

func (c *policyClients) close() {
	for _, f := range c.closers {
		_ = f()
	}
}

func (d *doctor) openPolicies(ctx context.Context) (_ *policyClients, err error) {
	c := &policyClients{}
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if c.projects, err = resourcemanager.NewProjectsClient(ctx, google.GRPC(google.ResourceManagerEmulator)...); err != nil {
		return nil, err
	}
	c.closers = append(c.closers, c.projects.Close)
	if c.topics, err = pubsub.NewTopicAdminClient(ctx, google.GRPC(google.PubSubEmulator)...); err != nil {
		return nil, err
	}
	c.closers = append(c.closers, c.topics.Close)
	if c.subscriptions, err = pubsub.NewSubscriptionAdminClient(ctx, google.GRPC(google.PubSubEmulator)...); err != nil {
		return nil, err
	}
	c.closers = append(c.closers, c.subscriptions.Close)
	if c.bigquery, err = bigquery.NewClient(ctx, d.Project, google.HTTP(google.BigQueryEmulator, "/bigquery/v2/")...); err != nil {
		return nil, err
	}
	c.closers = append(c.closers, c.bigquery.Close)
	if c.secrets, err = secretmanager.NewClient(ctx, google.GRPC(google.SecretManagerEmulator)...); err != nil {
		return nil, err
	}
	c.closers = append(c.closers, c.secrets.Close)
	if c.storage, err = storage.NewService(ctx, google.HTTP(google.StorageEmulator, storagePath)...); err != nil {
		return nil, err
	}
	c.run, err = run.NewService(ctx, google.HTTP(google.RunEmulator, "/")...)
	return c, err
}
