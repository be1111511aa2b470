// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/describe/document"
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

// Render returns the subject and the body of a mail about data. The body has the blocks
// of the standard templates, and the subscription's own text as Preformatted. A text that
// is too long or takes too long is an error, and so is a template that fails. Objects are
// read with the context of their graph.
//
// The texts in Preformatted are as the template wrote them, with control characters.
func (s *Subscription) Render(ctx context.Context, data any) (subject string, body document.Document, err error) {
	ctx, cancel := context.WithTimeout(ctx, maxRendering)
	defer cancel()
	rendered, err := s.render(ctx, subjectName, maxSubject, data)
	if err != nil {
		return "", nil, fmt.Errorf("subject: %w", err)
	}
	if body, err = s.render(ctx, bodyName, maxBody, data); err != nil {
		return "", nil, fmt.Errorf("body: %w", err)
	}
	return oneLine(rendered.Text()), body, nil
}

func (s *Subscription) render(ctx context.Context, name string, most int, data any) (rendered document.Document, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	t, err := s.templates.Clone()
	if err != nil {
		return nil, err
	}
	w := &walker{ctx: ctx, out: &bounded{most: most}}
	err = t.Funcs(w.funcs()).ExecuteTemplate(w.out, name, data)
	if beyond := limit(""); errors.As(err, &beyond) {
		return nil, beyond // without the place in the template
	}
	return w.document(), err
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
