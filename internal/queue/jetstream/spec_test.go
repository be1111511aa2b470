// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/queue"
	"github.com/kcidb-go/kcidb/internal/testing/address"
)

func TestParse(t *testing.T) {
	for spec, want := range map[string]Config{
		"embedded:dir":         {Dir: "dir"},
		"embedded:/a/b c%20:@": {Dir: "/a/b c%20:@"},
		"embedded:d?stream=S&consumer=c&listen=localhost:4222": {Dir: "d", Stream: "S", Consumer: "c", Listen: "localhost:4222"},
		"embedded:d?listen=0.0.0.0:1&user=ci&password=a%26b":   {Dir: "d", Listen: "0.0.0.0:1", User: "ci", Password: "a&b"},
		"nats://h/S":               {Servers: []string{"h:4222"}, Stream: "S"},
		"nats://h1,h2:5,[::1]:6/S": {Servers: []string{"h1:4222", "h2:5", "[::1]:6"}, Stream: "S"},
		"nats://[::1]/S":           {Servers: []string{"[::1]:4222"}, Stream: "S"},
		"nats://token@h/S":         {Servers: []string{"h:4222"}, Stream: "S", User: "token"},
		"tls://u:p%40%2F@h/S?replicas=3&creds=/f&consumer=c": {
			Servers: []string{"h:4222"}, TLS: true, Stream: "S", User: "u", Password: "p@/", Replicas: 3, CredsFile: "/f", Consumer: "c",
		},
	} {
		got, err := Parse(spec)
		if err != nil {
			t.Errorf("%s: %v", spec, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", spec, diff)
		}
	}
}

func TestParseFaults(t *testing.T) {
	for spec, want := range map[string]string{
		"":                               "no \"embedded:\"",
		"dir":                            "no \"embedded:\"",
		"http://h/S":                     "it must begin",
		"embedded:":                      "a directory must follow",
		"embedded:d?streams=S":           "unknown option \"streams\", there are: consumer, listen, password, stream, user",
		"embedded:d?stream=S&stream=T":   "given 2 times",
		"embedded:d?stream=":             "has no value",
		"embedded:d?stream=a.b":          "is not a queue name",
		"embedded:d?stream=%zz":          "NAME=VALUE",
		"embedded:d?listen=4222":         "is not HOST:PORT",
		"embedded:d?listen=:4222":        "needs authentication",
		"embedded:d?listen=0.0.0.0:4222": "needs authentication",
		"embedded:d?password=p":          "a password needs a user",
		"nats:h/S":                       "\"//\" must follow",
		"nats://h":                       "the name of the queue is missing",
		"nats:///S":                      "is not HOST",
		"nats://h,/S":                    "is not HOST",
		"nats://h:99999/S":               "is not a port",
		"nats://h/S/T":                   "is not a queue name",
		"nats://h/S?replicas=6":          "from 1 to 5",
		"nats://h/S?replicas=x":          "from 1 to 5",
		"nats://:secret@h/S":             "no user before",
		"nats://u:secret%@h/S":           "must be written as %25",
		"nats://u:secret@h?replicas=3":   "the name of the queue is missing",
		"nats://u:secret@h/S?creds&x=y":  "option",
	} {
		_, err := Parse(spec)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", spec, err, want)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the password is in the error: %v", spec, err)
		}
	}
}

func TestOpenNobody(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), "nats://ci:secret@"+address.Reserve(t)+"/KCIDB")
	if !errors.Is(err, queue.ErrUnavailable) || strings.Contains(err.Error(), "secret") {
		t.Errorf("where nobody listens: %v, want %v", err, queue.ErrUnavailable)
	}
}

func TestAtomicBatches(t *testing.T) {
	for version, want := range map[string]bool{
		"2.12.0": true, "2.12.0-RC.1": true, "2.15.2": true, "3.0.0": true,
		"2.11.9": false, "1.20.0": false, "": false, "x.y": false,
	} {
		if got := atomicBatches(version); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, spec := range []string{
		"embedded:dir?stream=S&listen=127.0.0.1:4222&user=u&password=p",
		"nats://u:p%40@h1:1,h2,[::1]:3/S?replicas=3&creds=f&consumer=c", "tls://h/S", "nats://@/",
	} {
		f.Add(spec)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		c, err := Parse(spec)
		if err != nil {
			return
		}
		if (c.Dir == "") == (len(c.Servers) == 0) {
			t.Errorf("%q: directory %q and servers %q", spec, c.Dir, c.Servers)
		}
		if c.Stream != "" && !validName(c.Stream) || c.Consumer != "" && !validName(c.Consumer) {
			t.Errorf("%q: stream %q, consumer %q", spec, c.Stream, c.Consumer)
		}
		for _, server := range c.Servers {
			if again, err := serverAddress(server); err != nil || again != server {
				t.Errorf("%q: server %q", spec, server)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add("S.m.a", `{"id":"a","size":1}`, []byte("x"))
	f.Fuzz(func(t *testing.T, subject, header string, data []byte) {
		i := decode(subject, map[string][]string{infoHeader: {header}}, data, time.Time{})
		if strings.Contains(i.ID, ".") {
			t.Errorf("ID %q", i.ID)
		}
	})
}
