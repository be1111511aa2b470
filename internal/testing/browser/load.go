// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"

	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// Load is how the page of a tab was loaded.
type Load struct {
	// Requests are in the order in which the browser sent them. The browser may ask for the
	// icon later, so that it is missing.
	Requests []Request
	// Shift is the sum of the layout shifts, and LongTasks are the tasks that took more than
	// 50 ms. With scripts off the browser does not measure them.
	Shift     float64
	Shifted   []string // the elements that moved
	LongTasks []time.Duration
}

// Bytes returns the number of bytes that the browser received, with headers.
func (l Load) Bytes() (sum int) {
	for _, r := range l.Requests {
		sum += r.Bytes
	}
	return sum
}

// Request is a request that the browser sent for a page. A redirect is a request of its own.
type Request struct {
	URL    string
	Status int // 0 without an answer
	Bytes  int // received, with headers; 0 from the browser's cache
}

// watch measures in the page.
const watch = `window.browserWatch = {shift: 0, shifted: [], tasks: []};
{
	const observe = (type, take) => {
		const observer = new PerformanceObserver(list => list.getEntries().forEach(take));
		observer.observe({type, buffered: true});
		return () => observer.takeRecords().forEach(take);
	};
	const takes = [
		observe('layout-shift', e => {
			if (e.hadRecentInput) return;
			browserWatch.shift += e.value;
			browserWatch.shifted.push(...e.sources.map(({node}) => (node?.parentElement?.nodeName ?? '') + ' ' + (node?.nodeName ?? '') + ' ' + (node?.textContent ?? '').slice(0, 40)));
		}),
		observe('longtask', e => browserWatch.tasks.push(e.duration)),
	];
	browserWatch.take = () => { takes.forEach(take => take()); return browserWatch; };
}`

// measured waits for two frames, because the browser observes a frame when the frame is
// painted.
const measured = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(browserWatch.take()))))`

// Load returns how the page that Visit or Go reached was loaded. It waits until each
// request has its answer.
func (b *Tab) Load() Load {
	b.t.Helper()
	l := Load{}
	eventually.True(b.t, "each request has its answer", func() (done bool) {
		l.Requests, done = b.requests()
		return done
	})
	if b.look.NoScripts {
		return l
	}
	seen := Evaluate[struct {
		Shift   float64
		Shifted []string
		Tasks   []float64
	}](b, measured)
	l.Shift, l.Shifted = seen.Shift, seen.Shifted
	for _, milliseconds := range seen.Tasks {
		l.LongTasks = append(l.LongTasks, time.Duration(milliseconds*float64(time.Millisecond)))
	}
	return l
}

// Complaints takes the complaints of the browser since the last call: errors of scripts,
// messages on the console, violations of the Content-Security-Policy, failed requests.
func (b *Tab) Complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := b.complaints
	b.complaints = nil
	return taken
}

// recorder records the events of a tab.
type recorder struct {
	mu         sync.Mutex
	complaints []string
	page       cdp.LoaderID // that is loaded
	sent       []*sent      // for the page, since the last forget
}

// sent is a request that was sent.
type sent struct {
	Request
	id    network.RequestID
	ended bool
}

// forget forgets the requests, because another page is loaded.
func (c *recorder) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent = nil
}

// requests returns the requests. done is false while one of them has no answer yet.
func (c *recorder) requests() (all []Request, done bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sent {
		all = append(all, s.Request)
	}
	return all, len(all) > 0 && !slices.ContainsFunc(c.sent, func(s *sent) bool { return !s.ended })
}

// record records an event of the browser.
func (c *recorder) record(event any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		c.complain(e.Entry.Text, e.Entry.URL)
	case *runtime.EventExceptionThrown:
		c.complain(thrown(e.ExceptionDetails), e.ExceptionDetails.URL)
	case *runtime.EventConsoleAPICalled:
		c.complain(spoken(e), "")
	case *network.EventRequestWillBeSent:
		c.send(e)
	case *network.EventResponseReceived:
		c.with(e.RequestID, func(s *sent) { s.Status = int(e.Response.Status) })
	case *network.EventLoadingFinished:
		c.with(e.RequestID, func(s *sent) { s.Bytes, s.ended = int(e.EncodedDataLength), true })
	case *network.EventLoadingFailed:
		c.with(e.RequestID, func(s *sent) {
			s.ended = true
			if !e.Canceled {
				c.complain(e.ErrorText, s.URL)
			}
		})
	}
}

func (c *recorder) complain(text, url string) {
	if url != "" {
		text += " (" + url + ")"
	}
	c.complaints = append(c.complaints, text)
}

// send records a request. An event about a redirected request has the redirect's answer.
func (c *recorder) send(e *network.EventRequestWillBeSent) {
	if strings.HasPrefix(e.Request.URL, "data:") {
		return
	}
	// The browser drops the requests of the page that it leaves without a word, also those that
	// the page sends before the next one takes its place.
	if e.Type == network.ResourceTypeDocument && e.RedirectResponse == nil {
		c.sent, c.page = nil, e.LoaderID
	}
	if e.LoaderID != c.page {
		return
	}
	if e.RedirectResponse != nil {
		c.with(e.RequestID, func(s *sent) {
			s.Status, s.Bytes, s.ended = int(e.RedirectResponse.Status), int(e.RedirectResponse.EncodedDataLength), true
		})
	}
	c.sent = append(c.sent, &sent{Request: Request{URL: e.Request.URL}, id: e.RequestID})
}

// with calls f with the newest request of an ID, if the tab recorded one.
func (c *recorder) with(id network.RequestID, f func(*sent)) {
	for _, s := range slices.Backward(c.sent) {
		if s.id == id {
			f(s)
			return
		}
	}
}

// thrown returns the text of an exception that no script caught.
func thrown(e *runtime.ExceptionDetails) string {
	if e.Exception == nil || e.Exception.Description == "" {
		return e.Text
	}
	return e.Exception.Description
}

// spoken returns the text of a message that a script wrote to the console.
func spoken(e *runtime.EventConsoleAPICalled) string {
	text := "console." + string(e.Type) + ":"
	for _, a := range e.Args {
		if a.Description != "" {
			text += " " + a.Description
		} else {
			text += fmt.Sprintf(" %s", a.Value)
		}
	}
	return text
}
