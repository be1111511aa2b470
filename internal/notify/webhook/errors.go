// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Error is why a call to a hook failed.
type Error struct {
	Hook   string // its name
	Status int    // of the hook's answer, 0 without an answer
	Text   string // what went wrong, one line that is safe to show
	// Refused: the hook does not want this, and it would be no use to try again.
	Refused bool
	// After is how long the hook asks us to wait, at most a day; 0 if it does not ask.
	After time.Duration

	err error
}

func (e *Error) Error() string { return "webhook " + e.Hook + ": " + e.Text }

// Permanent reports whether trying again does not help.
func (e *Error) Permanent() bool { return e.Refused }

// Down reports whether the error is one of the hook, or of the way to it, and not of
// this delivery: others would not get through either.
func (e *Error) Down() bool {
	return !e.Refused && (e.Status == 0 || e.Status >= 500 || e.Status == http.StatusTooManyRequests)
}

// RetryAfter returns how long to wait at least before trying again.
func (e *Error) RetryAfter() time.Duration { return e.After }

// Unwrap returns what went wrong below, for errors.Is.
func (e *Error) Unwrap() error { return e.err }

// noAnswer makes an Error of a request without an answer.
func noAnswer(hook Hook, u *url.URL, err error) *Error {
	// The URL that http puts around it has more in it than may be shown.
	if outer, is := errors.AsType[*url.Error](err); is {
		err = outer.Err
	}
	_, refused := errors.AsType[*forbidden](err)
	return &Error{Hook: hook.Name, Text: line(u.Host + ": " + err.Error()), Refused: refused, err: err}
}

// answered makes an Error of an answer that is not 2xx.
func answered(hook Hook, u *url.URL, response *http.Response, text []byte, now time.Time) *Error {
	status := response.StatusCode
	e := &Error{Hook: hook.Name, Status: status, Text: strconv.Itoa(status) + " " + http.StatusText(status)}
	switch status / 100 {
	case 3:
		e.Text += ": redirects are not followed"
	case 4:
		switch status {
		case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		default:
			e.Refused = true
		}
	}
	if len(text) > 0 {
		e.Text += ": " + redact(string(text), u, string(hook.Secret))
	}
	e.Text = line(e.Text)
	if !e.Refused {
		e.After = retryAfter(response.Header.Get("Retry-After"), now)
	}
	return e
}

// longest is the longest that a hook can put us off for.
const longest = 24 * time.Hour

// retryAfter reads the header of that name: seconds, or a date.
func retryAfter(value string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	}
	return max(0, min(wait, longest))
}

// redact removes from an answer what only the service and the hook know, in case the
// hook repeats it. Pages that report an unknown path do.
func redact(text string, u *url.URL, secret string) string {
	password, _ := u.User.Password()
	for _, known := range []string{secret, password, u.RequestURI(), u.RawQuery, u.EscapedPath(), u.Path} {
		if len(known) > 1 {
			text = strings.ReplaceAll(text, known, "(secret)")
		}
	}
	return text
}

// maxLine is the most bytes of a line in an error.
const maxLine = 400

// line returns a text from elsewhere as one line that is safe to log and to show.
func line(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) && !unicode.IsSpace(r) {
			return '\uFFFD'
		}
		return r
	}, text)
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > maxLine {
		text = strings.ToValidUTF8(text[:maxLine], "") + "…"
	}
	return text
}
