// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Pages cannot fetch logs themselves: a page that came by https gets nothing by http,
// and nothing from other sites unless these allow it. So the service fetches logs for
// them.

// Limits of logs. Only few are fetched at a time, so that questions to the database do
// not wait for the servers of others.
const (
	maxLog      = 64 << 20
	logTime     = 30 * time.Second
	logsAtOnce  = 4
	maxLogMoves = 3 // redirects
)

// logProxy fetches logs from hosts. Clients cannot make it ask for what only this
// machine can reach: the administrator names the hosts, and their addresses have to be
// public when it connects.
type logProxy struct {
	hosts  []string // HOST or HOST:PORT, in lower case
	places chan struct{}
	client *http.Client
	log    *slog.Logger
}

// newLogProxy returns a proxy that connects only to addresses that a function allows.
func newLogProxy(hosts []string, allowed func(netip.Addr) bool, log *slog.Logger) *logProxy {
	p := &logProxy{places: make(chan struct{}, logsAtOnce), log: log}
	for _, host := range hosts {
		p.hosts = append(p.hosts, strings.ToLower(host))
	}
	dialer := &net.Dialer{
		Timeout: logTime / 3,
		Control: func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err == nil && !allowed(to.Addr()) {
				err = errors.New("the address is not public")
			}
			return err
		},
	}
	p.client = &http.Client{
		Timeout: logTime,
		// Bodies stay compressed. Connections are not kept, because there are few.
		Transport: &http.Transport{DialContext: dialer.DialContext, DisableCompression: true, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > maxLogMoves || r.URL.Host != via[0].URL.Host || r.URL.Scheme != via[0].URL.Scheme {
				return errors.New("a redirect leads to another host, or redirects are too many")
			}
			return nil
		},
	}
	return p
}

// hidden are addresses that are not public, or that reach addresses that are not: of
// this host and its network, shared by the customers of a provider, and those by which
// IPv6 reaches IPv4.
var hidden = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2002::/16"),
}

// isPublic reports whether an address is public.
func isPublic(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !slices.ContainsFunc(hidden, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// parse parses the URL of a log. Its errors are for clients.
func (p *logProxy) parse(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.User != nil:
		return nil, &failed{"url is not the URL of a log: expected http:// or https://, and a host", http.StatusBadRequest}
	case !p.allows(u):
		return nil, &failed{fmt.Sprintf("Logs of %.100s may not be fetched: the administrator did not allow this host", u.Host), http.StatusForbidden}
	}
	return u, nil
}

func (p *logProxy) allows(u *url.URL) bool {
	host := strings.ToLower(u.Host)
	return slices.Contains(p.hosts, host) ||
		u.Port() == map[string]string{"http": "80", "https": "443"}[u.Scheme] && slices.Contains(p.hosts, strings.ToLower(u.Hostname()))
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

// answer sends a log.
func (p *logProxy) answer(ctx context.Context, in *proxyInput) (*huma.StreamResponse, error) {
	log, err := p.fetch(ctx, in.URL)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer log.Close()
		hc.SetHeader("Content-Type", "application/octet-stream")
		hc.SetHeader("X-Content-Type-Options", "nosniff")
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
	proxy := newLogProxy(a.ProxyHosts, isPublic, a.Log)
	o := r.describe(operation{
		path: "/api/proxy", group: group, title: "Fetch a log",
		text: "The bytes of a log as its host sends them, also if they are compressed. Logs are fetched only from hosts that the administrator named, " +
			"and only from public addresses.",
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
