// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kcidb-go/kcidb/internal/web/monitor"
	"github.com/kcidb-go/kcidb/internal/web/submit"
	"github.com/kcidb-go/kcidb/internal/web/tasks"
)

// checkTasks returns an error if the settings of tasks are not valid.
func (c *Config) checkTasks(r roles) error {
	switch accounts := splitList(c.TasksAccounts); {
	case c.TasksAudience == "" && len(accounts) == 0:
		return nil
	case c.TasksAudience == "":
		return errors.New("tasks_accounts needs tasks_audience: the audience that the tokens of these accounts have")
	case len(accounts) == 0:
		return errors.New("tasks_audience needs tasks_accounts: the service accounts that may start tasks")
	case !r.web || r.load || r.notify:
		return errors.New("tasks_audience is for a process with the role web alone: the roles load and notify do all the time what tasks do when called")
	}
	return nil
}

// tasks returns the configured tasks. They end with ctx.
func (s *Service) tasks(ctx context.Context, p *parts, m *monitor.Monitor, receiver *submit.Receiver) (*tasks.Tasks, error) {
	caller, err := tasks.NewCaller(s.cfg.TasksAudience, splitList(s.cfg.TasksAccounts), s.keys)
	if err != nil {
		return nil, fmt.Errorf("tasks_audience: %w", err)
	}
	t := &tasks.Tasks{Caller: caller, Stopping: ctx, Log: s.log}
	if p.spool != nil {
		if err := s.addNotifyTasks(ctx, t, p, m); err != nil {
			return nil, err
		}
	}
	loader := s.loader(p, m)
	loader.Busy = receiver.Busy
	judge := s.judge(p.realms()[0])
	t.Load = func(ctx context.Context, d time.Duration) (tasks.Loaded, error) {
		end := s.now().Add(d)
		done, err := loader.LoadFor(ctx, d)
		if err == nil {
			_, err = loaderState(loader.State())
		}
		if err == nil && judge != nil {
			err = judge.JudgeFor(ctx, end.Sub(s.now()))
		}
		return tasks.Loaded{Submissions: done.Submissions, Objects: done.Objects, Failed: done.Failed}, err
	}
	return t, nil
}

// addNotifyTasks adds the tasks that need a notifier.
func (s *Service) addNotifyTasks(ctx context.Context, t *tasks.Tasks, p *parts, m *monitor.Monitor) error {
	notifiers, err := s.notifiers(ctx, p, m)
	if err != nil {
		return err
	}
	notifier := notifiers[0]
	t.Notify = func(ctx context.Context, d time.Duration) (tasks.Notified, error) {
		considered, written, err := notifier.NotifyFor(ctx, d)
		return tasks.Notified{Changes: considered, Notifications: written}, err
	}
	t.Send = func(ctx context.Context, d time.Duration) (tasks.Sent, error) {
		sent, err := notifier.SendFor(ctx, d)
		return tasks.Sent{Messages: sent}, err
	}
	return nil
}
