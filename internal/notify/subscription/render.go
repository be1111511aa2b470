// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// What rendering a mail may come to.
const (
	maxSubject   = 4 << 10
	maxBody      = 256 << 10
	maxSteps     = 1_000_000 // rounds of loops, and templates begun
	maxDepth     = 50        // templates within templates
	maxLoops     = 20        // loops within loops of a template
	maxRendering = 5 * time.Second
)

// The names of the templates of a subscription among those that it may use.
const (
	subjectName = "_subject"
	bodyName    = "_body"
)

// Render returns the subject and the body of a mail that tells of data. What is
// too long, takes too long or fails is an error. Objects are read from the
// database under the context of their views.
func (s *Subscription) Render(ctx context.Context, data any) (subject, body string, err error) {
	ctx, cancel := context.WithTimeout(ctx, maxRendering)
	defer cancel()
	if subject, err = s.render(ctx, subjectName, maxSubject, data); err != nil {
		return "", "", fmt.Errorf("subject: %w", err)
	}
	if body, err = s.render(ctx, bodyName, maxBody, data); err != nil {
		return "", "", fmt.Errorf("body: %w", err)
	}
	return oneLine(subject), body, nil
}

func (s *Subscription) render(ctx context.Context, name string, most int, data any) (text string, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	t, err := s.templates.Clone()
	if err != nil {
		return "", err
	}
	out := &bounded{most: most}
	err = t.Funcs((&walker{ctx: ctx}).funcs()).ExecuteTemplate(out, name, data)
	if beyond := limit(""); errors.As(err, &beyond) {
		return "", beyond // where the templates were then is of no interest
	}
	return out.String(), err
}

// limit is the error of templates that went beyond one.
type limit string

func (l limit) Error() string { return string(l) }

func beyond(format string, args ...any) error { return limit(fmt.Sprintf(format, args...)) }

// bounded keeps so much of what is written, and fails when there is more.
type bounded struct {
	strings.Builder
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, beyond("longer than %d bytes", b.most)
	}
	return b.Builder.Write(p)
}
