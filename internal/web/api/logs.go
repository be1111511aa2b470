// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/fetch"
	"github.com/kcidb-go/kcidb/internal/logcache"
)

// Pages cannot fetch logs themselves: a page that came by https gets nothing by http,
// and nothing from other sites unless these allow it. So the service fetches logs for
// them.

// Limits of logs. Only few are fetched at a time, so that questions to the database do
// not wait for the servers of others.
const (
	maxLog     = 64 << 20
	logTime    = 30 * time.Second
	logsAtOnce = 4
)

// logProxy fetches logs from hosts. Clients cannot make it ask for what only this
// machine can reach: the administrator names the hosts, and their addresses have to be
// public when it connects.
type logProxy struct {
	hosts  fetch.Hosts
	places chan struct{}
	client *http.Client
	copies *logcache.Cache // may be nil
	log    *slog.Logger
}

// newLogProxy returns a proxy that connects only to addresses that a function allows.
func newLogProxy(hosts []string, allowed func(netip.Addr) bool, log *slog.Logger) *logProxy {
	return &logProxy{
		hosts: hosts, places: make(chan struct{}, logsAtOnce), log: log, client: fetch.NewClient(hosts, allowed, logTime),
	}
}

// parse parses the URL of a log. Its errors are for clients.
func (p *logProxy) parse(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.User != nil:
		return nil, &failed{"url is not the URL of a log: expected http:// or https://, and a host", http.StatusBadRequest}
	case !p.hosts.Allow(u):
		return nil, &failed{fmt.Sprintf("Logs of %.100s may not be fetched: the administrator did not allow this host", u.Host), http.StatusForbidden}
	}
	return u, nil
}

// fetch returns a log, which the caller closes. Its errors are for clients.
func (p *logProxy) fetch(ctx context.Context, text string) (io.ReadCloser, error) {
	u, err := p.parse(text)
	if err != nil {
		return nil, err
	}
	select {
	case p.places <- struct{}{}:
	default:
		return nil, &failed{"Too many logs are being fetched: try again in a while", http.StatusServiceUnavailable}
	}
	log := &fetchedLog{free: func() { <-p.places }}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err == nil {
		r.Header.Set("User-Agent", "kcidb")
		log.response, err = p.client.Do(r)
	}
	switch {
	case err != nil:
		log.Close()
		// The client does not get the error, which may name addresses.
		p.log.LogAttrs(ctx, slog.LevelInfo, "log not fetched", slog.Any("error", err))
		return nil, &failed{fmt.Sprintf("The log cannot be fetched from %.100s", u.Host), http.StatusBadGateway}
	case log.response.StatusCode != http.StatusOK:
		log.Close()
		return nil, &failed{"The log cannot be fetched: " + log.response.Status, http.StatusBadGateway}
	case log.response.ContentLength > maxLog:
		log.Close()
		return nil, &failed{fmt.Sprintf("The log is too long: it has %d bytes, and at most %d are fetched", log.response.ContentLength, maxLog), http.StatusBadGateway}
	}
	return log, nil
}

// fetchedLog is a log that is being fetched.
type fetchedLog struct {
	response *http.Response
	read     int64
	free     func()
}

// Read implements io.Reader.
func (l *fetchedLog) Read(p []byte) (int, error) {
	n, err := l.response.Body.Read(p)
	if l.read += int64(n); l.read > maxLog {
		return 0, fmt.Errorf("longer than %d bytes", maxLog)
	}
	return n, err
}

// Close implements io.Closer.
func (l *fetchedLog) Close() error {
	defer l.free()
	if l.response == nil {
		return nil
	}
	return l.response.Body.Close()
}

type proxyInput struct {
	URL string `query:"url" required:"true" maxLength:"8000" doc:"URL of the log"`
}

// copyHeader has the time at which a copy was made.
const copyHeader = "X-Kcidb-Copied"

// copy returns the copy of a log, which the caller closes, and when it was made; nil if no
// copy is kept.
func (p *logProxy) copy(ctx context.Context, text string) (log io.ReadCloser, fetched time.Time, err error) {
	if p.copies == nil {
		return nil, fetched, nil
	}
	found, ok, err := p.copies.Find(ctx, text)
	if err != nil || !ok {
		return nil, fetched, err
	}
	log, err = p.copies.Open(ctx, found)
	if errkind.Of(err) == errkind.Gone {
		return nil, fetched, nil
	}
	return log, found.Fetched, err
}

// answer sends a log.
func (p *logProxy) answer(ctx context.Context, in *proxyInput) (*huma.StreamResponse, error) {
	log, fetched, err := p.copy(ctx, in.URL)
	if err == nil && log == nil {
		log, err = p.fetch(ctx, in.URL)
	}
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer log.Close()
		hc.SetHeader("Content-Type", "application/octet-stream")
		hc.SetHeader("X-Content-Type-Options", "nosniff")
		if !fetched.IsZero() {
			hc.SetHeader(copyHeader, fetched.Format(time.RFC3339))
		}
		hc.SetStatus(http.StatusOK)
		if _, err := io.Copy(hc.BodyWriter(), log); err != nil {
			p.log.LogAttrs(ctx, slog.LevelInfo, "log broken off", slog.Any("error", err))
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// logAPI fetches logs.
type logAPI struct{ *data }

func (a logAPI) register(r *registry) {
	const group = "Logs"
	proxy := newLogProxy(a.ProxyHosts, fetch.IsPublic, a.Log)
	proxy.copies = a.Logs
	o := r.describe(operation{
		path: "/api/proxy", group: group, title: "Fetch a log",
		text: "The bytes of a log as its host sends them, also if they are compressed. Logs are fetched only from hosts that the administrator named, " +
			"and only from public addresses. If the service keeps a copy of the log, it sends that, with the time of the copy in the header " + copyHeader + ".",
	}, nil)
	o.Responses["200"] = &huma.Response{Description: "The log", Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
	for code, text := range map[string]string{"403": "The administrator did not name this host.", "502": "The host does not send the log."} {
		o.Responses[code] = &huma.Response{Description: text, Content: o.Responses["400"].Content}
	}
	huma.Register(r.huma, *o, proxy.answer)
	answer(r, operation{
		plain: true, path: "/api/log-downloader", group: group, title: "List the files of a log",
		text: "The log itself, if it may be fetched by /api/proxy, else nothing. The URL is not checked.",
	}, func(_ context.Context, in *logFilesInput) (logFiles, error) { return proxy.files(in.URL) })
}
