// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"log/slog"
	"slices"
	"sync"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
)

// Folder is a folder of subscriptions whose files may change. The subscription of a
// file that becomes wrong stays as it was. A Folder may be used concurrently.
type Folder struct {
	mu       sync.Mutex
	follower *subscription.Follower
	current  *subscription.Folder
}

// NewFolder returns the folder that a follower reads.
func NewFolder(f *subscription.Follower) *Folder { return &Folder{follower: f} }

// Audience are subscriptions of a folder by the results that they are about.
type Audience int

// The audiences. A service without private origins serves Everyone.
const (
	Everyone  Audience = iota // all subscriptions
	Outsiders                 // those that get public results only
	Insiders                  // those that get private results as well
)

// of returns the subscriptions of a folder that belong to the audience.
func (a Audience) of(f *subscription.Folder) *subscription.Folder {
	if a == Everyone {
		return f
	}
	part := *f
	part.Subscriptions = slices.DeleteFunc(slices.Clone(f.Subscriptions), func(s *subscription.Subscription) bool { return s.Private != (a == Insiders) })
	return &part
}

// Current returns the subscriptions as the files are now, and logs changes.
func (f *Folder) Current(log *slog.Logger) (*subscription.Folder, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	read, changed, err := f.follower.Reload()
	if err != nil {
		if f.current == nil {
			return nil, err
		}
		log.Error("cannot read the subscriptions; they stay as they were", "error", err)
		return f.current, nil
	}
	if !changed && f.current != nil {
		return f.current, nil
	}
	for _, p := range read.Problems {
		log.Error("a subscription has a mistake", "problem", p.String())
	}
	next := *read
	if f.current != nil {
		next.Subscriptions = keepGood(read, f.current)
	}
	log.Info("subscriptions read", "good", len(next.Subscriptions), "problems", len(next.Problems))
	f.current = &next
	return f.current, nil
}

// keepGood returns the subscriptions that were read, and the subscriptions of files
// that are wrong now and were not before.
func keepGood(read, before *subscription.Folder) []*subscription.Subscription {
	all := slices.Clone(read.Subscriptions)
	for _, old := range before.Subscriptions {
		bad := slices.ContainsFunc(read.Problems, func(p subscription.Problem) bool { return p.File == old.File })
		kept := slices.ContainsFunc(all, func(s *subscription.Subscription) bool { return s.Name == old.Name })
		if bad && !kept {
			all = append(all, old)
		}
	}
	return all
}

// Problems returns the mistakes in the files, as of the last time they were read.
func (f *Folder) Problems() []subscription.Problem {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current == nil {
		return nil
	}
	return f.current.Problems
}

// Options returns how subscriptions are read: with the standard texts, and with the
// data that templates get.
func Options() subscription.Options {
	return subscription.Options{
		Templates: describe.Templates(),
		Data: func(s *subscription.Subscription, o graph.Object) any {
			return &describe.Data{Object: o, Subscription: s.Name, About: s.About, Base: "https://kcidb.example.org"}
		},
	}
}
