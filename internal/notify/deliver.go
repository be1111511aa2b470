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

	"github.com/kcidb-go/kcidb/internal/describe/pageurl"
	"github.com/kcidb-go/kcidb/internal/notify/webhook"
	"github.com/kcidb-go/kcidb/internal/spool"
)

// A delivery is tried again after one minute, and after twice as long each time. The
// 20 attempts take some two days.
const (
	retryFirst  = time.Minute
	retryMost   = 4 * time.Hour
	maxAttempts = 20
)

// errNoServer is the error of a mail while no mail server is configured. The mail
// waits.
var errNoServer noServer

type noServer struct{}

func (noServer) Error() string             { return "no mail server is configured: set smtp" }
func (noServer) Down() bool                { return true }
func (noServer) RetryAfter() time.Duration { return retryFirst }

// Deliver starts a worker for each route that has deliveries due, is open, and has no
// worker. It does not wait for the workers. A worker ends by itself, or with ctx.
func (n *Notifier) Deliver(ctx context.Context) (more bool, err error) {
	_, err = n.startWorkers(ctx, func(error) {})
	return false, err
}

// startWorkers starts workers as Deliver says, and returns their number. A worker that
// fails calls failed, which may be called concurrently.
func (n *Notifier) startWorkers(ctx context.Context, failed func(error)) (started int, err error) {
	names, err := n.Spool.Routes(ctx)
	if err != nil {
		return 0, err
	}
	if n.routes.idle(names, n.Now()) {
		waiting, err := n.Spool.RoutesWaiting(ctx)
		if err != nil {
			return 0, err
		}
		n.routes.forget(waiting, n.Now())
	}
	taken := n.routes.take(names, n.Now())
	for _, name := range taken {
		n.routes.workers.Go(func() {
			err := catchPanic(func() error { return n.deliverBy(ctx, name) })
			if err != nil && ctx.Err() == nil {
				n.Log.Error("cannot deliver; trying again", "via", name, "error", err, "stack", stackOf(err))
				failed(err)
			}
			n.routes.release(name, n.Now())
		})
	}
	return len(taken), nil
}

// deliverBy delivers by one route until no delivery is due, the route closes, or the
// turn of the worker is over. It picks one delivery at a time, so that no other
// delivery waits for a slow receiver.
func (n *Notifier) deliverBy(ctx context.Context, name string) error {
	for end := n.Now().Add(turn); ctx.Err() == nil && n.Now().Before(end); {
		picked, err := n.Spool.PickDeliveries(ctx, name, 1, pick)
		if err != nil || len(picked) == 0 {
			return err
		}
		d := picked[0]
		failed := catchPanic(func() error { return n.send(ctx, d) })
		if err := n.record(ctx, d, failed); err != nil && !errors.Is(err, spool.ErrTaken) {
			return err
		}
		if ctx.Err() == nil && n.closeIfDown(name, failed) {
			return nil
		}
	}
	return nil
}

// closeIfDown notes whether a delivery reached the server, and reports whether the
// route is closed now.
func (n *Notifier) closeIfDown(name string, failed error) bool {
	var down interface{ Down() bool }
	if !errors.As(failed, &down) || !down.Down() {
		n.routes.passed(name)
		return false
	}
	pause := n.routes.failed(name, n.Now(), retryAfter(failed), failed.Error())
	if pause > 0 {
		n.Log.Warn("a route is down; nothing is sent by it for a while", "via", name, "error", failed, "for", pause)
	}
	return pause > 0
}

// retryAfter returns how long the receiver asks us to wait, 0 if it does not ask.
func retryAfter(failed error) time.Duration {
	var patient interface{ RetryAfter() time.Duration }
	if errors.As(failed, &patient) {
		return patient.RetryAfter()
	}
	return 0
}

// record stores the result of a delivery.
func (n *Notifier) record(ctx context.Context, d *spool.Picked, failed error) error {
	stopped := ctx.Err() != nil
	// The result is stored even while the service stops.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	s := n.Spool
	log := n.Log.With("notification", d.Notification.Number, "subscription", d.Notification.Subscription, "via", d.Via, "recipient", d.Recipient)
	var permanent interface{ Permanent() bool }
	wait := min(retryFirst<<min(d.Attempts, 10), retryMost)
	switch {
	case failed != nil && stopped:
		return s.PostponeDelivery(ctx, d, d.Error, 0) // it failed because the service stops, and another process may go on at once
	case failed == nil:
		log.Info("notification sent", "object", d.Notification.Object.String())
		n.counts.sent.Add(1)
		return s.MarkSent(ctx, d)
	case errors.Is(failed, errNoServer):
		log.Warn("notification not sent yet", "error", failed)
		return s.PostponeDelivery(ctx, d, failed.Error(), retryFirst)
	case errors.As(failed, &permanent) && permanent.Permanent() || d.Attempts+1 >= maxAttempts:
		log.Error("notification not sent, and given up", "attempts", d.Attempts+1, "error", failed, "stack", stackOf(failed))
		return s.MarkFailed(ctx, d, failed.Error())
	}
	wait = max(wait, retryAfter(failed))
	log.Warn("notification not sent yet", "attempts", d.Attempts+1, "error", failed, "again in", wait)
	return s.RetryDelivery(ctx, d, failed.Error(), wait)
}

// send delivers to one recipient.
func (n *Notifier) send(ctx context.Context, d *spool.Picked) error {
	switch name, hook := strings.CutPrefix(d.Via, hookPrefix); {
	case hook:
		return n.call(ctx, name, d)
	case n.Mail == nil:
		return errNoServer
	}
	notification, err := n.Spool.Get(ctx, d.Notification.Number)
	if err != nil {
		return err
	}
	text, err := n.Envelope.bytes(&notification)
	if err != nil {
		return err
	}
	return n.Mail.Send(ctx, n.Envelope.From.Addr, d.Recipient, text)
}

// call calls a webhook.
func (n *Notifier) call(ctx context.Context, name string, d *spool.Picked) error {
	hook, err := n.hook(ctx, name)
	if err != nil {
		return err
	}
	if hook.From != "" {
		source, err := n.Secrets.Open(ctx, "webhooks.yaml: "+name+": secret", hook.From)
		if err != nil {
			return err
		}
		hook.Secret = source()
	}
	notification := &d.Notification
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
		notification.Number, notification.Subscription, string(notification.Object.Type), notification.Object.ID[:max(len(notification.Object.Type.Fields()), 1)], notification.Message,
		notification.Changed, notification.Reason, notification.Subject, notification.Body, pageurl.Of(n.Base, notification.Object),
	})
	if err != nil {
		return err
	}
	return n.Hooks.Send(ctx, hook, n.Envelope.Spool+strconv.FormatInt(d.Number, 10), body)
}

// hook returns the webhook with the name: one of webhooks.yaml, or that of an origin's
// contact.
func (n *Notifier) hook(ctx context.Context, name string) (webhook.Hook, error) {
	if origin, ok := strings.CutPrefix(name, originHook); ok {
		return n.hookOfOrigin(ctx, origin)
	}
	folder, err := n.subscriptions()
	if err != nil {
		return webhook.Hook{}, err
	}
	hook, ok := folder.Hooks[name]
	if !ok {
		return webhook.Hook{}, fmt.Errorf("webhooks.yaml has no webhook %q", name)
	}
	return hook, nil
}
