// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/store/tray"
	"github.com/kcidb-go/kcidb/internal/web/api"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/monitor"
	"github.com/kcidb-go/kcidb/internal/web/pages"
	"github.com/kcidb-go/kcidb/internal/web/submit"
	"github.com/kcidb-go/kcidb/internal/web/tasks"
)

// keepAnswers is how long an answer is kept for equal requests: the busiest
// page then costs the database one query a second.
const keepAnswers = time.Second

// front returns the handler of all requests. Every process serves its state; a
// process with the role web, with a receiver of submissions, also serves submissions, the API
// and pages, and with tasks the tasks.
func (s *Service) front(p *parts, watch *monitor.Monitor, receiver *submit.Receiver, work *tasks.Tasks) *front.Front {
	limits, _ := s.cfg.limits() // New has checked them
	limits.Known, limits.Metrics = s.authenticated, p.http
	if !s.auth.Enabled() {
		limits.Hosts, limits.Addresses = s.names, s.cfg.AllowOpen
	}
	limits.Readers = s.readers()
	desk := s.desk(p)
	return s.addViews(p, front.New(limits), func(f *front.Front, v view) {
		watch.Routes(f)
		if receiver == nil {
			return
		}
		receiver.Routes(f)
		if work != nil {
			work.Routes(f)
		}
		s.api(p, v).Routes(f)
		pages := s.pages(p, v, receiver)
		pages.Desk = desk
		pages.Routes(f)
		if s.sandbox != nil {
			s.sandbox.routes(f)
		}
	})
}

// pages returns the pages of a view.
func (s *Service) pages(p *parts, v view, receiver *submit.Receiver) *pages.Pages {
	all := &pages.Pages{
		Store: v.store, Public: v.public, Spool: v.spool, Queue: p.queue, Receiver: receiver, Trees: s.trees, Log: s.log, Now: s.now,
		Tokens: s.auth.Enabled(), Base: s.cfg.BaseURL,
	}
	if s.isSandbox {
		all.SandboxDays = s.cfg.RetentionDays
	}
	if s.sandbox != nil {
		all.SandboxURL = s.sandbox.url
	}
	if s.cfg.tokensMatter() {
		all.Readers = s.auth
	}
	if s.keepsRejected(p.store) {
		all.Tray = tray.Of(p.reading)
	}
	if v.logs != nil {
		all.Copied = func(ctx context.Context, url string) (time.Time, error) {
			found, _, err := v.logs.Find(ctx, url)
			return found.Fetched, err
		}
	}
	if s.auth.Enabled() {
		all.Submitter = s.submitter
	}
	return all
}

// authenticated reports whether a request carries a valid token, for its limits only: it does
// not ask the database for a revocation, which may have happened in the last minute.
func (s *Service) authenticated(h http.Header) bool {
	t, err := s.auth.Verified(h)
	return err == nil && (s.revocations == nil || !s.revocations.Known(t.ID))
}

// submitter returns the origins whose submissions a request may see, nil for all.
func (s *Service) submitter(ctx context.Context, h http.Header) ([]string, error) {
	token, err := s.auth.Token(ctx, h)
	switch {
	case err != nil:
		return nil, err
	case token.Roles.Has(auth.Admin):
		return nil, nil
	case !token.Roles.Has(auth.Submit):
		return nil, errors.New("the token may not ask for submissions: it needs the role submit")
	}
	return token.Origins, nil
}

// hosts returns the host names, in addition to the machine's own, under which a
// service without a secret may be called.
func (c *Config) hosts() []string {
	names := append([]string{}, splitList(c.ACMEHosts)...) // nil would allow any name
	if u, err := url.Parse(c.BaseURL); err == nil && u.Hostname() != "" {
		names = append(names, strings.ToLower(u.Hostname()))
	}
	return names
}

// api returns the API of a view.
func (s *Service) api(p *parts, v view) *api.API {
	return api.New(api.Config{
		Store: v.store, Trees: s.trees, Base: s.cfg.BaseURL, Log: s.log, Now: s.now, ProxyHosts: s.cfg.logHosts(), Logs: v.logs, Known: s.authenticated,
		Receipts: p.reading, Submitter: s.submitter, Artifacts: p.artifacts,
	})
}

// limits returns the limits on requests.
func (c *Config) limits() (front.Limits, error) {
	l := front.Limits{
		Rate: float64(c.APIRate), Burst: c.APIBurst, AtOnce: c.APIAtOnce, Time: time.Duration(c.APISeconds) * time.Second, Keep: keepAnswers,
		Origins: c.origins(),
	}
	if c.encrypted() || strings.HasPrefix(c.BaseURL, "https:") {
		l.HSTS = c.HSTSDays
	}
	for _, text := range splitList(c.TrustedProxies) {
		network, err := netip.ParsePrefix(text)
		if addr, notAddress := netip.ParseAddr(text); notAddress == nil {
			network, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return l, fmt.Errorf("trusted_proxies: %q is neither a network, such as 10.0.0.0/8, nor an address", text)
		}
		l.Proxies = append(l.Proxies, network.Masked())
	}
	for _, origin := range c.origins() {
		u, err := url.Parse(origin)
		if origin != "*" && (err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != origin) {
			return l, fmt.Errorf("cors_origins: %q is neither * nor SCHEME://HOST[:PORT]", origin)
		}
	}
	return l, nil
}

// origins returns the sites whose pages may read the API's answers.
func (c *Config) origins() []string { return splitList(c.CORSOrigins) }

// splitList returns the elements of a list with commas between them.
func splitList(text string) (all []string) {
	for element := range strings.SplitSeq(text, ",") {
		if element = strings.TrimSpace(element); element != "" {
			all = append(all, element)
		}
	}
	return all
}
