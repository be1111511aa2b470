// SPDX-License-Identifier: Apache-2.0

package service

import (
	"errors"
	"fmt"
	"net"

	"github.com/kcidb-go/kcidb/internal/web/front"
)

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

// frontEnd returns the front of the address of the front end: its files, and the API that it
// asks. Clients have the limits of the main address, whose front it gets.
func (s *Service) frontEnd(p *parts, main *front.Front) *front.Front {
	return s.addViews(p, main.Beside(), func(f *front.Front, v view) {
		s.api(p, v).Routes(f)
		p.listeners.files.Routes(f)
	})
}
