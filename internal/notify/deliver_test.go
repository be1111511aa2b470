// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/notify/webhook"
	"github.com/kcidb-go/kcidb/internal/secrets"
	"github.com/kcidb-go/kcidb/internal/secrets/secretstest"
	"github.com/kcidb-go/kcidb/internal/spool"
)

const three = `
on: test
match: object.status == "FAIL"
to: ["A <a@example.org>", b@example.org]
cc: [c@example.org]
bcc: [d@example.org]
`

// onlyNotification returns the only notification there is.
func (h *testbed) onlyNotification() spool.Notification {
	h.t.Helper()
	all, err := h.store.Spool().List(h.t.Context(), listAll)
	if err != nil || len(all) != 1 {
		h.t.Fatalf("%d notifications, %v", len(all), err)
	}
	return all[0]
}

// TestRecipients sends to each recipient, and tries each for itself.
func TestRecipients(t *testing.T) {
	h := newTestbed(t, map[string]string{"three.yaml": three})
	h.mails.Refuse("b@example.org", 550, 0)
	h.mails.Refuse("c@example.org", 451, 1)
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	h.work()
	to := func() (all []string) {
		for _, m := range h.mails.Messages() {
			all = append(all, m.To...)
		}
		return all
	}
	if got := fmt.Sprint(to()); got != "[a@example.org d@example.org]" {
		t.Errorf("sent to %s", got)
	}
	h.clock.move(2 * time.Minute)
	h.work()
	if got := fmt.Sprint(to()); got != "[a@example.org d@example.org c@example.org]" {
		t.Errorf("sent to %s", got)
	}
	n := h.onlyNotification()
	if n.State != spool.Done {
		t.Errorf("it is %s", n.State)
	}
	for _, d := range n.Deliveries {
		want := map[bool]string{true: spool.Failed, false: spool.Sent}[d.Recipient == "b@example.org"]
		if d.State != want || (want == spool.Failed) != strings.Contains(d.Error, "550") {
			t.Errorf("%+v", d)
		}
	}
	// All recipients got the same mail, which does not name the hidden recipient.
	first := h.mails.Messages()[0].Data
	for _, m := range h.mails.Messages() {
		if string(m.Data) != string(first) || strings.Contains(string(m.Data), "d@example.org") {
			t.Errorf("%s", m.Data)
		}
	}
	head := h.parse(first).Header
	for name, want := range map[string]string{
		"From": "<kcidb@example.org>", "To": "<a@example.org>, <b@example.org>", "Cc": "<c@example.org>",
		"X-KCIDB-Notification-ID": "three test[ci:t1]", "Auto-Submitted": "auto-generated",
	} {
		if got := head.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if _, ok := head["X-Kcidb-Notification-Message-Id"]; !ok {
		t.Error("no X-KCIDB-Notification-Message-ID")
	}
	text := h.plainText(first)
	for _, want := range []string{"boot", `because of the subscription "three"`, "Reason: ", "To stop it: ", "kcidb.example.org/test/ci:t1"} {
		if !strings.Contains(text, want) {
			t.Errorf("the text lacks %q:\n%s", want, text)
		}
	}
}

// TestServerDown tries again until the server is back.
func TestServerDown(t *testing.T) {
	h := newTestbed(t, map[string]string{"failing.yaml": failing})
	h.mails.Stop()
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	for range 5 {
		h.work()
		h.clock.move(30 * time.Second)
	}
	d := h.onlyNotification().Deliveries[0]
	if d.State != spool.Waiting || d.Attempts != 2 || d.Error == "" {
		t.Errorf("%+v", d)
	}
	if err := h.mails.Restart(); err != nil {
		t.Fatal(err)
	}
	h.clock.move(time.Hour)
	h.work()
	h.expect("dev@example.org: boot :FAIL")
}

// TestGivesUp gives up what cannot be sent for days, and says so.
func TestGivesUp(t *testing.T) {
	h := newTestbed(t, map[string]string{"failing.yaml": failing})
	h.mails.Refuse("DATA", 452, 0)
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	for range 100 {
		h.work()
		h.clock.move(5 * time.Hour)
	}
	d := h.onlyNotification().Deliveries[0]
	if d.State != spool.Failed || d.Attempts != maxAttempts || !strings.Contains(d.Error, "452") {
		t.Errorf("%+v", d)
	}
	// It is sent when an administrator asks for it.
	h.mails.Refuse("DATA", 0, 0)
	if err := h.store.Spool().Resend(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	h.work()
	h.expect("dev@example.org: boot :FAIL")
}

// TestLostAnswer sends a mail again if the answer of the server was lost: the same
// mail, with the same ID.
func TestLostAnswer(t *testing.T) {
	h := newTestbed(t, map[string]string{"failing.yaml": failing})
	h.mails.Drop(1)
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	h.work()
	h.clock.move(2 * time.Minute)
	h.work()
	h.clock.move(24 * time.Hour)
	h.work()
	all := h.mails.Messages()
	if len(all) != 2 || string(all[0].Data) != string(all[1].Data) {
		t.Fatalf("%d mails\n%s", len(all), h.log)
	}
}

// TestDiesBeforeSending goes on where a notifier died that had picked.
func TestDiesBeforeSending(t *testing.T) {
	h := newTestbed(t, map[string]string{"failing.yaml": failing})
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	h.step("consider", h.Consider)
	s := h.store.Spool()
	if picked, err := s.PickNotifications(t.Context(), 1, writePick); err != nil || len(picked) != 1 {
		t.Fatalf("%v, %v", picked, err)
	}
	other := h.notifier("two")
	h.step("write", other.Write)
	h.deliver(other)
	h.expect()
	h.clock.move(writePick + time.Second)
	h.step("write", other.Write)
	if picked, err := s.PickDeliveries(t.Context(), spool.Mail, 1, pick); err != nil || len(picked) != 1 {
		t.Fatalf("%v, %v", picked, err)
	}
	h.deliver(other)
	h.expect()
	h.clock.move(pick + time.Second)
	h.deliver(other)
	h.clock.move(24 * time.Hour)
	h.work()
	h.expect("dev@example.org: boot :FAIL")
}

// TestBudget lists the mails over the budget in one mail, the next day.
func TestBudget(t *testing.T) {
	h := newTestbed(t, map[string]string{
		"failing.yaml": failing + "budget: 2\n",
		"other.yaml":   strings.ReplaceAll(failing, "FAIL", "ERROR"),
	})
	h.clock.set(h.clock.Now().Add(24 * time.Hour).Truncate(24 * time.Hour).Add(time.Hour))
	h.Envelope.Budget = 4
	h.load(aCheckout + "," + aBuild)
	for i, status := range []string{"FAIL", "FAIL", "FAIL", "ERROR", "ERROR", "ERROR"} {
		h.load(aTest(fmt.Sprint("ci:t", i), status))
	}
	h.work()
	count := func(prefix string) (n int) {
		for _, subject := range h.subjects() {
			if strings.HasPrefix(subject, prefix) {
				n++
			}
		}
		return n
	}
	if fails, errors := count("dev@example.org: boot :FAIL"), count("dev@example.org: boot :ERROR"); fails > 2 || fails+errors != 4 {
		t.Errorf("%d FAIL and %d ERROR:\n%s", fails, errors, h.log)
	}
	h.clock.move(24 * time.Hour)
	h.work()
	h.work()
	if n := len(h.mails.Messages()); n != 5 || count("dev@example.org: Digest: 2 more notifications of ") != 1 {
		t.Fatalf("%q", h.subjects())
	}
	text := h.plainText(h.mails.Messages()[4].Data)
	for _, want := range []string{"- boot :", "https://kcidb.example.org/test/ci:t", "budget"} {
		if !strings.Contains(text, want) {
			t.Errorf("the digest lacks %q:\n%s", want, text)
		}
	}
}

// TestTemplateFails sends the standard text where a template fails.
func TestTemplateFails(t *testing.T) {
	for name, body := range map[string]string{
		"fails": `{{index .Object.Compatible 7}}`,
		"loops": `{{define "x"}}{{template "x" .}}{{end}}{{template "x" .}}`,
		"range": `{{range 1000000}}{{range 1000000}}{{end}}{{end}}`,
		"large": `{{range 100000}}{{range 100}}xxxxxxxxxxxxxxxxxxxxx{{end}}{{end}}`,
	} {
		t.Run(name, func(t *testing.T) {
			// The template fails for this object only, so reading the file does not
			// find it.
			h := newTestbed(t, map[string]string{"failing.yaml": failing + "body: '{{if .Object.Path}}" + body + "{{end}}'\n"})
			if problems := h.Folder.Problems(); name == "loops" {
				if len(problems) == 0 {
					t.Error("nobody noticed that a template calls itself")
				}
				return
			}
			h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
			h.work()
			if len(h.mails.Messages()) != 1 {
				t.Fatalf("no mail:\n%s", h.log)
			}
			if text := h.plainText(h.mails.Messages()[0].Data); !strings.Contains(text, "template") || !strings.Contains(text, "boot") {
				t.Errorf("%s", text)
			}
		})
	}
}

// TestHostile: no text of a report gets into the header of a mail.
func TestHostile(t *testing.T) {
	h := newTestbed(t, map[string]string{"hostile.yaml": `
on: checkout
match: "true"
to: [dev@example.org]
subject: "{{.Object.Tree}}"
body: "{{.Object.Remark}}"
`})
	h.load(`"checkouts": [{"id": "ci:c1\r\nBcc: x@example.org", "origin": "ci", "tree_name": "x\r\nBcc: victim@example.org\r\n\r\nhello\u0007\u202e",
		"comment": "` + strings.Repeat(`\u001b[31mlong `, 1_000_000) + `"}]`)
	h.work()
	m := h.mails.Messages()[0]
	head := h.parse(m.Data).Header
	if head.Get("Bcc") != "" || len(head["Subject"]) != 1 || strings.ContainsAny(head.Get("Subject"), "\r\n\a") {
		t.Errorf("%q", head)
	}
	text := h.plainText(m.Data)
	if n := len([]rune(text)); n > 65536+100 || !strings.Contains(text, "hostile") || strings.Contains(text, "\x1b") {
		t.Errorf("a text of %d characters: ...%s", n, text[len(text)-500:])
	}
}

// TestThreads has messages about a revision belong together.
func TestThreads(t *testing.T) {
	h := newTestbed(t, map[string]string{
		"failing.yaml":  failing,
		"revision.yaml": "on: revision\nselect: {tree: next}\nto: [dev@example.org]\n",
	})
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	h.work()
	all := h.mails.Messages()
	if len(all) != 2 {
		t.Fatalf("%d mails", len(all))
	}
	one, two := h.parse(all[0].Data).Header, h.parse(all[1].Data).Header
	if one.Get("In-Reply-To") == "" || one.Get("In-Reply-To") != two.Get("In-Reply-To") || one.Get("Message-ID") == two.Get("Message-ID") {
		t.Errorf("%q\n%q", one, two)
	}
}

// TestOverride sends all to one address.
func TestOverride(t *testing.T) {
	h := newTestbed(t, map[string]string{"three.yaml": three})
	h.Envelope.Override, h.Envelope.Cc = "staging@example.org", []string{"all@example.org"}
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	h.work()
	if all := h.mails.Messages(); len(all) != 1 || fmt.Sprint(all[0].To) != "[staging@example.org]" {
		t.Errorf("%+v", all)
	}
}

// TestOtherWays sends to a webhook, which is signed, and into a feed.
func TestOtherWays(t *testing.T) {
	var got struct {
		Subscription string   `json:"subscription"`
		Type         string   `json:"object_type"`
		ID           []string `json:"object_id"`
		Subject      string
		URL          string
	}
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if !webhook.Verify("s3cret", r.Header.Get(webhook.HeaderTimestamp), r.Header.Get(webhook.HeaderSignature), body) {
			t.Error("the signature is wrong")
		}
		if calls++; calls == 1 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	h := newTestbed(t, map[string]string{
		"secret":        "s3cret\n",
		"webhooks.yaml": "ops: {url: " + server.URL + "/x, secret_file: secret}\n",
		"failing.yaml":  strings.Replace(failing, "to: [dev@example.org]", "via: [webhook:ops, feed]", 1),
	})
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	h.work()
	h.clock.move(2 * time.Minute)
	h.work()
	if calls != 2 || got.Subscription != "failing" || got.Type != "test" || fmt.Sprint(got.ID) != "[ci:t1]" || got.Subject != "boot :FAIL" ||
		got.URL != "https://kcidb.example.org/test/ci:t1" {
		t.Errorf("%d calls, %+v\n%s", calls, got, h.log)
	}
	if feed, err := h.store.Spool().Feed(t.Context(), "failing", 10); err != nil || len(feed) != 1 || feed[0].Subject != "boot :FAIL" {
		t.Errorf("%v, %v", feed, err)
	}
}

// TestHookRefersToSecret calls a webhook whose secret is in Secret Manager. While the
// secret cannot be read, the call waits. A secret that was replaced is used without a
// change of the folder.
func TestHookRefersToSecret(t *testing.T) {
	const name = "projects/p/secrets/ops"
	manager := secretstest.Start(t)
	var signed []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		for _, key := range []string{"first", "second"} {
			if webhook.Verify(secret.Text(key), r.Header.Get(webhook.HeaderTimestamp), r.Header.Get(webhook.HeaderSignature), body) {
				signed = append(signed, key)
			}
		}
	}))
	defer server.Close()
	h := newTestbed(t, map[string]string{
		"webhooks.yaml": "ops: {url: " + server.URL + "/x, secret: 'gcp-secret:" + name + "'}\n",
		"failing.yaml":  strings.Replace(failing, "to: [dev@example.org]", "via: [webhook:ops]", 1),
	})
	h.Secrets = &secrets.Keeper{Log: h.Log}
	defer h.Secrets.Close()
	work := func(want ...string) {
		t.Helper()
		h.work()
		if diff := cmp.Diff(want, signed); diff != "" {
			t.Errorf("-want +got:\n%s\n%s", diff, h.log)
		}
	}
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	work()
	if !strings.Contains(h.log.String(), "gcloud secrets versions add ops") {
		t.Errorf("the log does not say what to do:\n%s", h.log)
	}
	manager.Add(name, "first")
	h.clock.move(5 * time.Minute)
	work("first")
	manager.Add(name, "second")
	h.Secrets.Look(t.Context())
	h.load(aTest("ci:t2", "FAIL"))
	work("first", "second")
	if text := h.log.String(); strings.Contains(text, "=first") || strings.Contains(text, "=second") {
		t.Errorf("the log has the secret:\n%s", text)
	}
}

// TestNoServer keeps mails until there is a mail server, however long that is.
func TestNoServer(t *testing.T) {
	h := newTestbed(t, map[string]string{"failing.yaml": failing})
	sender := h.Mail
	h.Mail = nil
	h.load(aCheckout + "," + aBuild + "," + aTest("ci:t1", "FAIL"))
	for range 2 * maxAttempts {
		h.work()
		h.clock.move(5 * time.Hour)
	}
	h.Mail = sender
	h.work()
	h.expect("dev@example.org: boot :FAIL")
}
