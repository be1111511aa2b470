// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/frontend"
)

// frontEnd is the web front end with its address.
type frontEnd struct {
	files    *frontend.Files
	listener net.Listener
}

// checkFrontEnd returns an error if the keys of the front end are not valid.
func (c *Config) checkFrontEnd(r roles) error {
	if c.FrontEnd == "" {
		return nil
	}
	if !r.web {
		return errors.New("front_end is for the role web, which answers the front end's questions")
	}
	if _, _, err := net.SplitHostPort(c.FrontEndListen); err != nil {
		return fmt.Errorf("front_end_listen must be HOST:PORT: %w", err)
	}
	return nil
}

// openFrontEnd opens the files of the front end, and listens at its address.
func (s *Service) openFrontEnd() (*frontEnd, error) {
	files, err := frontend.Open(s.cfg.FrontEnd, s.log)
	if err != nil {
		return nil, fmt.Errorf("front_end: %w", err)
	}
	listener, err := listen(s.cfg.FrontEndListen, "the key front_end_listen or KCIDB_FRONT_END_LISTEN")
	if err != nil {
		files.Close()
		return nil, err
	}
	return &frontEnd{files, listener}, nil
}

func (f *frontEnd) close() {
	f.listener.Close()
	f.files.Close()
}

// serveFrontEnd serves the front end, and the API that it asks, until ctx ends. Clients have
// the limits of the main address, whose front it gets.
func (s *Service) serveFrontEnd(ctx context.Context, p *parts, main *front.Front) error {
	beside := main.Beside()
	s.api(p).Routes(beside)
	p.frontEnd.files.Routes(beside)
	listener := p.frontEnd.listener
	s.log.Info("serving the front end", "url", "http://"+listener.Addr().String()+"/", "files", s.cfg.FrontEnd)
	return front.Serve(ctx, front.NewServer(beside, s.log), listener, answerWithin)
}
