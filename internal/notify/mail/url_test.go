// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/auth/secret"
	"github.com/kcidb-go/kcidb/internal/notify/mail"
)

func TestParseURL(t *testing.T) {
	for url, want := range map[string]mail.Target{
		"smtp://mx.example.org":                        {Host: "mx.example.org", Port: 25, StartTLS: "always"},
		"smtp://mx.example.org.:2525/?starttls=never":  {Host: "mx.example.org", Port: 2525, StartTLS: "never"},
		"smtp://bot%40example.org@mx.example.org":      {Host: "mx.example.org", Port: 587, User: "bot@example.org", StartTLS: "always"},
		"smtps://bot@mx.example.org":                   {Host: "mx.example.org", Port: 465, User: "bot", Implicit: true},
		"smtp://localhost":                             {Host: "localhost", Port: 25, StartTLS: "offered"},
		"smtp://[::1]:1025":                            {Host: "::1", Port: 1025, StartTLS: "offered"},
		"smtp://bot@127.0.0.2:1025?starttls=never":     {Host: "127.0.0.2", Port: 1025, User: "bot", StartTLS: "never"},
		"smtp://127.0.0.1?starttls=always":             {Host: "127.0.0.1", Port: 25, StartTLS: "always"},
		"SMTP://[::ffff:127.0.0.1]:25?starttls=always": {Host: "::ffff:127.0.0.1", Port: 25, StartTLS: "always"},
	} {
		got, err := mail.ParseURL(url)
		if err != nil || got != want {
			t.Errorf("%s: %v %s", url, err, cmp.Diff(want, got))
		}
	}
	for url, want := range map[string]string{
		"":                                     "must start with smtp://",
		"http://x":                             "must start with smtp://",
		"mx.example.org:25":                    "must start with",
		"smtp:mx.example.org":                  "no valid host",
		"smtp://":                              "no valid host",
		"smtp://bot:hunter2@mx":                "has a password",
		"smtp://bot:hunter2@mx:x":              "not a URL",
		"smtp://bot:hunter2 @mx":               "not a URL",
		"smtp://bot:@mx":                       "has a password",
		"smtp://@mx":                           "the user",
		"smtp://a%0Db@mx":                      "the user",
		"smtp://mx:0":                          "between 1 and 65535",
		"smtp://mx:65536":                      "between 1 and 65535",
		"smtp://mx:":                           "no port after it",
		"smtp://mx/inbox":                      "behind the host",
		"smtp://mx#x":                          "behind the host",
		"smtp://m%20x":                         "",
		"smtp://mx?starttls=maybe":             "neither never nor always",
		"smtp://mx?starttls=never&starttls=":   "neither never nor always",
		"smtp://mx?tls=never":                  "there is only starttls",
		"smtp://mx?%zz":                        "cannot be read",
		"smtps://mx?starttls=always":           "not for smtps",
		"smtp://bot@mx.example?starttls=never": "show the password",
	} {
		got, err := mail.ParseURL(url)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is %+v, %v; want an error with %q", url, got, err, want)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for want, c := range map[string]mail.Config{
		"password is missing": {URL: "smtp://bot@mx"},
		"has no user":         {URL: "smtp://mx", Password: secret.Fixed("hunter2")},
		"sender of mail":      {URL: "smtp://mx", From: "x"},
		"not a host's name":   {URL: "smtp://mx", Hello: "a b"},
		"must start with":     {URL: "mx"},
	} {
		if _, err := mail.New(c); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: %v, want an error with %q", c, err, want)
		}
	}
}
