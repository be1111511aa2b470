// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Limits of rendering a mail.
const (
	maxSubject   = 4 << 10
	maxBody      = 256 << 10
	maxSteps     = 1_000_000 // rounds of loops and calls of templates
	maxDepth     = 50        // templates within templates
	maxLoops     = 20        // loops within loops of a template
	maxRendering = 5 * time.Second
)

// Names of the templates of a subscription.
const (
	subjectName = "_subject"
	bodyName    = "_body"
)

// Render returns the subject and the body of a mail about data. A text that is too long
// or takes too long is an error, and so is a template that fails. Objects are read with
// the context of their graph.
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
		return "", beyond // without the place in the template
	}
	return out.String(), err
}

// limit is the error of a template that exceeds a limit.
type limit string

func (l limit) Error() string { return string(l) }

func limitError(format string, args ...any) error { return limit(fmt.Sprintf(format, args...)) }

// bounded is a buffer that fails when it is full.
type bounded struct {
	strings.Builder
	most int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, limitError("longer than %d bytes", b.most)
	}
	return b.Builder.Write(p)
}
