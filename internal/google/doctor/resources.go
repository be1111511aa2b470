// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"strings"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/iam/apiv1/iampb"
	"github.com/googleapis/gax-go/v2"

	"github.com/kcidb-go/kcidb/internal/google/names"
)

// The roles below are those of deploy/google/terraform/accounts.tf.

// member returns a service account of the project as policies name it.
func (d *doctor) member(id string) string { return "serviceAccount:" + d.email(id) }

// pubsubAgent returns the account by which Pub/Sub itself moves messages to the topics of
// dead letters.
func (d *doctor) pubsubAgent() string {
	return "serviceAccount:service-" + d.number + "@gcp-sa-pubsub.iam.gserviceaccount.com"
}

// short returns a member for the name of a check.
func (d *doctor) short(member string) string {
	email := strings.TrimPrefix(member, "serviceAccount:")
	return strings.TrimSuffix(email, "@"+d.Project+".iam.gserviceaccount.com")
}

// policyVersion is the version of policies that can have conditions. Google refuses to show
// a policy with conditions to callers of older versions.
const policyVersion = 3

// policy reads the policy of a resource by a method of one of Google's clients.
func policy(get func(context.Context, *iampb.GetIamPolicyRequest, ...gax.CallOption) (*iampb.Policy, error), name string) func(context.Context) (bindings, error) {
	return func(ctx context.Context) (bindings, error) {
		p, err := get(ctx, &iampb.GetIamPolicyRequest{Resource: name, Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: policyVersion}})
		return bindingsOf(p), err
	}
}

// grant returns the function that returns the command of gcloud for a resource.
func (d *doctor) grant(words ...string) func(role, member string) string {
	return func(role, member string) string {
		return d.gcloud(append(words, "--role", role, "--member", member)...)
	}
}

func (d *doctor) projectResource(c *policyClients) resource {
	web, tasks := d.member(names.WebAccount), d.member(names.TasksAccount)
	r := resource{
		name: "project " + d.Project,
		read: policy(c.projects.GetIamPolicy, "projects/"+d.Project),
		grant: func(role, member string) string {
			return command("gcloud", "projects", "add-iam-policy-binding", d.Project, "--role", role, "--member", member, "--condition", "None")
		},
	}
	if d.Dataset != "" {
		r.roles = append(r.roles, roleOf{web, "roles/bigquery.jobUser"}, roleOf{tasks, "roles/bigquery.jobUser"})
	}
	if d.Database != "" {
		r.roles = append(r.roles, roleOf{web, "roles/datastore.viewer"}, roleOf{tasks, "roles/datastore.user"})
	}
	return r
}

// resources returns the resources of the project on which accounts need roles.
func (d *doctor) resources(c *policyClients) (all []resource) {
	web, tasks, agent := d.member(names.WebAccount), d.member(names.TasksAccount), d.pubsubAgent()
	for i, q := range d.Queues {
		publisher := web // of submissions
		if i > 0 {
			publisher = tasks
		}
		all = append(all,
			d.topic(c, q.Topic, roleOf{publisher, "roles/pubsub.publisher"}),
			d.topic(c, q.DeadTopic, roleOf{tasks, "roles/pubsub.publisher"}, roleOf{agent, "roles/pubsub.publisher"}))
		roles := []roleOf{{tasks, "roles/pubsub.subscriber"}, {tasks, "roles/pubsub.viewer"}, {agent, "roles/pubsub.subscriber"}}
		if i == 0 {
			roles = append(roles, roleOf{web, "roles/pubsub.viewer"})
		}
		all = append(all, resource{
			name:  "subscription " + q.Subscription,
			read:  policy(c.subscriptions.GetIamPolicy, d.path("subscriptions/%s", q.Subscription)),
			grant: d.grant("pubsub", "subscriptions", "add-iam-policy-binding", q.Subscription),
			roles: roles,
		})
	}
	if d.Dataset != "" {
		all = append(all, d.dataset(c, roleOf{web, "roles/bigquery.dataViewer"}, roleOf{tasks, "roles/bigquery.dataEditor"}))
	}
	for _, s := range []struct{ secret, reader string }{{d.JWTSecret, web}, {d.SMTPPassword, tasks}} {
		if s.secret != "" {
			all = append(all, resource{
				name:  "secret " + s.secret,
				read:  policy(c.secrets.GetIamPolicy, d.path("secrets/%s", s.secret)),
				grant: d.grant("secrets", "add-iam-policy-binding", s.secret),
				roles: []roleOf{{s.reader, "roles/secretmanager.secretAccessor"}},
			})
		}
	}
	if d.Bucket != "" {
		all = append(all, d.bucket(c, roleOf{tasks, "roles/storage.objectViewer"}))
	}
	if d.Dataset != "" {
		all = append(all, d.compacter(c, roleOf{d.member(names.SchedulerAccount), "roles/run.invoker"}))
	}
	return all
}

func (d *doctor) bucket(c *policyClients, roles ...roleOf) resource {
	return resource{
		name: "bucket " + d.Bucket,
		read: func(ctx context.Context) (bindings, error) {
			p, err := c.storage.Buckets.GetIamPolicy(d.Bucket).OptionsRequestedPolicyVersion(policyVersion).Context(ctx).Do()
			if err != nil {
				return nil, err
			}
			b := bindings{}
			for _, binding := range p.Bindings {
				b.add(binding.Role, binding.Members...)
			}
			return b, nil
		},
		grant: d.grant("storage", "buckets", "add-iam-policy-binding", "gs://"+d.Bucket),
		roles: roles,
	}
}

func (d *doctor) compacter(c *policyClients, roles ...roleOf) resource {
	return resource{
		name: "Cloud Run job " + names.Compacter,
		read: func(ctx context.Context) (bindings, error) {
			name := d.path("locations/%s/jobs/%s", d.Region, names.Compacter)
			p, err := c.run.Projects.Locations.Jobs.GetIamPolicy(name).OptionsRequestedPolicyVersion(policyVersion).Context(ctx).Do()
			if err != nil {
				return nil, err
			}
			b := bindings{}
			for _, binding := range p.Bindings {
				b.add(binding.Role, binding.Members...)
			}
			return b, nil
		},
		grant: d.grant("run", "jobs", "add-iam-policy-binding", names.Compacter, "--region", d.Region),
		roles: roles,
	}
}

func (d *doctor) topic(c *policyClients, id string, roles ...roleOf) resource {
	return resource{
		name:  "topic " + id,
		read:  policy(c.topics.GetIamPolicy, d.path("topics/%s", id)),
		grant: d.grant("pubsub", "topics", "add-iam-policy-binding", id),
		roles: roles,
	}
}

// datasetRoles are the roles of Google by the roles in the access list of a dataset.
var datasetRoles = map[bigquery.AccessRole]string{
	bigquery.ReaderRole: "roles/bigquery.dataViewer",
	bigquery.WriterRole: "roles/bigquery.dataEditor",
	bigquery.OwnerRole:  "roles/bigquery.dataOwner",
}

func (d *doctor) dataset(c *policyClients, roles ...roleOf) resource {
	return resource{
		name: "dataset " + d.Dataset,
		read: func(ctx context.Context) (bindings, error) {
			data, err := c.bigquery.Dataset(d.Dataset).Metadata(ctx)
			if err != nil {
				return nil, err
			}
			b := bindings{}
			for _, e := range data.Access {
				if e.EntityType != bigquery.UserEmailEntity {
					continue
				}
				role, ok := datasetRoles[e.Role]
				if !ok {
					role = string(e.Role)
				}
				b.add(role, "serviceAccount:"+e.Entity)
			}
			return b, nil
		},
		grant: func(role, member string) string {
			return command("bq", "add-iam-policy-binding", "--member", member, "--role", role, d.Project+":"+d.Dataset)
		},
		roles: roles,
	}
}
