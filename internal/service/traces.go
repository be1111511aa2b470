// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/kcidb-go/kcidb/internal/ingest"
	"github.com/kcidb-go/kcidb/internal/traces"
)

// maxTraced is how many IDs of submissions the span of a batch has.
const maxTraced = 100

// checkTraces returns an error if the collector of traces is not valid.
func (c *Config) checkTraces() error {
	if c.Traces == "" {
		return nil
	}
	if err := traces.Check(c.Traces); err != nil {
		return fmt.Errorf("traces: %w", err)
	}
	return nil
}

// openTraces opens the configured tracer, nil for none. close sends the last spans.
func (s *Service) openTraces(ctx context.Context) (tracer trace.Tracer, close func(), err error) {
	if s.cfg.Traces == "" {
		return nil, func() {}, nil
	}
	tracer, shutdown, err := traces.Open(ctx, s.cfg.Traces)
	if err != nil {
		return nil, nil, fmt.Errorf("traces: %w", err)
	}
	return tracer, func() {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerWithin)
		defer cancel()
		if err := shutdown(bounded); err != nil {
			s.log.Warn("the last traces are not sent", "error", err)
		}
	}, nil
}

// traceBatches makes a loader send a span for each batch, with the IDs of its submissions.
func traceBatches(l *ingest.Loader, tracer trace.Tracer) {
	var ids []string
	waited, loaded := l.Waited, l.Loaded
	l.Waited = func(id string, since time.Duration) {
		waited(id, since)
		if len(ids) < maxTraced {
			ids = append(ids, id)
		}
	}
	l.Loaded = func(b ingest.Batch) {
		loaded(b)
		end := time.Now()
		_, span := tracer.Start(context.Background(), "load", trace.WithTimestamp(end.Add(-b.Took)))
		span.SetAttributes(attribute.StringSlice("kcidb.submissions", ids), attribute.Int("kcidb.objects", b.Objects), attribute.Int("kcidb.failed", b.Failed))
		span.End(trace.WithTimestamp(end))
		ids = nil
	}
}
