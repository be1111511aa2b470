// SPDX-License-Identifier: Apache-2.0

package subscription_test

import (
	"testing"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
)

// standard are the options of a service.
func standard() subscription.Options {
	return subscription.Options{
		Templates: describe.Templates(),
		Data: func(s *subscription.Subscription, o graph.Object) any {
			return &describe.Data{Object: o, Subscription: s.Name}
		},
	}
}

func TestExamples(t *testing.T) {
	folder, err := subscription.Load("../../../examples/subscriptions", standard())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range folder.Problems {
		t.Error(p)
	}
	if len(folder.Subscriptions) < 12 {
		t.Errorf("%d subscriptions", len(folder.Subscriptions))
	}
	for _, s := range folder.Subscriptions {
		if s.Reason(nil) == "" {
			t.Errorf("%s: no reason", s.Name)
		}
	}
}
