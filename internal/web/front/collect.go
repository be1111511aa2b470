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

// maxWhole is how many bytes of an answer are held back, before compression, until
// it is whole.
const maxWhole = 256 << 10

// freshFor is for how long browsers and proxies may take an answer for what they
// would get now.
const freshFor = "public, max-age=5"

// whole is an answer that is there in full.
type whole struct {
	status int
	header http.Header // of its own, without those of all answers
	body   []byte      // as it is sent
	tag    string      // strong, of this body; "" for none
}

// collecting is what an answer is collected for.
type collecting struct {
	w      http.ResponseWriter
	r      *http.Request
	coding coding
	fresh  bool // others may keep the answer for freshFor, where it does not say otherwise
	h      http.HandlerFunc
}

// collector holds an answer back until it is whole. One that is too large for that
// is sent while it is written. Either way it is compressed, once.
type collector struct {
	collecting
	overflow func() // called when the answer gets too large, may be nil

	header http.Header
	status int
	held   []byte
	sent   bool       // the beginning is on its way
	to     compressor // where that is compressed
}

// collect has the handler answer. It returns the answer, or nil where it was sent
// already.
func (c collecting) collect(overflow func()) (all *whole) {
	to := &collector{collecting: c, overflow: overflow, header: make(http.Header, 4)}
	defer func() {
		if to.to != nil {
			to.coding.end(to.to)
		}
		if cause := recover(); cause != nil {
			err, _ := cause.(error)
			switch broken := errors.Is(err, http.ErrAbortHandler); {
			case broken && !to.sent:
				all = to.brokenOff()
			case broken && c.r.Method == http.MethodHead: // nobody misses anything
			default:
				panic(cause)
			}
		}
	}()
	c.h(to, c.asked())
	return to.finish()
}

// asked returns the request as the handler gets it: one for the whole answer, as it
// is now. Others may get it as well, and only we know which of them have it.
func (c collecting) asked() *http.Request {
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

// ErrNobodyReads is why the writing of an answer to HEAD ends.
var ErrNobodyReads = errors.New("the method is HEAD")

// Header implements http.ResponseWriter.
func (c *collector) Header() http.Header { return c.header }

// WriteHeader implements http.ResponseWriter.
func (c *collector) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
}

// Write implements http.ResponseWriter.
func (c *collector) Write(p []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	if !c.sent && len(c.held)+len(p) <= maxWhole {
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

// send sends what is held.
func (c *collector) send() error {
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
		return ErrNobodyReads
	}
	if c.coding != "" {
		c.to = c.coding.begin(c.w)
	}
	held := c.held
	c.held = nil
	_, err := c.pass(held)
	return err
}

func (c *collector) pass(p []byte) (int, error) {
	if c.to != nil {
		return c.to.Write(p)
	}
	return c.w.Write(p)
}

// complete adds the headers that all answers have.
func (c *collector) complete() {
	c.header.Add("Vary", "Accept-Encoding")
	if c.header.Get("Cache-Control") == "" {
		value := "no-store"
		// What a sender may see who says who it is, a proxy must not give to others.
		if c.fresh && c.status == http.StatusOK && c.r.Method != http.MethodPost && c.r.Header["Authorization"] == nil {
			value = freshFor
		}
		c.header.Set("Cache-Control", value)
	}
}

// compresses tells whether the answer is one to compress.
func (c *collector) compresses() bool {
	return c.coding != "" && c.header.Get("Content-Encoding") == "" && compressible(c.header.Get("Content-Type"))
}

// finish ends the answer.
func (c *collector) finish() *whole {
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
	all := &whole{status: c.status, header: c.header, body: c.held}
	if c.status == http.StatusOK && c.r.Method != http.MethodPost {
		sum := sha256.Sum256(c.held)
		all.tag = hex.EncodeToString(sum[:12])
	}
	if len(all.body) >= worthwhile && c.compresses() {
		all.body = c.coding.compress(all.body)
		c.header.Set("Content-Encoding", string(c.coding))
		if all.tag != "" {
			all.tag += "-" + string(c.coding)
		}
	}
	if all.tag != "" {
		all.tag = `"` + all.tag + `"`
		c.header.Set("ETag", all.tag)
	}
	c.header.Set("Content-Length", strconv.Itoa(len(all.body)))
	return all
}

// brokenOff returns the answer in place of one that was not finished, and of which
// nothing was sent.
func (c *collector) brokenOff() *whole {
	again := &collector{collecting: c.collecting, header: make(http.Header)}
	Refuse(again, http.StatusInternalServerError, "The database does not answer at the moment")
	return again.finish()
}

// put adds headers to those of an answer.
func put(to, header http.Header) {
	for name, values := range header {
		if there := to[name]; len(there) > 0 && name == "Vary" {
			values = append(there[:len(there):len(there)], values...)
		}
		to[name] = values
	}
}

// answer sends the answer, or that nothing changed.
func (a *whole) answer(w http.ResponseWriter, r *http.Request) {
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

// matches tells whether a header If-None-Match names the answer.
func (a *whole) matches(header string) bool {
	for header != "" {
		var tag string
		tag, header, _ = strings.Cut(header, ",")
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == a.tag || tag == "*" {
			return true
		}
	}
	return false
}
