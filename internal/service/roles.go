// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"strings"
)

// allRoles are the default roles.
const allRoles = "web,load,notify"

// roles are the roles of a process.
type roles struct {
	web    bool // receives submissions, shows pages, answers queries
	load   bool // loads submissions
	notify bool // notifies people of changes
}

// roles returns the configured roles.
func (c *Config) roles() (r roles, err error) {
	known := map[string]*bool{"web": &r.web, "load": &r.load, "notify": &r.notify}
	for name := range strings.SplitSeq(c.Roles, ",") {
		name = strings.TrimSpace(name)
		switch {
		case known[name] == nil:
			return r, fmt.Errorf("roles: there is no role %q: use some of %s, separated by commas", name, allRoles)
		case *known[name]:
			return r, fmt.Errorf("roles: %s is listed twice", name)
		}
		*known[name] = true
	}
	return r, nil
}

// needQueue reports whether the process receives or loads submissions.
func (r roles) needQueue() bool { return r.web || r.load }

// NeedsQueue reports whether the roles of the process need the queue of submissions.
func (c *Config) NeedsQueue() bool {
	r, err := c.roles()
	return err == nil && r.needQueue()
}
