// SPDX-License-Identifier: Apache-2.0

package front

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"strings"
)

// How many bytes of an answer are held until it is complete, before compression. The
// largest script of a front end has some megabytes.
const (
	maxHeld     = 256 << 10
	maxHeldFile = 8 << 20
)

// freshFor is how long browsers and proxies may reuse an answer.
const freshFor = "public, max-age=5"

// response is a complete answer.
type response struct {
	status int
	header http.Header // its own headers, without those of every answer
	body   []byte      // compressed, if it is sent so
	tag    string      // of this body, or the one that the handler gave it; "" for none
}

// exchange is a request, with its handler and how it is answered.
type exchange struct {
	w      http.ResponseWriter
	r      *http.Request
	coding coding
	most   int  // bytes to hold
	fresh  bool // browsers and proxies may reuse the answer for freshFor, unless it says otherwise
	// A proxy must not keep the answer, because others may not see what the owner of the
	// token sees.
	private bool
	vary    string
	h       http.HandlerFunc
}

// responseBuffer holds an answer until it is complete. An answer that is too large is
// sent while it is written. It compresses the answer once in both cases.
type responseBuffer struct {
	exchange
	overflow func() // called when the answer gets too large; may be nil

	header http.Header
	status int
	held   []byte
	sent   bool       // the headers are sent
	to     compressor // if the answer is sent compressed while it is written
}

// respond calls the handler. It returns the answer, or nil if the answer is sent already.
func (c exchange) respond(overflow func()) (all *response) {
	to := &responseBuffer{exchange: c, overflow: overflow, header: make(http.Header, 4)}
	defer func() {
		if to.to != nil {
			to.coding.end(to.to)
		}
		if cause := recover(); cause != nil {
			err, _ := cause.(error)
			switch broken := errors.Is(err, http.ErrAbortHandler); {
			case broken && !to.sent:
				all = to.brokenOff()
			case broken && c.r.Method == http.MethodHead: // the client has all it asked for
			default:
				panic(cause)
			}
		}
	}()
	c.h(to, c.forHandler())
	return to.finish()
}

// forHandler returns the request for the handler: a GET without conditions, because
// other clients may get the same answer, and only we know which of them have it.
func (c exchange) forHandler() *http.Request {
	if c.r.Method != http.MethodGet && c.r.Method != http.MethodHead {
		return c.r
	}
	r := c.r.WithContext(c.r.Context())
	r.Method = http.MethodGet
	r.Header = r.Header.Clone()
	for _, condition := range []string{"If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range", "Range"} {
		r.Header.Del(condition)
	}
	return r
}

// ErrHead is the error of writing the body of an answer to HEAD, once its headers are
// known.
var ErrHead = errors.New("the method is HEAD")

// Header implements http.ResponseWriter.
func (c *responseBuffer) Header() http.Header { return c.header }

// WriteHeader implements http.ResponseWriter.
func (c *responseBuffer) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
}

// Write implements http.ResponseWriter.
func (c *responseBuffer) Write(p []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	if !c.sent && len(c.held)+len(p) <= c.most {
		c.held = append(c.held, p...)
		return len(p), nil
	}
	if !c.sent {
		if err := c.send(); err != nil {
			return 0, err
		}
	}
	return c.pass(p)
}

// send sends the headers and the held part of the body.
func (c *responseBuffer) send() error {
	c.sent = true
	if c.overflow != nil {
		c.overflow()
	}
	c.complete()
	if c.compresses() {
		c.header.Set("Content-Encoding", string(c.coding))
		c.header.Del("Content-Length")
	} else {
		c.coding = ""
	}
	put(c.w.Header(), c.header)
	c.w.WriteHeader(c.status)
	if c.r.Method == http.MethodHead {
		return ErrHead
	}
	if c.coding != "" {
		c.to = c.coding.begin(c.w)
	}
	held := c.held
	c.held = nil
	_, err := c.pass(held)
	return err
}

func (c *responseBuffer) pass(p []byte) (int, error) {
	if c.to != nil {
		return c.to.Write(p)
	}
	return c.w.Write(p)
}

// complete adds the headers that every answer has.
func (c *responseBuffer) complete() {
	c.header.Add("Vary", c.vary)
	switch own := c.header.Get("Cache-Control"); {
	case own == "":
		value := "no-store"
		if c.fresh && c.status == http.StatusOK && c.r.Method != http.MethodPost {
			value = freshFor
		}
		c.header.Set("Cache-Control", value)
	case c.private && own != "no-store":
		c.header.Set("Cache-Control", "private, no-cache")
	}
}

// compresses reports whether to compress the answer.
func (c *responseBuffer) compresses() bool {
	return c.coding != "" && c.header.Get("Content-Encoding") == "" && compressible(c.header.Get("Content-Type"))
}

// finish ends the answer.
func (c *responseBuffer) finish() *response {
	if c.sent {
		if c.to != nil {
			if err := c.to.Close(); err != nil {
				panic(http.ErrAbortHandler)
			}
		}
		return nil
	}
	c.WriteHeader(http.StatusOK)
	c.complete()
	all := &response{status: c.status, header: c.header, body: c.held}
	coding := c.coding
	if len(all.body) < worthwhile || !c.compresses() {
		coding = ""
	}
	if c.status == http.StatusOK && c.r.Method != http.MethodPost {
		all.tag = c.tag(coding)
		c.header.Set("ETag", all.tag)
	}
	if coding != "" {
		all.body = coding.compress(all.body)
		c.header.Set("Content-Encoding", string(coding))
	}
	c.header.Set("Content-Length", strconv.Itoa(len(all.body)))
	return all
}

// tag returns the ETag of the answer. A handler gives its own to answers that say the same
// in other bytes. All other tags are strong, so that each coding has its own.
func (c *responseBuffer) tag(sentAs coding) string {
	if own := c.header.Get("ETag"); own != "" {
		return own
	}
	sum := sha256.Sum256(c.held)
	tag := hex.EncodeToString(sum[:12])
	if sentAs != "" {
		tag += "-" + string(sentAs)
	}
	return `"` + tag + `"`
}

// brokenOff returns the error that replaces an unfinished answer, if nothing is sent
// yet.
func (c *responseBuffer) brokenOff() *response {
	replaced := &responseBuffer{exchange: c.exchange, header: make(http.Header)}
	Refuse(replaced, http.StatusInternalServerError, "The database does not answer at the moment")
	return replaced.finish()
}

// put adds headers to those of an answer.
func put(to, header http.Header) {
	for name, values := range header {
		if known := to[name]; len(known) > 0 && name == "Vary" {
			values = append(known[:len(known):len(known)], values...)
		}
		to[name] = values
	}
}

// send sends the answer, or 304 if the client has it already.
func (a *response) send(w http.ResponseWriter, r *http.Request) {
	put(w.Header(), a.header)
	if a.tag != "" && a.matches(r.Header.Get("If-None-Match")) {
		w.Header().Del("Content-Length")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		w.Write(a.body)
	}
}

// matches reports whether a header If-None-Match names the answer, by the weak comparison
// of RFC 9110.
func (a *response) matches(header string) bool {
	for header != "" {
		var tag string
		tag, header, _ = strings.Cut(header, ",")
		tag = strings.TrimSpace(tag)
		if tag == "*" || opaque(tag) == opaque(a.tag) {
			return true
		}
	}
	return false
}

// opaque returns a tag without the mark of a weak tag.
func opaque(tag string) string { return strings.TrimPrefix(tag, "W/") }
