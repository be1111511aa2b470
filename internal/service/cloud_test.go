// SPDX-License-Identifier: Apache-2.0

package service

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/notify/mail/mailtest"
	"github.com/kcidb-go/kcidb/internal/queue"
	queues "github.com/kcidb-go/kcidb/internal/queue/all"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub/pubsubtest"
	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/spool"
	"github.com/kcidb-go/kcidb/internal/spool/firestore"
	"github.com/kcidb-go/kcidb/internal/spool/firestore/firestoretest"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/internal/store/bigquery/bigquerytest"
	"github.com/kcidb-go/kcidb/internal/store/storebench"
	"github.com/kcidb-go/kcidb/internal/testing/address"
	"github.com/kcidb-go/kcidb/internal/testing/eventually"
	"github.com/kcidb-go/kcidb/internal/web/tasks/taskstest"
)

// TestCloud runs the whole service as on Google Cloud: submissions by Pub/Sub, objects in
// BigQuery, the loaded topic, notifications in Firestore, mails by SMTP. Processes with
// the role web alone do the work when a scheduler calls, and are killed at any moment.
//
// In the end the database has exactly the objects that were submitted, and each build has
// one notification. A mail comes twice only if a process died between sending the mail
// and noting so.
func TestCloud(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes most of a minute; its parts are tested elsewhere")
	}
	t.Run("sqlite", func(t *testing.T) { testCloud(t, "sqlite:"+filepath.Join(t.TempDir(), "kcidb.db"), 30, 8, time.Second) })
	// The server for tests takes a second or so for each query.
	t.Run("bigquery", func(t *testing.T) { testCloud(t, bigquerytest.Spec(t), 5, 3, 5*time.Second) })
}

// testCloud submits submissions with so many builds, and kills so many processes, each
// after some part of a time.
func testCloud(t *testing.T, database string, builds, kills int, life time.Duration) {
	texts := someSubmissions(t, builds)
	notified := buildsIn(t, texts)
	c := startCloud(t, database)
	for i := range c.instances {
		c.startInstance(i)
	}
	var people sync.WaitGroup
	stop := make(chan struct{})
	for _, task := range []string{"load", "notify", "send"} {
		people.Go(func() { c.schedule(task, stop) })
	}
	people.Go(func() { c.killAndStart(life, stop) })
	ids := c.submit(texts)
	eventually.True(t, "enough processes are killed", func() bool { return c.kills.Load() >= int64(kills) })
	close(stop)
	people.Wait()

	// The time of what killed processes had taken is over for a process whose clock is
	// ahead.
	t.Setenv(aheadVariable, "1h")
	c.instances[0].kill()
	c.startInstance(0)
	c.finish(ids, len(notified))
	c.checkObjects(texts, ids)
	c.checkMails(notified)
}

// cloud is the servers, which run in this process and are not killed, and the processes
// of the service.
type cloud struct {
	*testing.T
	database  string
	store     store.Store
	queue     queue.Queue
	spool     *firestore.Spool
	mails     *mailtest.Server
	google    *caller
	config    string
	log       *os.File
	instances [2]instance
	kills     atomic.Int64
	work      atomic.Int64 // calls that did something
}

// instance is a process of the service.
type instance struct {
	listen string
	*process
}

func (i *instance) url() string { return "http://" + i.listen }

// Specifications of the test. Ten seconds is the shortest deadline that Pub/Sub allows.
const (
	cloudQueue  = "pubsub:project/kcidb_new?deadline=10"
	cloudLoaded = "pubsub:project/kcidb_loaded?deadline=10"
)

func startCloud(t *testing.T, database string) *cloud {
	c := &cloud{T: t, database: database, mails: mailtest.Start(t, mailtest.Options{}), google: &caller{taskstest.NewSigner(t)}}
	t.Setenv(google.PubSubEmulator, pubsubtest.Start(t).Address)
	t.Setenv(google.FirestoreEmulator, firestoretest.Start(t).Addr)
	t.Setenv(keysVariable, string(c.google.signer.Keys(t)))

	opened, err := all.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Close() })
	c.store, _ = store.As[store.Store](opened)
	if err := c.store.Init(t.Context(), store.Version{}); err != nil {
		t.Fatal(err)
	}
	if c.queue, err = queues.Open(t.Context(), cloudQueue, queues.Options{Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.queue.Close() })
	if c.spool, err = firestore.Open(t.Context(), "project"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.spool.Close() })

	subscriptions := t.TempDir()
	err = os.WriteFile(filepath.Join(subscriptions, "builds.yaml"), []byte("on: build\nmatch: 'true'\nto: [dev@example.org]\n"), 0o666)
	if err != nil {
		t.Fatal(err)
	}
	if c.log, err = os.Create(filepath.Join(t.TempDir(), "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.log.Close()
		if text, err := os.ReadFile(c.log.Name()); t.Failed() && err == nil {
			t.Logf("the end of the log:\n%s", text[max(0, len(text)-20_000):])
		}
	})
	c.config = fmt.Sprintf("roles: web\ndata: ''\ndatabase: '%s'\nqueue: '%s'\nloaded: '%s'\nspool: firestore:project\n"+
		"subscriptions: '%s'\nsmtp: '%s'\nmail_budget: 0\ntasks_audience: %s\ntasks_accounts: %s\napi_rate: 0\n",
		database, cloudQueue, cloudLoaded, subscriptions, c.mails.URL(), audience, scheduler)
	for i := range c.instances {
		c.instances[i].listen = address.Reserve(t)
	}
	return c
}

// startInstance starts a process, and waits until it answers.
func (c *cloud) startInstance(i int) {
	in := &c.instances[i]
	in.process = startProcess(c, c.config+"listen: "+in.listen+"\n", in.url(), c.log)
}

// schedule calls a task of any process again and again.
func (c *cloud) schedule(task string, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(200 * time.Millisecond):
			in := &c.instances[rand.IntN(len(c.instances))]
			if did, err := c.call(in, task, 2); err == nil && did > 0 {
				c.work.Add(1)
			}
		}
	}
}

// call calls a task, and returns how much it did. It returns an error if the process dies.
func (c *cloud) call(in *instance, task string, seconds int) (did int, err error) {
	r := request(c, "POST", fmt.Sprint(in.url(), "/tasks/", task, "?seconds=", seconds), strings.NewReader("{}"),
		"Authorization", "Bearer "+c.google.signer.Token(c, audience, scheduler, nil))
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	if answer.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: %d %s", task, answer.StatusCode, body)
	}
	var numbers map[string]int
	err = json.Unmarshal(body, &numbers)
	for _, n := range numbers {
		did += n
	}
	return did, err
}

// killAndStart kills a process after a part of a time, and starts it again.
func (c *cloud) killAndStart(life time.Duration, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(life/5 + rand.N(life)):
			i := rand.IntN(len(c.instances))
			c.instances[i].kill()
			c.kills.Add(1)
			c.startInstance(i)
		}
	}
}

// someSubmissions returns small submissions with so many builds: real ones if they are
// beside the repository.
func someSubmissions(t *testing.T, builds int) (texts [][]byte) {
	all, err := storebench.Real()
	if err != nil {
		t.Log("generated submissions, because there are no real ones: ", err)
		for r := range sample.Reports(sample.Options{Checkouts: 4}) {
			all = append(all, r.AppendJSON(nil))
		}
	}
	for _, text := range all {
		if n := len(decodeReport(t, string(text)).Builds); len(text) < 100_000 && n < builds {
			texts = append(texts, text)
			if builds -= n; builds == 1 {
				break
			}
		}
	}
	return texts
}

// submit publishes submissions, every second one as the Python client does, and returns
// their IDs.
func (c *cloud) submit(texts [][]byte) (ids []string) {
	python, err := pubsub.NewClient(c.Context(), "project", google.GRPC(google.PubSubEmulator)...)
	if err != nil {
		c.Fatal(err)
	}
	defer python.Close()
	topic := python.Publisher("kcidb_new")
	for i, text := range texts {
		id := arrival.NewID()
		if i%2 == 0 {
			err = c.queue.Publish(c.Context(), queue.Message{ID: id, Received: time.Now(), Data: text})
		} else {
			id, err = topic.Publish(c.Context(), &pubsub.Message{Data: text}).Get(c.Context())
		}
		if err != nil {
			c.Fatal(err)
		}
		ids = append(ids, id)
		time.Sleep(20 * time.Millisecond)
	}
	return ids
}

// finish calls all tasks until all submissions are loaded and all notifications sent.
func (c *cloud) finish(ids []string, notifications int) {
	c.Helper()
	left := errors.New("nothing was tried")
	for end := time.Now().Add(8 * time.Minute); left != nil && time.Now().Before(end); {
		left = nil
		for _, task := range []string{"load", "notify", "send"} {
			if _, err := c.call(&c.instances[0], task, 60); err != nil {
				c.Error(err)
			}
		}
		for _, id := range ids {
			if receipt, err := c.store.Receipt(c.Context(), id); err != nil || receipt.Failure != "" {
				left = fmt.Errorf("submission %s: %+v, %w", id, receipt, err)
			}
		}
		stats, err := c.spool.Stats(c.Context())
		if err != nil {
			c.Fatal(err)
		}
		if len(c.notifications()) < notifications || stats.Waiting+stats.Ready > 0 {
			left = fmt.Errorf("%d notifications of %d, %+v", len(c.notifications()), notifications, stats)
		}
	}
	if left != nil {
		c.Fatal(left)
	}
}

// notifications returns all notifications.
func (c *cloud) notifications() []spool.Notification {
	c.Helper()
	all, err := c.spool.List(c.Context(), spool.Filter{Limit: 100_000})
	if err != nil {
		c.Fatal(err)
	}
	return all
}

// checkObjects compares the database with one that all submissions were loaded into.
func (c *cloud) checkObjects(texts [][]byte, ids []string) {
	other, err := all.Open(c.Context(), "sqlite:"+filepath.Join(c.TempDir(), "want.db"))
	if err != nil {
		c.Fatal(err)
	}
	defer other.Close()
	if err := other.Init(c.Context(), store.Version{}); err != nil {
		c.Fatal(err)
	}
	for i, text := range texts {
		receipt, err := c.store.Receipt(c.Context(), ids[i])
		if err != nil {
			c.Fatal(err)
		}
		r := decodeReport(c, string(text))
		r.SetTimestamps(receipt.Received)
		if _, err := other.Load(c.Context(), r, store.LoadOptions{Metadata: true}); err != nil {
			c.Fatal(err)
		}
	}
	want, got := dumpLines(c, other), dumpLines(c, c.store)
	if len(want) != len(got) {
		c.Errorf("%d objects, want %d", len(got), len(want))
	}
	wrong := 0
	for key, text := range want {
		if got[key] != text {
			if wrong++; wrong < 5 {
				c.Errorf("%s is %s, want %s", key, got[key], text)
			}
		}
	}
	c.Logf("%d submissions, %d objects, %d processes killed, %d calls that did something", len(ids), len(got), c.kills.Load(), c.work.Load())
}

// dumpLines returns the objects of a database, as texts by list and ID.
func dumpLines(t testing.TB, s store.Sink) map[string]string {
	t.Helper()
	lines := map[string]string{}
	for r, err := range s.Dump(t.Context(), store.DumpOptions{Metadata: true}) {
		if err != nil {
			t.Fatal(err)
		}
		var lists map[string]any
		decoder := json.NewDecoder(bytes.NewReader(r.AppendJSON(nil)))
		decoder.UseNumber()
		if err := decoder.Decode(&lists); err != nil {
			t.Fatal(err)
		}
		for list, objects := range lists {
			objects, _ := objects.([]any)
			for _, o := range objects {
				o := o.(map[string]any)
				text, err := json.Marshal(o) // with the members in order
				if err != nil {
					t.Fatal(err)
				}
				lines[fmt.Sprint(list, " ", o["id"], " ", o["version"])] = string(text)
			}
		}
	}
	return lines
}

// buildsIn returns the IDs of the builds in submissions, each once.
func buildsIn(t testing.TB, texts [][]byte) (ids []string) {
	for _, text := range texts {
		for _, b := range decodeReport(t, string(text)).Builds {
			ids = append(ids, b.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// checkMails checks that each build has one notification, and that it was sent.
func (c *cloud) checkMails(builds []string) {
	var got []string
	for _, n := range c.notifications() {
		got = append(got, n.Object.ID[0])
		if n.State != spool.Done || len(n.Deliveries) != 1 || n.Deliveries[0].State != spool.Sent {
			c.Errorf("%+v", n)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, builds) {
		c.Errorf("notifications of %q, want %q", got, builds)
	}
	sent, all := map[string]int{}, c.mails.Messages()
	for _, m := range all {
		sent[parseMail(c.T, m.Data).Get("X-KCIDB-Notification-ID")]++
	}
	twice, kills := len(all)-len(sent), int(c.kills.Load())
	if len(sent) != len(builds) || twice > kills {
		c.Errorf("mails of %d notifications, want %d; %d came again after %d kills", len(sent), len(builds), twice, kills)
	}
	c.Logf("%d notifications, %d mails came twice", len(got), twice)
}
