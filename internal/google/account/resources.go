// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/bigquery"
	"cloud.google.com/go/iam/apiv1/iampb"
	pubsub "cloud.google.com/go/pubsub/v2/apiv1"
	resourcemanager "cloud.google.com/go/resourcemanager/apiv3"
)

// policyVersion is the version of policies that can have conditions. A policy that is read
// in an older version loses them when it is written.
const policyVersion = 3

// policy are the members of a topic or a project.
type policy struct{ *iampb.Policy }

// isAccount reports whether a member is the account, or the account of the same name that
// was removed.
func isAccount(member, email string) bool {
	return member == "serviceAccount:"+email || strings.HasPrefix(member, "deleted:serviceAccount:"+email+"?")
}

// binding returns the members of a role that have it without a condition, or nil.
func (p policy) binding(role string) *iampb.Binding {
	for _, b := range p.GetBindings() {
		if b.GetRole() == role && b.GetCondition() == nil {
			return b
		}
	}
	return nil
}

func (p policy) has(role, email string) bool {
	return slices.Contains(p.binding(role).GetMembers(), "serviceAccount:"+email)
}

func (p policy) add(role, email string) bool {
	if p.has(role, email) {
		return false
	}
	b := p.binding(role)
	if b == nil {
		b = &iampb.Binding{Role: role}
		p.Bindings = append(p.Bindings, b)
	}
	b.Members = append(b.Members, "serviceAccount:"+email)
	return true
}

func (p policy) remove(role, email string) (changed bool) {
	for _, b := range p.GetBindings() {
		if b.GetRole() != role {
			continue
		}
		before := len(b.GetMembers())
		b.Members = slices.DeleteFunc(b.GetMembers(), func(m string) bool { return isAccount(m, email) })
		changed = changed || len(b.GetMembers()) < before
	}
	p.Bindings = slices.DeleteFunc(p.Bindings, func(b *iampb.Binding) bool { return len(b.GetMembers()) == 0 })
	return changed
}

// topic is a topic of Pub/Sub.
type topic struct {
	client        *pubsub.TopicAdminClient
	project, name string
}

func (t *topic) String() string { return "topic " + t.name }

func (t *topic) resource() string { return "projects/" + t.project + "/topics/" + t.name }

func (t *topic) read(ctx context.Context) (members, error) {
	p, err := t.client.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{
		Resource: t.resource(), Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: policyVersion},
	})
	return policy{p}, err
}

func (t *topic) write(ctx context.Context, m members) error {
	p := m.(policy)
	p.Version = policyVersion
	_, err := t.client.SetIamPolicy(ctx, &iampb.SetIamPolicyRequest{Resource: t.resource(), Policy: p.Policy})
	return err
}

// project is the project itself.
type project struct {
	client *resourcemanager.ProjectsClient
	id     string
}

func (p *project) String() string { return "project " + p.id }

func (p *project) read(ctx context.Context) (members, error) {
	read, err := p.client.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{
		Resource: "projects/" + p.id, Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: policyVersion},
	})
	return policy{read}, err
}

func (p *project) write(ctx context.Context, m members) error {
	changed := m.(policy)
	changed.Version = policyVersion
	_, err := p.client.SetIamPolicy(ctx, &iampb.SetIamPolicyRequest{Resource: "projects/" + p.id, Policy: changed.Policy})
	return err
}

// dataset is a dataset of BigQuery. Its readers have roles/bigquery.dataViewer.
type dataset struct{ *bigquery.Dataset }

// readers are the entries of a dataset's access list.
type readers struct {
	entries []*bigquery.AccessEntry
	etag    string
}

func (d *dataset) String() string { return "dataset " + d.DatasetID }

func (d *dataset) read(ctx context.Context) (members, error) {
	data, err := d.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	return &readers{data.Access, data.ETag}, nil
}

func (d *dataset) write(ctx context.Context, m members) error {
	r := m.(*readers)
	_, err := d.Update(ctx, bigquery.DatasetMetadataToUpdate{Access: r.entries}, r.etag)
	return err
}

func isReader(e *bigquery.AccessEntry, email string) bool {
	return e.Role == bigquery.ReaderRole && e.EntityType == bigquery.UserEmailEntity && e.Entity == email
}

func (r *readers) has(_, email string) bool {
	return slices.ContainsFunc(r.entries, func(e *bigquery.AccessEntry) bool { return isReader(e, email) })
}

func (r *readers) add(_, email string) bool {
	if r.has("", email) {
		return false
	}
	r.entries = append(r.entries, &bigquery.AccessEntry{Role: bigquery.ReaderRole, EntityType: bigquery.UserEmailEntity, Entity: email})
	return true
}

func (r *readers) remove(_, email string) bool {
	before := len(r.entries)
	r.entries = slices.DeleteFunc(r.entries, func(e *bigquery.AccessEntry) bool {
		return isReader(e, email) || e.EntityType == bigquery.IAMMemberEntity && isAccount(e.Entity, email)
	})
	return len(r.entries) < before
}
