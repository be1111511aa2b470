// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/web/monitor"
)

// monitor returns the monitor of the process, and registers the metrics of its
// parts.
func (s *Service) monitor(p *parts) *monitor.Monitor {
	m := &monitor.Monitor{Registry: p.registry, Log: s.log}
	p.registry.MustRegister(monitor.Uptime(s.now), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.Parts = append(m.Parts, monitor.Part{Name: "store", Check: func(ctx context.Context) (string, error) {
		_, err := p.store.Time(ctx, store.Current)
		return "", err
	}})
	if p.queue != nil {
		p.registry.MustRegister(monitor.Queue(p.queue, s.now))
		m.Parts = append(m.Parts, monitor.Part{Name: "queue", Check: func(ctx context.Context) (string, error) {
			_, err := p.queue.Stats(ctx)
			return "", err
		}})
	}
	if replica, ok := p.reading.(*reader); ok {
		p.registry.MustRegister(monitor.Lag(replica.Lag))
		m.Parts = append(m.Parts, monitor.Part{Name: "read database", Spare: true, Check: replica.state})
	}
	return m
}

// state returns whether the replica answers and how far it is behind, for
// /ready.
func (r *reader) state(ctx context.Context) (remark string, err error) {
	if _, err := r.Time(ctx, store.Current); err != nil {
		return "the database answers instead", err
	}
	lag, err := r.Lag(ctx)
	switch {
	case err != nil:
		r.log.Warn("the lag of the read database is unknown", "error", err)
		return "unknown lag behind the database: see the log", nil
	case lag >= time.Second:
		return fmt.Sprintf("%d seconds behind the database", int(lag.Seconds())), nil
	}
	return "", nil
}
