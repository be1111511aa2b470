// SPDX-License-Identifier: Apache-2.0

// Package traces sends spans of the work of a process to a collector of OpenTelemetry, by
// OTLP over HTTP. A span names routes and IDs of submissions, and no tokens, addresses or
// texts of clients.
package traces

import (
	"context"
	"errors"
	"net/url"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
)

// Name is the name of the service, and of its tracers.
const Name = "kcidb"

// Open returns a tracer that sends its spans to the collector at a URL, such as
// http://127.0.0.1:4318, in the background. Spans are dropped while the collector does not
// answer. close sends the last ones.
func Open(ctx context.Context, collector string) (tracer api.Tracer, close func(context.Context) error, err error) {
	if err := Check(collector); err != nil {
		return nil, nil, err
	}
	u, _ := url.Parse(collector)
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(u.JoinPath("v1/traces").String()))
	if err != nil {
		return nil, nil, err
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(resource.NewSchemaless(attribute.String("service.name", Name))))
	return provider.Tracer(Name), provider.Shutdown, nil
}

// Check returns an error if a text is not the URL of a collector.
func Check(collector string) error {
	if u, err := url.Parse(collector); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		return errors.New("not the http or https URL of a collector, such as http://127.0.0.1:4318")
	}
	return nil
}

// Within starts a span of an operation below the span in ctx. Without one it costs nothing.
func Within(ctx context.Context, operation string) (context.Context, api.Span) {
	above := api.SpanFromContext(ctx)
	if !above.IsRecording() {
		return ctx, above
	}
	return above.TracerProvider().Tracer(Name).Start(ctx, operation)
}
