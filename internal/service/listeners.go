// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/web/certificates"
	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/frontend"
	"github.com/kcidb-go/kcidb/internal/web/monitor"
)

// minConnections is the least that max_connections may be: a listener takes one before a
// client comes.
const minConnections = 16

// listeners are the addresses where the process listens, and its certificates and files.
type listeners struct {
	certificates certificates.Source // nil without TLS
	main         net.Listener
	plain        net.Listener    // leads to HTTPS; nil for none
	frontEnd     net.Listener    // nil for no front end
	files        *frontend.Files // of the front end
	admin        net.Listener    // nil for none
}

// openListeners listens at all configured addresses.
func (s *Service) openListeners(p *parts) (_ *listeners, err error) {
	a := &listeners{}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	if a.certificates, err = s.openCertificates(p.registry); err != nil {
		return nil, err
	}
	limits, _ := s.cfg.limits() // New has checked them
	all := &front.Connections{Most: s.cfg.MaxConnections, Proxies: limits.Proxies, Refused: func() { p.http.Refused("connections") }}
	p.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kcidb_http_connections", Help: "Open connections of clients."}, func() float64 { return float64(all.Open()) }))
	if a.main, err = listen(all, s.cfg.Listen, "--listen HOST:PORT or KCIDB_LISTEN"); err != nil {
		return nil, err
	}
	if s.cfg.HTTPListen != "" {
		if a.plain, err = listen(all, s.cfg.HTTPListen, "the key http_listen or KCIDB_HTTP_LISTEN"); err != nil {
			return nil, err
		}
	}
	if s.cfg.FrontEnd != "" {
		if a.files, err = frontend.Open(s.cfg.FrontEnd, s.log); err != nil {
			return nil, fmt.Errorf("front_end: %w", err)
		}
		if a.frontEnd, err = listen(all, s.cfg.FrontEndListen, "the key front_end_listen or KCIDB_FRONT_END_LISTEN"); err != nil {
			return nil, err
		}
	}
	if s.cfg.AdminListen != "" {
		// Its connections do not count, so that it answers if clients have all others.
		own := &front.Connections{Most: adminConnections}
		if a.admin, err = listen(own, s.cfg.adminAddress(), "the key admin_listen or KCIDB_ADMIN_LISTEN"); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// listen listens at an address. If another program does, the error names the setting to
// change.
func listen(all *front.Connections, address, setting string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%w: another program, perhaps another service, answers there: stop it, or set another address by %s", err, setting)
	} else if err != nil {
		return nil, err
	}
	return all.Listen(listener), nil
}

func (a *listeners) close() {
	for _, l := range []net.Listener{a.main, a.plain, a.frontEnd, a.admin} {
		if l != nil {
			l.Close()
		}
	}
	if a.files != nil {
		a.files.Close()
	}
}

// answer answers at all addresses until ctx ends. main is the front of the main address.
func (s *Service) answer(ctx context.Context, group *errgroup.Group, p *parts, main *front.Front, watch *monitor.Monitor) {
	a := p.listeners
	serve := func(l net.Listener, h http.Handler, encrypted bool) {
		server := front.NewServer(h, s.log)
		if encrypted {
			server.TLSConfig = a.certificates.Config()
		}
		group.Go(func() error { return front.Serve(ctx, server, l, answerWithin) })
	}
	tls := a.certificates != nil
	serve(a.main, main, tls)
	if a.plain != nil {
		beside := main.Beside()
		beside.HandleBelow("/", front.Light, a.certificates.Challenges(s.redirect(a)))
		serve(a.plain, beside, false)
	}
	if a.frontEnd != nil {
		serve(a.frontEnd, s.frontEnd(p, main), tls)
		s.log.Info("serving the front end", "url", s.cfg.Scheme()+"://"+a.frontEnd.Addr().String()+"/", "files", s.cfg.FrontEnd)
	}
	if a.admin != nil {
		serve(a.admin, s.adminFront(watch), false)
		s.log.Info("serving administrators", "url", "http://"+a.admin.Addr().String()+"/debug/pprof/")
	}
	if tls {
		group.Go(func() error { certificates.Fetch(ctx, a.certificates); return nil })
	}
	s.log.Info("serving", "url", s.cfg.Scheme()+"://"+a.main.Addr().String()+"/", "roles", s.cfg.Roles, "data", s.cfg.Data)
}
