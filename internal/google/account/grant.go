// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/google"
)

// grant is a role of Google's on a resource.
type grant struct {
	role     string
	resource resource
}

func (g grant) String() string { return fmt.Sprintf("%s on %s", g.role, g.resource) }

// grants returns the grants that roles consist of.
func (a *Accounts) grants(roles ...Role) (all []grant) {
	for _, role := range roles {
		switch role {
		case Submit:
			all = append(all, grant{"roles/pubsub.publisher", &topic{a.topics, a.config.Project, a.config.Topic}})
		case Query:
			all = append(all,
				grant{"roles/bigquery.dataViewer", &dataset{a.bigquery.Dataset(a.config.Dataset)}},
				grant{"roles/bigquery.jobUser", &project{a.projects, a.config.Project}})
		}
	}
	return all
}

// resource has members, which have roles.
type resource interface {
	fmt.Stringer
	// read returns the members, in the state that write refers to.
	read(ctx context.Context) (members, error)
	// write replaces the members. It fails with google.ErrConflict if they were changed
	// since they were read.
	write(ctx context.Context, m members) error
}

// members are the members of a resource. Its methods report whether they changed anything.
type members interface {
	has(role, email string) bool
	add(role, email string) bool
	remove(role, email string) bool
}

const (
	// attempts is how many times a change is tried, and pause how long the first wait
	// before the next is. A new account is known everywhere within a minute or so.
	attempts = 8
	pause    = time.Second
	maxPause = 20 * time.Second
)

// edit changes the members of a resource. It repeats the change if another process changed
// them meanwhile, or if the account is new and not known everywhere.
func (a *Accounts) edit(ctx context.Context, r resource, change func(members) bool) (changed bool, err error) {
	for i, wait := 1, pause; ; i, wait = i+1, min(2*wait, maxPause) {
		changed, err = editOnce(ctx, r, change)
		if err = google.Explain(err); err == nil || i == attempts || !errors.Is(err, google.ErrConflict) && !isUnknown(err) {
			return changed, err
		}
		if err := a.config.Wait(ctx, wait); err != nil {
			return false, err
		}
	}
}

func editOnce(ctx context.Context, r resource, change func(members) bool) (changed bool, err error) {
	m, err := r.read(ctx)
	if err != nil || !change(m) {
		return false, err
	}
	return true, r.write(ctx, m)
}

// isUnknown reports whether a service does not know a new account yet. Google has no code
// for it.
func isUnknown(err error) bool {
	return errors.Is(err, google.ErrInvalid) && strings.Contains(err.Error(), "does not exist")
}
