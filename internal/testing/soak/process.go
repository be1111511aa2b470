// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kcidb-go/kcidb/internal/testing/address"
)

const (
	startTime = 3 * time.Minute        // a queue of millions of messages is read first
	askTime   = 20 * time.Second       // for one question to a process
	stopTime  = 2 * time.Minute        // after it a process counts as stuck
	askPause  = 100 * time.Millisecond // between questions
)

// process is a server in a process of its own, which can be killed and started again.
type process struct {
	name    string
	address string
	command []string
	env     []string
	answers func(ctx context.Context) error // fails until the server answers
	log     *os.File
	release func() // of the address

	cmd   *exec.Cmd
	ended chan struct{}
	began time.Time
}

// newService returns a service of the binary kcidb, with settings KEY=VALUE of its
// configuration. It starts nothing. The process writes its log to NAME.log in dir.
func newService(binary, name, dir string, settings ...string) (*process, error) {
	p, err := newProcess(name, dir)
	if err != nil {
		return nil, err
	}
	p.command = []string{binary, "serve"}
	for _, s := range append(settings, "listen="+p.address, "log_level=warn", "subscriptions="+dir) {
		key, value, _ := strings.Cut(s, "=")
		p.env = append(p.env, "KCIDB_"+strings.ToUpper(key)+"="+value)
	}
	p.answers = func(ctx context.Context) error {
		_, err := p.get(ctx, "/health")
		return err
	}
	return p, nil
}

func newProcess(name, dir string) (*process, error) {
	listen, release, err := address.Take()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		release()
		return nil, err
	}
	return &process{name: name, address: listen, log: log, release: release, env: os.Environ()}, nil
}

// close kills the process and releases its address.
func (p *process) close() {
	p.kill()
	p.log.Close()
	p.release()
}

// start starts the process, and returns when it answers.
func (p *process) start(ctx context.Context) error {
	cmd := exec.Command(p.command[0], p.command[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, p.log, p.log
	// The process ends with this program, also if that is killed. Interrupting this program
	// at a terminal must not reach it first.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	p.cmd, p.ended, p.began = cmd, ended, time.Now()
	go func() {
		_ = cmd.Wait()
		close(ended)
	}()
	err := until(ctx, startTime, p.name+" answers", func() error {
		if !p.running() {
			return final{fmt.Errorf("it ended: see %s", p.log.Name())}
		}
		return p.answers(ctx)
	})
	if err != nil {
		p.kill()
	}
	return err
}

func (p *process) url() string { return "http://" + p.address }

// running reports whether the process runs.
func (p *process) running() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// kill ends the process as a power failure would.
func (p *process) kill() {
	if p.running() {
		_ = p.cmd.Process.Kill()
		<-p.ended
	}
}

// stop asks the process to end, and waits.
func (p *process) stop() error {
	if !p.running() {
		return fmt.Errorf("%s ended: see %s", p.name, p.log.Name())
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.ended:
	case <-time.After(stopTime):
		p.kill()
		return fmt.Errorf("%s did not stop within %v", p.name, stopTime)
	}
	if !p.cmd.ProcessState.Success() {
		return fmt.Errorf("%s: %v: see %s", p.name, p.cmd.ProcessState, p.log.Name())
	}
	return nil
}

// get returns the answer to a request.
func (p *process) get(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url()+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s of %s: %s", path, p.name, resp.Status)
	}
	return body, err
}

// metrics returns the metrics of the process by their names with labels.
func (p *process) metrics(ctx context.Context) (map[string]float64, error) {
	text, err := p.get(ctx, "/metrics")
	if err != nil {
		return nil, err
	}
	all := map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, number, _ := strings.Cut(lines.Text(), " ")
		if value, err := strconv.ParseFloat(number, 64); err == nil {
			all[name] = value
		}
	}
	return all, nil
}

// usage is what a process uses at a moment.
type usage struct {
	memory int64         // bytes of resident memory
	files  int           // open files, connections among them
	cpu    time.Duration // that the process has worked
}

// usage returns what the process uses.
func (p *process) usage() (u usage, err error) {
	dir := fmt.Sprintf("/proc/%d/", p.cmd.Process.Pid)
	text, err := os.ReadFile(dir + "statm")
	if err != nil {
		return u, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return u, fmt.Errorf("%s is gone", p.name)
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return u, err
	}
	u.memory = pages * int64(os.Getpagesize())
	if u.cpu, err = cpuTime(dir + "stat"); err != nil {
		return u, err
	}
	files, err := os.ReadDir(dir + "fd")
	u.files = len(files)
	return u, err
}

// cpuTime returns how long a process has worked, from its file stat in /proc.
func cpuTime(file string) (time.Duration, error) {
	const tick = time.Second / 100 // of the kernel's interface, on each architecture of ours
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	// The name of the program, in brackets, may have blanks.
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("%s: %q", file, text)
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * tick, errors.Join(err1, err2)
}

// final is an error that waiting does not mend.
type final struct{ error }

// until calls f until it returns nil. It fails with the last error after the time d.
func until(ctx context.Context, d time.Duration, what string, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for {
		err := f()
		if err == nil {
			return nil
		}
		var last final
		if errors.As(err, &last) {
			return fmt.Errorf("%s: %w", what, last.error)
		}
		select {
		case <-time.After(askPause):
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %v: %w", what, d, err)
		}
	}
}

// diskUse returns the bytes of the files in a folder.
func diskUse(dir string) (n int64) {
	_ = filepath.WalkDir(dir, func(_ string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil // files come and go
		}
		if info, err := entry.Info(); err == nil {
			n += info.Size()
		}
		return nil
	})
	return n
}
