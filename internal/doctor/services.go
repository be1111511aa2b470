// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/notify"
	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/queue/all"
	"github.com/kcidb-go/kcidb/internal/queue/jetstream"
)

// checkQueue checks the queue: by the metrics of the running service, or by itself.
func (d *doctor) checkQueue(ctx context.Context) {
	if !d.Config.NeedsQueue() {
		return
	}
	folder := d.Config.QueueFolder()
	if d.running != nil && folder != "" {
		waiting, dead := d.running.Queue()
		d.queueState(waiting, dead, "stop the service, and ")
		return
	}
	if folder != "" {
		switch unlock, err := jetstream.LockFiles(folder); {
		case errors.Is(err, queue.ErrBusy):
			d.warn("queue", "a process has it open, and the service does not answer", "")
		case err != nil:
			d.fail("queue", err.Error(), "")
		default:
			unlock()
			d.ok("queue", "no process has it open")
		}
		return
	}
	q, err := all.Open(ctx, string(d.Config.Queue), all.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		d.fail("queue", err.Error(), "")
		return
	}
	defer q.Close()
	stats, err := q.Stats(ctx)
	if err != nil {
		d.fail("queue", err.Error(), "")
		return
	}
	if newest, err := q.Newest(ctx); err == nil && newest.After(d.Now().Add(day)) {
		d.warn("clock", "the newest submission in the queue is from the future, "+newest.Format(time.RFC3339), "synchronise the clocks of all machines that receive submissions")
	}
	if stats.Messages == queue.Unknown {
		d.ok("queue", "it answers; this kind of queue does not count submissions")
		return
	}
	d.queueState(int64(stats.Messages), int64(stats.DeadLetters), "")
}

// manyWaiting is a number of submissions that a loader does not reach if it works.
const manyWaiting = 10_000

// queueState reports the numbers of a queue, of which each may be queue.Unknown.
func (d *doctor) queueState(waiting, dead int64, before string) {
	detail := fmt.Sprintf("%d submissions wait", waiting)
	switch {
	case waiting == queue.Unknown:
		d.warn("queue", "it is unknown how many submissions wait", "journalctl -u kcidb")
	case waiting > manyWaiting:
		d.warn("queue", detail, "look for errors of the loader: journalctl -u kcidb")
	default:
		d.ok("queue", detail)
	}
	if dead > 0 {
		d.warn("queue", fmt.Sprintf("%d dead letters", dead), before+"kcidb mq dead list --queue SPEC")
	}
}

// checkMail logs in to the mail server, and sends a mail if an address was given.
func (d *doctor) checkMail(ctx context.Context) {
	sender, err := d.Config.Mailer(ctx)
	switch {
	case err != nil:
		d.fail("mail", err.Error(), "")
		return
	case sender == nil && d.MailTo != "":
		d.fail("mail", "no mail server is configured", "set smtp")
		return
	case sender == nil:
		return
	}
	defer sender.Close()
	if err := sender.Check(ctx); err != nil {
		d.fail("mail", err.Error(), "compare smtp and smtp_password_file with the mail server's settings")
		return
	}
	if d.MailTo == "" {
		d.ok("mail", "the mail server accepts a connection")
		return
	}
	if err := d.sendMail(ctx, sender); err != nil {
		d.fail("mail", err.Error(), "")
		return
	}
	d.ok("mail", "the mail server accepted a mail to "+d.MailTo)
}

// sendMail sends a mail that says why it was sent.
func (d *doctor) sendMail(ctx context.Context, sender *mail.Sender) error {
	from, err := mail.ParseAddress(d.Config.MailFrom)
	if err != nil {
		return err
	}
	to, err := mail.ParseAddress(d.MailTo)
	if err != nil {
		return err
	}
	_, domain, _ := strings.Cut(from.Addr, "@")
	id, err := mail.NewMessageID(domain, "doctor", d.Now().String())
	if err != nil {
		return err
	}
	m := mail.Message{
		From: from, To: []mail.Address{to}, Subject: "KCIDB: test of the mail server", MessageID: id, Date: d.Now(),
		Text: "The administrator of this service tested its mail server. Nothing needs to be done.\n",
	}
	text, err := m.Bytes()
	if err != nil {
		return err
	}
	return sender.Send(ctx, "", to.Addr, text)
}

// checkSubscriptions checks the files of subscriptions.
func (d *doctor) checkSubscriptions(context.Context) {
	dir := d.Config.SubscriptionsFolder()
	if dir == "" || !strings.Contains(d.Config.Roles, "notify") {
		return
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) && d.Config.Subscriptions == "" {
		return // the service creates it
	}
	folder, err := subscription.Load(dir, notify.Options())
	if err != nil {
		d.fail("subscriptions", err.Error(), "")
		return
	}
	for _, problem := range folder.Problems {
		d.fail("subscriptions", problem.String(), "kcidb subscriptions check --subscriptions "+dir)
	}
	if len(folder.Problems) == 0 {
		d.ok("subscriptions", fmt.Sprintf("%d in %s", len(folder.Subscriptions), dir))
	}
}
