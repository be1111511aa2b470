// SPDX-License-Identifier: Apache-2.0

package front

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Methods has the handlers of a path by method. The handler of GET serves HEAD as well.
// Other methods get status 405 and an empty body.
type Methods map[string]http.HandlerFunc

// ServeHTTP implements http.Handler.
func (m Methods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	handler, allowed := m.Find(r.Method)
	if handler == nil {
		w.Header().Set("Allow", allowed)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	handler(w, r)
}

// Find returns the handler of a method. If the path does not allow the method, the
// handler is nil, and allowed has the methods for the header Allow.
func (m Methods) Find(method string) (handler http.HandlerFunc, allowed string) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if handler := m[method]; handler != nil {
		return handler, ""
	}
	all := slices.Collect(maps.Keys(m))
	if m[http.MethodGet] != nil {
		all = append(all, http.MethodHead)
	}
	slices.Sort(all)
	return nil, strings.Join(all, ", ")
}

// NotFound answers with status 404 and an empty body.
func NotFound(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }

// ContentSecurityPolicy tells browsers to load nothing from other sites, to run the script
// of this service only, and to show no page of ours within another page.
const ContentSecurityPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// harden returns a handler that answers by h, with headers that protect readers. It logs a panic of h and answers it with status 500.
func harden(h http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", ContentSecurityPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(cause) // this is how a handler drops the connection
			}
			log.Error("panic while answering", "method", r.Method, "path", r.URL.Path, "panic", cause, "stack", string(debug.Stack()))
			w.WriteHeader(http.StatusInternalServerError)
		}()
		h.ServeHTTP(w, r)
	})
}

// NewServer returns a server for h, with deadlines that h cannot exceed. A Front sets the
// deadlines that fit each kind of request.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           harden(h, log),
		ReadHeaderTimeout: 10 * time.Second,
		WriteTimeout:      answerTime + lastWords,
		IdleTimeout:       2 * time.Minute,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreamsOfConnection},
		MaxHeaderBytes:    32 << 10,
		// Otherwise the server answers "OPTIONS *" itself, without deadlines.
		DisableGeneralOptionsHandler: true,

		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// maxStreamsOfConnection is how many requests a client may send at a time over one
// connection of HTTP/2. A browser needs some tens.
const maxStreamsOfConnection = 64

// Serve serves requests on l until ctx ends, by TLS if the server has a configuration of it. Then it waits at most grace for answers
// that are being made, and drops the remaining connections.
func Serve(ctx context.Context, s *http.Server, l net.Listener, grace time.Duration) error {
	failed := make(chan error, 1)
	go func() {
		if s.TLSConfig != nil {
			failed <- s.ServeTLS(l, "", "") // the configuration has the certificates
		} else {
			failed <- s.Serve(l)
		}
	}()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := s.Shutdown(bounded); err != nil {
		return s.Close()
	}
	return nil
}
