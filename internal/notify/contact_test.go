// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// knownOrigins are origins with contacts that tests change.
type knownOrigins struct {
	*answers.DB
	contacts []registry.Contact
}

func (o *knownOrigins) Contacts(context.Context) ([]registry.Contact, error) { return o.contacts, nil }

// newContactsBed returns a testbed with contacts, at the present moment, and a function that
// loads a submission of the origin ci, received some time ago, of which a number of objects
// were rejected.
func newContactsBed(t *testing.T, contacts ...registry.Contact) (h *testbed, submit func(ago time.Duration, objects, rejected int)) {
	t.Helper()
	h = newTestbed(t, nil)
	h.Origins = &knownOrigins{answers.Of(h.store), contacts}
	n := 0
	return h, func(ago time.Duration, objects, rejected int) {
		t.Helper()
		n++
		at := h.clock.Now().Add(-ago)
		r, err := report.Decode(fmt.Appendf(nil, `{"version": {"major": 5, "minor": 3},
			"checkouts": [{"id": "ci:%d", "origin": "ci"}]}`, n))
		if err != nil {
			t.Fatal(err)
		}
		receipt := store.Receipt{ID: fmt.Sprint("s", n), Origin: "ci", Received: at, Finished: at, Objects: objects, Rejected: rejected}
		if _, err := h.store.Load(t.Context(), r, store.LoadOptions{Arrival: at, Receipts: []store.Receipt{receipt}}); err != nil {
			t.Fatal(err)
		}
	}
}

// watch looks at the origins after a while, and sends what there is to tell.
func (h *testbed) watch(after time.Duration) {
	h.t.Helper()
	h.clock.move(after)
	h.step("watch origins", h.WatchOrigins)
	h.work()
}

// TestSilence: the contact of an origin that falls silent gets one mail for each silence.
func TestSilence(t *testing.T) {
	h, submit := newContactsBed(t, registry.Contact{Origin: "ci", Mail: "Ops <ops@ci.example>"}, registry.Contact{Origin: "other", Mail: "other@example.org"})
	for i := range 20 {
		submit(time.Duration(i)*time.Hour, 1, 0)
	}
	h.watch(0)
	if got := h.subjects(); len(got) != 0 {
		t.Fatalf("an origin that sends gets %q", got)
	}
	h.watch(9 * time.Hour)
	h.watch(time.Hour)
	want := []string{"ops@ci.example: ci is silent"}
	if got := h.subjects(); !slices.Equal(got, want) {
		t.Fatalf("after nine hours: %q, want %q", got, want)
	}
	body := string(h.mails.Messages()[0].Data)
	for _, part := range []string{"No results of ci have arrived since", "every 60 minutes", "https://kcidb.example.org/origin/ci", "contact of the origin ci"} {
		if !strings.Contains(body, part) {
			t.Errorf("the mail lacks %q:\n%s", part, body)
		}
	}
	for i := range 20 {
		submit(time.Duration(i)*time.Minute, 1, 0)
	}
	h.watch(24 * time.Hour)
	if got := h.subjects(); len(got) != 2 {
		t.Errorf("after a second silence: %q", got)
	}
}

// TestRejectedShare: the contact gets one mail on a day on which many more objects are
// rejected than usual.
func TestRejectedShare(t *testing.T) {
	for _, test := range []struct {
		name          string
		before, today int // rejected of 100 objects
		want          int
	}{
		{"none", 0, 0, 0},
		{"few", 0, 4, 0},
		{"many", 0, 20, 1},
		{"as always", 20, 20, 0},
		{"risen", 10, 40, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, submit := newContactsBed(t, registry.Contact{Origin: "ci", Mail: "ops@ci.example"})
			for i := range 5 {
				submit(time.Duration(i+2)*24*time.Hour, 100-test.before, test.before)
			}
			submit(time.Hour, 100-test.today, test.today)
			h.watch(0)
			h.watch(watchEvery)
			if got := h.subjects(); len(got) != test.want {
				t.Fatalf("got %q, want %d mails", got, test.want)
			}
			if test.want > 0 && h.subjects()[0] != "ops@ci.example: Objects of ci are rejected" {
				t.Errorf("got %q", h.subjects())
			}
		})
	}
}

// TestContactsHook: the webhook of a contact is called as those of subscriptions are.
func TestContactsHook(t *testing.T) {
	var mu sync.Mutex
	var bodies []string
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		bodies = append(bodies, string(body))
	}))
	defer hook.Close()
	h, submit := newContactsBed(t, registry.Contact{Origin: "ci", Hook: hook.URL})
	submit(time.Hour, 10, 90)
	h.watch(0)
	mu.Lock()
	defer mu.Unlock()
	if len(bodies) != 1 || !strings.Contains(bodies[0], `"object_id":["ci"]`) || !strings.Contains(bodies[0], "90 of 100 objects of ci (90%) were rejected") {
		t.Errorf("the webhook got %q", bodies)
	}
}

// TestContactGone: a contact that was removed gets nothing, and the spool says why.
func TestContactGone(t *testing.T) {
	h, submit := newContactsBed(t, registry.Contact{Origin: "ci", Mail: "ops@ci.example"})
	submit(time.Hour, 10, 90)
	h.step("watch origins", h.WatchOrigins)
	h.Origins.(*knownOrigins).contacts = nil
	h.work()
	list, err := h.Spool.List(t.Context(), listAll)
	if err != nil || len(list) != 1 || list[0].Reason != "the origin has no contact any more" || len(h.subjects()) != 0 {
		t.Errorf("%v %+v %q", err, list, h.subjects())
	}
}
