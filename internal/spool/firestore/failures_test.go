// SPDX-License-Identifier: Apache-2.0

package firestore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/firestore/firestoretest"
	"github.com/kcidb-go/kcidb/object"
)

// noon is the time of tests.
var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// start returns a spool at noon, and its server.
func start(t *testing.T) (*Spool, *firestoretest.Server) {
	t.Helper()
	server := firestoretest.Start(t)
	return open(t, server.Addr, "test", func() time.Time { return noon }), server
}

// alone leaves a test of one goroutine out of short runs, which look for races.
func alone(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("one goroutine")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestParse(t *testing.T) {
	for specification, want := range map[string]string{
		"p":                "p (default) notifications",
		"p/d":              "p d notifications",
		"p?collection=c":   "p (default) c",
		"p/d?collection=c": "p d c",
		"":                 " (default) notifications",
		"p/":               "want firestore:",
		"p/d/e":            "want firestore:",
		"p?collection=":    "want firestore:",
		"p?collection=a/b": "want firestore:",
		"p?colection=c":    "no option \"colection\"",
		"p?%zz":            "invalid URL escape",
	} {
		project, database, collection, err := Parse(specification)
		got := fmt.Sprintf("%s %s %s", project, database, collection)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", specification, got, want)
		}
	}
}

// many returns a settlement that takes several commits.
func many() spool.Settlement {
	s := spool.Settlement{
		Batches:    []string{"a", "b"},
		Considered: []spool.Considered{{Subscription: "s", Day: "2026-03-04", Objects: 1, Matched: 1}},
	}
	for i := range 1000 {
		test := object.TestRef(fmt.Sprint("ci:", i))
		s.Notifications = append(s.Notifications, spool.NewNotification{Identity: spool.Identity{Subscription: "s", Object: test}, Changed: noon})
		s.Statuses = append(s.Statuses, spool.Status{Object: test, Status: "FAIL", At: noon})
	}
	return s
}

// TestSettleDies: a process that dies between the commits of a settlement leaves batches
// that are settled again, and a status only if the notification exists.
func TestSettleDies(t *testing.T) {
	alone(t)
	settlement := many()
	for commits := 1; ; commits++ {
		s, server := start(t)
		var done atomic.Int64
		dead := errors.New("dead")
		server.Fail = func(call string, after bool) error {
			if call == "Commit" && !after && done.Add(1) == int64(commits) {
				return status.Error(codes.InvalidArgument, dead.Error())
			}
			return nil
		}
		err := s.Settle(t.Context(), settlement)
		if err == nil {
			if commits < 5 {
				t.Errorf("the settlement took %d commits: it is too small for this test", commits-1)
			}
			return
		}
		refs := make([]object.Ref, len(settlement.Statuses))
		for i, st := range settlement.Statuses {
			refs[i] = st.Object
		}
		statuses, err := s.Statuses(t.Context(), refs)
		must(t, err)
		made, err := s.Stats(t.Context())
		must(t, err)
		if len(statuses) > 0 && made.Waiting < int64(len(settlement.Notifications)) {
			t.Errorf("after %d commits: %d statuses, though only %d notifications exist", commits-1, len(statuses), made.Waiting)
		}
		must(t, s.Settle(t.Context(), settlement))
		check(t, s)
	}
}

// TestSettleAnswersLost: whether a commit happened or not if its answer is lost, the
// settlement happens once.
func TestSettleAnswersLost(t *testing.T) {
	alone(t)
	s, server := start(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	server.Fail = func(call string, after bool) error { // calls come one after the other
		if call == "Commit" && random.IntN(3) == 0 {
			return status.Error(codes.Aborted, "lost")
		}
		return nil
	}
	if err := s.Settle(t.Context(), many()); err != nil && !errors.Is(err, spool.ErrTaken) {
		t.Fatal(err)
	}
	check(t, s)
}

// check expects that the settlement of many happened once.
func check(t *testing.T, s *Spool) {
	t.Helper()
	made, err := s.Stats(t.Context())
	must(t, err)
	counters, err := s.Counters(t.Context(), "")
	must(t, err)
	if made.Waiting != 1000 || len(counters) != 1 || counters[0].Matched != 1 {
		t.Errorf("%d notifications, counters %+v", made.Waiting, counters)
	}
	if err := s.Settle(t.Context(), many()); !errors.Is(err, spool.ErrTaken) {
		t.Errorf("settled again: %v", err)
	}
}

// TestErrors: an error says what to do.
func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		err   error
		means error
		kind  errkind.Kind
		says  string
	}{
		"forbidden":   {status.Error(codes.PermissionDenied, "Permission datastore.entities.get denied"), google.ErrForbidden, errkind.Broken, "roles/datastore.user"},
		"credentials": {status.Error(codes.Unauthenticated, "no"), google.ErrCredentials, errkind.Broken, "GOOGLE_APPLICATION_CREDENTIALS"},
		"project":     {status.Error(codes.NotFound, "Requested project not found or user does not have access to it (project=test)"), google.ErrProject, errkind.Broken, "name of the project"},
		"database":    {status.Error(codes.NotFound, "The database (default) does not exist for project test"), google.ErrProject, errkind.Broken, "gcloud firestore databases create"},
		"index":       {status.Error(codes.FailedPrecondition, "The query requires an index"), google.ErrProject, errkind.Broken, "deploy/google"},
		"aborted":     {status.Error(codes.Aborted, "contention"), google.ErrConflict, errkind.Busy, "contention"},
	} {
		s, server := start(t)
		server.Fail = func(string, bool) error { return c.err }
		_, err := s.Routes(t.Context())
		if !errors.Is(err, c.means) || errkind.Of(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.says) || !strings.Contains(fmt.Sprint(err), "routes") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestHTMLTooLong: HTML that does not fit into a document is left out.
func TestHTMLTooLong(t *testing.T) {
	alone(t)
	s, _ := start(t)
	var html strings.Builder
	random := rand.New(rand.NewPCG(1, 2))
	for range 1_000_000 {
		html.WriteByte(byte('!' + random.IntN(90)))
	}
	id := spool.Identity{Subscription: "s", Object: object.TestRef("ci:1")}
	must(t, s.Settle(t.Context(), spool.Settlement{Notifications: []spool.NewNotification{{Identity: id, Changed: noon}}}))
	picked, err := s.PickNotifications(t.Context(), 1, time.Minute)
	must(t, err)
	must(t, s.MarkReady(t.Context(), &picked[0], spool.Rendered{Body: "all of it", HTML: html.String()}))
	if n, err := s.Get(t.Context(), picked[0].Number); err != nil || n.HTML != "" || n.Body != "all of it" {
		t.Errorf("%d bytes of HTML, %q, %v", len(n.HTML), n.Body, err)
	}
}

// TestLongDigest: a digest lists as many mails as fit into a commit, and the next day's
// digest the others.
func TestLongDigest(t *testing.T) {
	alone(t)
	s, _ := start(t)
	const mails = mostHeld + 3
	var settlement spool.Settlement
	for i := range mails + 1 {
		settlement.Notifications = append(settlement.Notifications, spool.NewNotification{
			Identity: spool.Identity{Subscription: "s", Object: object.TestRef(fmt.Sprint("ci:", i))}, Changed: noon,
		})
	}
	must(t, s.Settle(t.Context(), settlement))
	picked, err := s.PickNotifications(t.Context(), mails+1, time.Minute)
	must(t, err)
	for i := range picked {
		must(t, s.MarkReady(t.Context(), &picked[i], spool.Rendered{Recipients: []spool.Recipient{{Via: spool.Mail, Address: "a@x", Budget: 1}}}))
	}
	for day, want := range []int{mostHeld, 3} {
		s.Now = func() time.Time { return noon.AddDate(0, 0, day+1) }
		digests, err := s.PickNotifications(t.Context(), 2, time.Minute)
		must(t, err)
		if len(digests) != 1 {
			t.Fatalf("%d digests are due after %d days, want one", len(digests), day+1)
		}
		held, err := s.HeldFor(t.Context(), &digests[0])
		must(t, err)
		if len(held) != want {
			t.Errorf("the digest after %d days lists %d mails, want %d", day+1, len(held), want)
		}
		must(t, s.MarkReady(t.Context(), &digests[0], spool.Rendered{Digested: held, Recipients: []spool.Recipient{{Via: spool.Mail, Address: "a@x"}}}))
	}
}

// TestNumbers: a number is part of the document's ID, so it finds its notification. If two
// notifications have the same number, the error says so.
func TestNumbers(t *testing.T) {
	s, _ := start(t)
	id := strings.Repeat("f", 40)
	for _, id := range []string{id, id[:numberDigits] + strings.Repeat("0", 27), strings.Repeat("0", 40)} {
		w := s.newWrites()
		w.create(s.notifications.Doc(id), notification{State: spool.Done, Message: id})
		_, err := w.commit(t.Context())
		must(t, err)
	}
	if n, err := s.Get(t.Context(), 0); err != nil || n.Number != 0 {
		t.Errorf("%+v, %v", n, err)
	}
	if _, err := s.Get(t.Context(), numberOf(id)); err == nil || !strings.Contains(err.Error(), "two notifications have the number 4503599627370495") {
		t.Errorf("got %v", err)
	}
	for _, number := range []int64{-1, 1, 1 << 62} {
		if _, err := s.Get(t.Context(), number); !errors.Is(err, spool.ErrNotFound) {
			t.Errorf("%d: %v", number, err)
		}
	}
}
