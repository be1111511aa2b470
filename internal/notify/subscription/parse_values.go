// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/kcidb-go/kcidb/internal/notify/mail"
)

// optional reads a text that may be absent.
func (s *source) optional(found map[string]entry, name string, most int) (w words) {
	e := found[name]
	if e.value == nil {
		return w
	}
	w, _ = s.words(e, e.value)
	if len(w.text) > most {
		s.problem(w.line, w.column, "%s: longer than %d bytes", name, most)
	}
	return w
}

// readTexts reads a text or a list of texts.
func (s *source) readTexts(e entry) (all []words) {
	if e.value == nil {
		return nil
	}
	list, ok := e.value.(*ast.SequenceNode)
	if !ok {
		if w, ok := s.words(e, e.value); ok {
			all = append(all, w)
		}
		return all
	}
	if len(list.Values) > maxTexts {
		s.problemAt(e.key, "%s: %d texts: the limit is %d", e.name, len(list.Values), maxTexts)
		return nil
	}
	for _, n := range list.Values {
		if w, ok := s.words(e, n); ok {
			all = append(all, w)
		}
	}
	return all
}

// addresses reads a list of mail addresses.
func (s *source) addresses(e entry) (all []string) {
	for _, w := range s.readTexts(e) {
		a, err := mail.ParseAddress(w.text)
		if err != nil {
			s.problem(w.line, w.column, "%s: %v", e.name, err)
			continue
		}
		if a.Name == "" {
			all = append(all, a.Addr)
		} else {
			all = append(all, a.String())
		}
	}
	return all
}

// duration reads a duration in Go's style, or in days.
func (s *source) duration(e entry) time.Duration {
	if e.value == nil {
		return 0
	}
	text := e.value.GetToken().Value
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 10); err == nil {
			return time.Duration(n) * 24 * time.Hour
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d >= 1024*24*time.Hour {
		s.problemAt(e.value, "%s: %q is not a time to wait: expected 30m, 3h or 2d, for example", e.name, cut(text, maxName))
	}
	return d
}

// count reads a whole number.
func (s *source) count(e entry) int {
	if e.value == nil {
		return 0
	}
	n, err := strconv.ParseUint(e.value.GetToken().Value, 10, 31)
	if _, ok := e.value.(*ast.IntegerNode); !ok || err != nil {
		s.problemAt(e.value, "%s: expected a whole number, 0 for no limit", e.name)
	}
	return int(n)
}

// boolean reads true or false.
func (s *source) boolean(e entry) bool {
	if e.value == nil {
		return false
	}
	b, ok := e.value.(*ast.BoolNode)
	if !ok {
		s.problemAt(e.value, "%s: expected true or false", e.name)
		return false
	}
	return b.Value
}

// readRoutes reads the routes of notifications.
func (s *source) readRoutes(out *Subscription, e entry) {
	recipients := len(out.To)+len(out.Cc)+len(out.Bcc) > 0
	if e.value == nil {
		if out.Mail = recipients; !recipients && len(s.problems) == 0 {
			s.problem(0, 0, "no recipients: expected addresses in to, cc or bcc, or feed or a webhook in via")
		}
		return
	}
	for _, w := range s.readTexts(e) {
		hook, isHook := strings.CutPrefix(w.text, "webhook:")
		switch {
		case w.text == "mail":
			out.Mail = true
		case w.text == "feed":
			out.Feed = true
		case isHook && namePattern().MatchString(hook):
			if !slices.Contains(out.Hooks, hook) {
				out.Hooks = append(out.Hooks, hook)
				out.vias = append(out.vias, w)
			}
		default:
			s.problem(w.line, w.column, "via: unknown route %q: expected mail, feed or webhook:NAME", cut(w.text, maxName))
		}
	}
	switch {
	case len(s.problems) > 0:
	case out.Mail && !recipients:
		s.problemAt(e.value, "via: mail without recipients in to, cc or bcc")
	case !out.Mail && recipients:
		s.problemAt(e.value, "via: to, cc or bcc have recipients, but mail is missing")
	case !out.Mail && !out.Feed && len(out.Hooks) == 0:
		s.problemAt(e.value, "via: no recipients")
	}
}
