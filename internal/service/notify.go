// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nuid"

	"github.com/kcidb-go/kcidb/internal/notify"
	"github.com/kcidb-go/kcidb/internal/notify/mail"
	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/notify/webhook"
	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/web/monitor"
)

// checkNotify returns an error if the notification settings are not valid.
func (c *Config) checkNotify() error {
	if r, err := c.roles(); err == nil && (r.notify || c.TasksAudience != "") && c.Subscriptions == "" && c.Data == "" {
		return errors.New("roles: to notify people, set subscriptions to a directory, or set data")
	}
	if _, err := c.envelope(); err != nil {
		return err
	}
	if c.SMTP != "" {
		if _, err := mail.ParseURL(c.SMTP); err != nil {
			return fmt.Errorf("smtp: %w", err)
		}
	}
	if u, err := url.Parse(c.BaseURL); c.BaseURL != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "") {
		return errors.New("base_url must be the http or https URL of the pages")
	}
	if c.MailBudget < 0 {
		return errors.New("mail_budget must not be negative")
	}
	if c.NotificationDays < 1 {
		return errors.New("notification_days must be at least 1")
	}
	return nil
}

// envelope returns the settings that all mails share.
func (c *Config) envelope() (e notify.Envelope, err error) {
	e.Budget = c.MailBudget
	if e.From, err = mail.ParseAddress(c.MailFrom); err != nil {
		return e, fmt.Errorf("mail_from: %w", err)
	}
	for _, address := range strings.FieldsFunc(c.MailCc, func(r rune) bool { return r == ',' }) {
		a, err := mail.ParseAddress(strings.TrimSpace(address))
		if err != nil {
			return e, fmt.Errorf("mail_cc: %w", err)
		}
		e.Cc = append(e.Cc, a.Addr)
	}
	if c.MailToOverride != "" {
		a, err := mail.ParseAddress(c.MailToOverride)
		if err != nil {
			return e, fmt.Errorf("mail_to_override: %w", err)
		}
		e.Override = a.Addr
	}
	return e, nil
}

// subscriptions returns the folder of subscriptions. Without a configured
// folder it is created in the data directory.
func (s *Service) subscriptions() (*notify.Folder, error) {
	dir := s.cfg.SubscriptionsFolder()
	if s.cfg.Subscriptions == "" {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("subscriptions: %w", err)
		}
	}
	if info, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("subscriptions: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("subscriptions: %s is not a directory", dir)
	}
	folder := notify.NewFolder(&subscription.Follower{Dir: dir, Options: notify.Options()})
	if _, err := folder.Current(s.log); err != nil {
		return nil, err
	}
	return folder, nil
}

// notifiers returns the notifier of each realm, and adds them to the monitor. Changes are
// noted from now on, so call it before a loader starts.
func (s *Service) notifiers(ctx context.Context, p *parts, m *monitor.Monitor) (all []*notify.Notifier, err error) {
	if p.spool == nil {
		return nil, errors.New("the database cannot keep notifications: use sqlite or postgresql, set spool and loaded, or use roles without notify")
	}
	folder, err := s.subscriptions()
	if err != nil {
		return nil, err
	}
	m.Parts = append(m.Parts, monitor.Part{Name: "subscriptions", Spare: true, Check: func(context.Context) (string, error) {
		return problemsOf(folder), nil
	}})
	for _, a := range p.realms() {
		n, err := s.notifier(ctx, a, p.loaded, folder)
		if err != nil {
			return nil, err
		}
		watchNotifier(a, n, m)
		all = append(all, n)
	}
	return all, nil
}

// notifier returns the notifier of a realm.
func (s *Service) notifier(ctx context.Context, a realm, news queue.Queue, folder *notify.Folder) (*notify.Notifier, error) {
	envelope, err := s.cfg.envelope()
	if err != nil {
		return nil, err
	}
	envelope.Spool = a.prefix
	n := &notify.Notifier{
		Store: a.store, Spool: a.spool, Source: s.source(a.spool, news), Folder: folder, Audience: a.notify, Log: s.log, Now: s.now, Holder: nuid.Next(),
		Base: strings.TrimSuffix(s.cfg.BaseURL, "/"), Envelope: envelope, Hooks: &webhook.Sender{}, Secrets: s.secrets.keeper,
		KeepFor: time.Duration(s.cfg.NotificationDays) * 24 * time.Hour, Wait: notify.Sleep,
	}
	if known := registry.Of(a.store); known != nil && a.notify != notify.Outsiders {
		n.Origins = origins{known, answers.Of(a.store)}
	}
	if s.cfg.SMTP != "" {
		if n.Mail, err = mail.New(mail.Config{URL: s.cfg.SMTP, Password: s.secrets.smtpPassword, From: envelope.From.Addr}); err != nil {
			return nil, fmt.Errorf("smtp: %w", err)
		}
	}
	if err := n.Source.Watch(ctx); err != nil {
		return nil, err
	}
	return n, nil
}

// origins knows the contacts of origins and how their results arrive. In a service with
// private origins it is that of the whole database.
type origins struct {
	*registry.DB
	answers *answers.DB
}

func (o origins) Health(ctx context.Context, now time.Time) (*answers.Health, error) {
	return o.answers.Health(ctx, now)
}

func (o origins) Rejections(ctx context.Context, now time.Time) ([]answers.Rejections, error) {
	return o.answers.Rejections(ctx, now)
}

// problemsOf returns the mistakes in the subscriptions, for /ready.
func problemsOf(folder *notify.Folder) string {
	problems := folder.Problems()
	if len(problems) == 0 {
		return ""
	}
	lines := make([]string, len(problems))
	for i, problem := range problems {
		lines[i] = "\n  " + problem.String()
	}
	return "but not all:" + strings.Join(lines, "")
}

// watchNotifier adds the notifier of a realm to the monitor and to the metrics.
func watchNotifier(a realm, n *notify.Notifier, m *monitor.Monitor) {
	a.registry.MustRegister(monitor.Spool(n.Spool, n.Source, n.Now), monitor.Closed(n.Closed))
	m.Parts = append(m.Parts, monitor.Part{Name: a.name + "deliveries", Spare: true, Check: func(context.Context) (string, error) {
		closed := slices.Sorted(maps.Keys(n.Closed())) // the reasons contain host names, so only the log has them
		if len(closed) == 0 {
			return "", nil
		}
		return "but deliveries fail by " + strings.Join(closed, ", "), nil
	}})
}
