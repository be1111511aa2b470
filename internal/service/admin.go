// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"net"
	"strings"

	"github.com/kcidb-go/kcidb/internal/web/front"
	"github.com/kcidb-go/kcidb/internal/web/monitor"
)

// adminConnections is how many connections administrators may open.
const adminConnections = 64

// checkAdmin returns an error if the address for administrators is not valid.
func (c *Config) checkAdmin() error {
	if c.AdminListen == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(c.AdminListen); err != nil {
		return fmt.Errorf("admin_listen must be HOST:PORT, or :PORT for this machine only: %w", err)
	}
	return nil
}

// adminAddress returns where administrators are answered. Profiles show the memory of the
// process, so that other machines reach it only if the configuration says so.
func (c *Config) adminAddress() string {
	if strings.HasPrefix(c.AdminListen, ":") {
		return "127.0.0.1" + c.AdminListen
	}
	return c.AdminListen
}

// adminFront returns the handler of the address for administrators. It has limits of its
// own. Pages of other sites reach nothing there, because they come by names of their own.
func (s *Service) adminFront(watch *monitor.Monitor) *front.Front {
	host, _, _ := net.SplitHostPort(s.cfg.adminAddress())
	f := front.New(front.Limits{Hosts: []string{strings.ToLower(host)}, Addresses: !loopback(s.cfg.adminAddress())})
	watch.Routes(f)
	monitor.Profiles(f)
	return f
}
