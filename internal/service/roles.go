// SPDX-License-Identifier: Apache-2.0

package service

import (
	"fmt"
	"strings"
)

// allRoles is what a process does that is not told otherwise.
const allRoles = "web,load,notify"

// roles are what a process does.
type roles struct {
	web    bool // takes submissions in, shows pages, answers queries
	load   bool // loads submissions
	notify bool // tells people what changed
}

// roles reads what the configuration says.
func (c *Config) roles() (r roles, err error) {
	known := map[string]*bool{"web": &r.web, "load": &r.load, "notify": &r.notify}
	for name := range strings.SplitSeq(c.Roles, ",") {
		name = strings.TrimSpace(name)
		switch {
		case known[name] == nil:
			return r, fmt.Errorf("roles: there is no role %q: name some of %s, with commas between", name, allRoles)
		case *known[name]:
			return r, fmt.Errorf("roles: %s is there twice", name)
		}
		*known[name] = true
	}
	return r, nil
}

// needQueue tells whether the process has to do with submissions.
func (r roles) needQueue() bool { return r.web || r.load }
