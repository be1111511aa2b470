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

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/spool"
)

// Delivery is tried again after a minute, and after twice as long each time, for
// some two days.
const (
	retryFirst  = time.Minute
	retryMost   = 4 * time.Hour
	maxAttempts = 20
)

// errNoServer: mails wait until there is a mail server.
var errNoServer = errors.New("no mail server is configured: set smtp")

// Deliver delivers what is ready, and tells whether there may be more.
func (n *Notifier) Deliver(ctx context.Context) (more bool, err error) {
	s := n.Store.Spool()
	picked, err := s.PickDeliveries(ctx, atOnce, pick)
	if err != nil {
		return false, err
	}
	// What was picked together is delivered in the time of one pick.
	end := n.Now().Add(pick - 15*time.Second)
	for _, d := range picked {
		if n.Now().After(end) {
			return true, nil // the others come again
		}
		failed := n.send(ctx, d)
		if failed != nil && ctx.Err() != nil {
			return false, nil // it is this that ended it, and it comes again
		}
		if err := n.note(ctx, d, failed); err != nil && !errors.Is(err, spool.ErrTaken) {
			return false, err
		}
	}
	return len(picked) > 0, nil
}

// note notes what became of a delivery.
func (n *Notifier) note(ctx context.Context, d *spool.Sending, failed error) error {
	// What was sent is noted, although the service is being stopped.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	s := n.Store.Spool()
	log := n.Log.With("notification", d.Notification.Number, "subscription", d.Notification.Subscription, "via", d.Via, "recipient", d.Recipient)
	var permanent interface{ Permanent() bool }
	wait := min(retryFirst<<min(d.Attempts, 10), retryMost)
	switch {
	case failed == nil:
		log.Info("notification sent", "object", d.Notification.Object.String())
		return s.Sent(ctx, d)
	case errors.Is(failed, errNoServer):
		log.Warn("notification not sent yet", "error", failed)
		return s.Postponed(ctx, d, failed.Error(), retryFirst)
	case errors.As(failed, &permanent) && permanent.Permanent() || d.Attempts+1 >= maxAttempts:
		log.Error("notification not sent, and given up", "attempts", d.Attempts+1, "error", failed)
		return s.Failed(ctx, d, failed.Error())
	}
	var patient interface{ RetryAfter() time.Duration }
	if errors.As(failed, &patient) {
		wait = max(wait, patient.RetryAfter())
	}
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
	whole, err := n.Store.Spool().Get(ctx, d.Notification.Number)
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
		one.Changed, one.Reason, one.Subject, one.Body, describe.Link(n.Base, one.Object),
	})
	if err != nil {
		return err
	}
	return n.Hooks.Send(ctx, hook, strconv.FormatInt(d.Number, 10), body)
}
