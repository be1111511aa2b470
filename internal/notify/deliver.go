// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/pageurl"
	"github.com/kcidb-go/kcidb/internal/store/spool"
)

// Delivery is tried again after a minute, and after twice as long each time, for
// some two days.
const (
	retryFirst  = time.Minute
	retryMost   = 4 * time.Hour
	maxAttempts = 20
)

// errNoServer is why mails wait until there is a mail server.
var errNoServer noServer

type noServer struct{}

func (noServer) Error() string             { return "no mail server is configured: set smtp" }
func (noServer) Down() bool                { return true }
func (noServer) RetryAfter() time.Duration { return retryFirst }

// Deliver starts a worker for each way that has something to deliver, is not closed
// and has no worker yet. It does not wait for them: they end by themselves, or with
// ctx.
func (n *Notifier) Deliver(ctx context.Context) (more bool, err error) {
	names, err := n.Spool.Ways(ctx)
	if err != nil {
		return false, err
	}
	if n.ways.idle(names, n.Now()) {
		waiting, err := n.Spool.WaysWaiting(ctx)
		if err != nil {
			return false, err
		}
		n.ways.forget(waiting, n.Now())
	}
	for _, name := range n.ways.take(names, n.Now()) {
		n.ways.workers.Go(func() {
			err := guard(func() error { return n.deliverBy(ctx, name) })
			if err != nil && ctx.Err() == nil {
				n.Log.Error("cannot deliver, and will try again", "via", name, "error", err, "stack", stackOf(err))
			}
			n.ways.release(name, n.Now())
		})
	}
	return false, nil
}

// deliverBy delivers what is due by one way, until nothing is, the way is closed, or
// its turn is over. It takes one delivery at a time, so that it holds nothing back
// while the receiver lets it wait.
func (n *Notifier) deliverBy(ctx context.Context, name string) error {
	for end := n.Now().Add(turn); ctx.Err() == nil && n.Now().Before(end); {
		picked, err := n.Spool.PickDeliveries(ctx, name, 1, pick)
		if err != nil || len(picked) == 0 {
			return err
		}
		d := picked[0]
		failed := guard(func() error { return n.send(ctx, d) })
		if err := n.note(ctx, d, failed); err != nil && !errors.Is(err, spool.ErrTaken) {
			return err
		}
		if ctx.Err() == nil && n.closes(name, failed) {
			return nil
		}
	}
	return nil
}

// closes reports whether a failure closes the way.
func (n *Notifier) closes(name string, failed error) bool {
	var down interface{ Down() bool }
	if !errors.As(failed, &down) || !down.Down() {
		n.ways.passed(name)
		return false
	}
	pause := n.ways.failed(name, n.Now(), retryAfter(failed), failed.Error())
	if pause > 0 {
		n.Log.Warn("nothing gets through, and nothing more is sent for a while", "via", name, "error", failed, "for", pause)
	}
	return pause > 0
}

// retryAfter is for how long the receiver asks to be left alone, 0 if it does not.
func retryAfter(failed error) time.Duration {
	var patient interface{ RetryAfter() time.Duration }
	if errors.As(failed, &patient) {
		return patient.RetryAfter()
	}
	return 0
}

// note notes what became of a delivery.
func (n *Notifier) note(ctx context.Context, d *spool.Sending, failed error) error {
	stopped := ctx.Err() != nil
	// What was sent is noted, although the service is being stopped.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	s := n.Spool
	log := n.Log.With("notification", d.Notification.Number, "subscription", d.Notification.Subscription, "via", d.Via, "recipient", d.Recipient)
	var permanent interface{ Permanent() bool }
	wait := min(retryFirst<<min(d.Attempts, 10), retryMost)
	switch {
	case failed != nil && stopped:
		return s.Postponed(ctx, d, d.Error, 0) // it failed because of that, and others may go on at once
	case failed == nil:
		log.Info("notification sent", "object", d.Notification.Object.String())
		return s.Sent(ctx, d)
	case errors.Is(failed, errNoServer):
		log.Warn("notification not sent yet", "error", failed)
		return s.Postponed(ctx, d, failed.Error(), retryFirst)
	case errors.As(failed, &permanent) && permanent.Permanent() || d.Attempts+1 >= maxAttempts:
		log.Error("notification not sent, and given up", "attempts", d.Attempts+1, "error", failed, "stack", stackOf(failed))
		return s.Failed(ctx, d, failed.Error())
	}
	wait = max(wait, retryAfter(failed))
	log.Warn("notification not sent yet", "attempts", d.Attempts+1, "error", failed, "again in", wait)
	return s.Retried(ctx, d, failed.Error(), wait)
}

// send delivers to one recipient.
func (n *Notifier) send(ctx context.Context, d *spool.Sending) error {
	switch name, hook := strings.CutPrefix(d.Via, hookPrefix); {
	case hook:
		return n.call(ctx, name, d)
	case n.Mail == nil:
		return errNoServer
	}
	whole, err := n.Spool.Get(ctx, d.Notification.Number)
	if err != nil {
		return err
	}
	text, err := n.Envelope.bytes(&whole)
	if err != nil {
		return err
	}
	return n.Mail.Send(ctx, n.Envelope.From.Addr, d.Recipient, text)
}

// call calls a webhook.
func (n *Notifier) call(ctx context.Context, name string, d *spool.Sending) error {
	folder, err := n.Folder.Current(n.Log)
	if err != nil {
		return err
	}
	hook, ok := folder.Hooks[name]
	if !ok {
		return fmt.Errorf("there is no webhook %q in webhooks.yaml", name)
	}
	one := &d.Notification
	body, err := json.Marshal(struct {
		Number       int64     `json:"number"`
		Subscription string    `json:"subscription"`
		Type         string    `json:"object_type"`
		ID           []string  `json:"object_id"`
		Message      string    `json:"message_id"`
		Changed      time.Time `json:"changed"`
		Reason       string    `json:"reason"`
		Subject      string    `json:"subject"`
		Body         string    `json:"body"`
		URL          string    `json:"url,omitempty"`
	}{
		one.Number, one.Subscription, string(one.Object.Type), one.Object.ID[:len(one.Object.Type.Fields())], one.Message,
		one.Changed, one.Reason, one.Subject, one.Body, pageurl.Of(n.Base, one.Object),
	})
	if err != nil {
		return err
	}
	return n.Hooks.Send(ctx, hook, strconv.FormatInt(d.Number, 10), body)
}
