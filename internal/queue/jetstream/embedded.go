// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/kcidb-go/kcidb/internal/queue"
)

const (
	startTimeout = 2 * time.Minute // after a crash the server reads the whole queue
	stopTimeout  = 20 * time.Second
)

// embedded is a NATS server within this process.
type embedded struct {
	*server.Server
	dir     string
	reserve int64 // of disk space that is left free
	lock    *os.File
	log     *slog.Logger
}

// diskReserve is left free on the disk. A server whose write fails once
// accepts nothing more until it is restarted.
const diskReserve = 64 << 20

// checkSpace returns queue.ErrFull unless the disk has room for messages of size
// bytes. They need the space twice: they are written to a batch first, and
// then to the stream.
func (e *embedded) checkSpace(size int) error {
	free, err := freeBytes(e.dir)
	if err == nil && free < e.reserve+2*int64(size) {
		err = fmt.Errorf("%w: only %d MB are free on the disk of %s", queue.ErrFull, free/1e6, e.dir)
	}
	return err
}

// startServer starts the server of cfg.Dir.
func startServer(cfg Config) (_ *embedded, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("open queue in %s: %w", cfg.Dir, err)
		}
	}()
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	opts := &server.Options{
		ServerName:             "kcidb",
		DontListen:             cfg.Listen == "",
		JetStream:              true,
		StoreDir:               cfg.Dir,
		SyncAlways:             true, // a message is on disk before it is acknowledged
		NoSigs:                 true, // the program handles signals
		DisableJetStreamBanner: true,
		// The only account is the queue's; there is no account to monitor the
		// server.
		NoSystemAccount: true,
	}
	if cfg.Listen != "" {
		if opts.Host, opts.Port, err = splitListen(cfg.Listen); err != nil {
			unlockDir(lock)
			return nil, err
		}
	}
	if cfg.User != "" {
		opts.CustomClientAuthentication = authenticator(cfg.Credentials)
	}
	srv, err := server.NewServer(opts)
	if err != nil {
		unlockDir(lock)
		return nil, err
	}
	log := &serverLog{log: cfg.Logger}
	srv.SetLoggerV2(log, false, false, false)
	e := &embedded{Server: srv, dir: cfg.Dir, reserve: diskReserve, lock: lock, log: cfg.Logger}
	srv.Start()
	ready := false
	for begin := time.Now(); !ready && log.fatal.Load() == nil && time.Since(begin) < startTimeout; {
		ready = srv.ReadyForConnections(100 * time.Millisecond)
	}
	if fatal := log.fatal.Load(); fatal != nil {
		e.stop()
		return nil, errors.New(*fatal)
	}
	if !ready || !srv.JetStreamEnabled() {
		e.stop()
		return nil, errors.New("the server does not start")
	}
	return e, nil
}

func splitListen(address string) (host string, port int, err error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.ParseUint(service, 10, 16)
	if err != nil || n == 0 {
		return "", 0, fmt.Errorf("%q is not a port", service)
	}
	return host, int(n), nil
}

// authenticator authenticates clients by user and password, or, without a password, by
// the user as a token. The server could do this itself, but warns about every
// secret that is not hashed.
type authenticator func() (user, password string)

// Check implements server.Authentication.
func (d authenticator) Check(c server.ClientAuthentication) bool {
	shown := c.GetOpts()
	user, password := d()
	switch {
	case user == "":
		return false
	case password == "":
		return equal(shown.Token, user)
	}
	return equal(shown.Username, user) && equal(shown.Password, password)
}

// equal compares in constant time.
func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// stop ends the server and releases the lock of the directory, in bounded
// time.
func (e *embedded) stop() {
	done := make(chan struct{})
	go func() {
		e.Shutdown()
		e.WaitForShutdown()
		close(done)
	}()
	select {
	case <-done:
		// The lock is released after the server's last write, so that the next
		// process does not meet it.
		unlockDir(e.lock)
	case <-time.After(stopTimeout):
		e.log.Error("embedded queue does not stop; its directory stays locked until the process ends")
	}
}

// serverLog forwards the server's messages to a logger. Its everyday notices
// interest only its developers, so they are left out.
type serverLog struct {
	log   *slog.Logger
	fatal atomic.Pointer[string]
}

func (l *serverLog) Noticef(format string, v ...any) { l.log.Debug(fmt.Sprintf(format, v...)) }
func (l *serverLog) Warnf(format string, v ...any)   { l.log.Warn(fmt.Sprintf(format, v...)) }
func (l *serverLog) Errorf(format string, v ...any)  { l.log.Error(fmt.Sprintf(format, v...)) }
func (l *serverLog) Debugf(string, ...any)           {}
func (l *serverLog) Tracef(string, ...any)           {}

// Fatalf is called where a server program would exit.
func (l *serverLog) Fatalf(format string, v ...any) {
	message := fmt.Sprintf(format, v...)
	l.fatal.CompareAndSwap(nil, &message)
	l.log.Error(message)
}
