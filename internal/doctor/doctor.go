// SPDX-License-Identifier: Apache-2.0

// Package doctor checks an installation of the service: its configuration, files, TLS
// certificates, disk, clock, databases, artifact store, queue, mail server and subscriptions,
// and says what to do. It leaves everything as it was, and works beside a running service.
package doctor

import (
	"context"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/service"
)

// Status is the result of a check.
type Status string

// The results.
const (
	OK   Status = "OK"
	Warn Status = "WARN" // it works, and should be looked at
	Fail Status = "FAIL" // it does not work
)

// Check is one check with its result.
type Check struct {
	Name   string `json:"name"`
	Status Status `json:"status"`
	Detail string `json:"detail,omitempty"` // the state, or the problem
	Mend   string `json:"mend,omitempty"`   // what to do, often a command
}

// Options say what is checked.
type Options struct {
	Config service.Config
	File   string // of the configuration, "" for none
	MailTo string // address that gets a mail, "" for none
	Now    func() time.Time
}

// patience is how long a check may take.
const patience = 20 * time.Second

// doctor makes the checks.
type doctor struct {
	Options
	report  func(Check)
	running *service.Running // nil if the service does not answer
}

// Run makes all checks, and calls report with each as soon as it is made. It returns early if
// ctx ends.
func Run(ctx context.Context, o Options, report func(Check)) error {
	d := &doctor{Options: o, report: report}
	for _, look := range []func(context.Context){
		d.checkConfig, d.checkRisks, d.checkFiles, d.checkCertificates, d.checkService, d.checkDisk, d.checkDatabase,
		d.checkPublic, d.checkArtifacts, d.checkQueue, d.checkMail, d.checkSubscriptions, d.checkLimits,
	} {
		checking, cancel := context.WithTimeout(ctx, patience)
		look(checking)
		cancel()
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *doctor) ok(name, detail string) { d.report(Check{Name: name, Status: OK, Detail: detail}) }

func (d *doctor) warn(name, detail, mend string) {
	d.report(Check{name, Warn, oneLine(detail), mend})
}

func (d *doctor) fail(name, detail, mend string) {
	d.report(Check{name, Fail, oneLine(detail), mend})
}

// oneLine joins the lines of a text.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
