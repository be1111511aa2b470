// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// Hostile is the scenario of a well-behaved client beside hostile ones. The client submits
// reports one after the other, with pauses, and measures when each is acknowledged: alone, and
// beside each of the attacks, in turns.
type Hostile struct {
	Binary string        // kcidb
	Attack []string      // command that attacks: see RunAttack
	Dir    string        // an empty folder for all files
	Each   time.Duration // how long to measure; an attack begins a fifth of it before
	Out    io.Writer

	service *process
	client  *http.Client
	next    func() (*report.Report, bool)
}

// The well-behaved client and the hostile clients have addresses of their own, because some
// limits of the service are for an address.
const (
	goodAddress    = "127.0.0.1"
	hostileAddress = "127.0.0.2"
)

const goodPause = 20 * time.Millisecond // between two submissions of the well-behaved client

// Run runs the scenario and prints its table. It fails if a submission of the well-behaved
// client is not acknowledged, or if the service ends.
func (h *Hostile) Run(ctx context.Context) (err error) {
	if h.service, err = newService(h.Binary, "service", h.Dir, "data="+filepath.Join(h.Dir, "data")); err != nil {
		return err
	}
	defer h.service.close()
	if err := h.service.start(ctx); err != nil {
		return err
	}
	h.client = clientFrom(goodAddress)
	var stop func()
	h.next, stop = iter.Pull(reports(3))
	defer stop()
	if _, err := h.measure(ctx, h.Each); err != nil { // fills the database a little
		return err
	}
	fmt.Fprintf(h.Out, "%-40s %10s %10s %10s %10s %12s\n", "acknowledged within, in ms", "p50", "p99", "p50 times", "p99 times", "memory MB")
	for _, name := range attackNames() {
		alone, err := h.measure(ctx, h.Each)
		if err != nil {
			return err
		}
		beside, memory, err := h.beside(ctx, name)
		if err != nil {
			return fmt.Errorf("beside %s: %w", name, err)
		}
		fmt.Fprintf(h.Out, "%-40s %10.2f %10.2f\n", "alone", share(alone, 50), share(alone, 99))
		fmt.Fprintf(h.Out, "%-40s %10.2f %10.2f %10.2f %10.2f %12d\n", "beside "+attacks[name].about, share(beside, 50), share(beside, 99),
			share(beside, 50)/share(alone, 50), share(beside, 99)/share(alone, 99), memory>>20)
	}
	return h.service.stop()
}

// beside measures beside an attack. It also returns the memory of the service at its end.
func (h *Hostile) beside(ctx context.Context, name string) (times []time.Duration, memory int64, err error) {
	// Other machines attack, so that the attackers must not take this machine's processors. Each
	// thread has a priority of its own, so that it has to be low before there are threads.
	attack := exec.Command("nice", slices.Concat([]string{"-n", "19"}, h.Attack, []string{name, h.service.address})...)
	attack.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := attack.Start(); err != nil {
		return nil, 0, err
	}
	defer func() {
		_ = attack.Process.Kill()
		_ = attack.Wait()
		time.Sleep(h.Each / 10)
	}()
	if _, err := h.measure(ctx, h.Each/5); err != nil {
		return nil, 0, err
	}
	if times, err = h.measure(ctx, h.Each); err != nil {
		return nil, 0, err
	}
	u, err := h.service.usage()
	return times, u.memory, err
}

// measure submits for a duration, and returns how long each acknowledgement took.
func (h *Hostile) measure(ctx context.Context, d time.Duration) (times []time.Duration, err error) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		r, _ := h.next()
		begin := time.Now()
		if _, err := submit(ctx, h.client, h.service.url(), r.AppendJSON(nil)); err != nil {
			return nil, fmt.Errorf("the well-behaved client: %w", err)
		}
		times = append(times, time.Since(begin))
		time.Sleep(goodPause)
	}
	return times, nil
}

// share returns the time in milliseconds within which a share of the times lies.
func share(times []time.Duration, percent int) float64 {
	slices.Sort(times)
	return float64(times[min(len(times)*percent/100, len(times)-1)]) / float64(time.Millisecond)
}

// clientFrom returns a client whose connections come from an address of this machine.
func clientFrom(address string) *http.Client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Client{
		Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 1000},
		Timeout:   askTime,
	}
}
