// SPDX-License-Identifier: Apache-2.0

package kcidb

import (
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/kcidb-go/kcidb/report"
)

// Receipt is the answer to a submission in part.
type Receipt struct {
	ID       string          `json:"id"`
	Rejected int             `json:"rejected"` // the number of objects with faults, which are not loaded
	Faults   []report.Fault  `json:"faults"`   // of these objects, up to report.MaxFaults
	More     int             `json:"more"`     // the number of other faults
	Repaired int             `json:"repaired"` // the number of repaired values
	Repairs  []report.Repair `json:"repairs"`  // the first report.MaxRepairs of them
}

// SubmitPartly submits a report as SubmitJSON does, but a service may load only its objects
// without faults, and repair values (see report.Sift). The receipt says what was rejected and
// repaired. Queues and databases take whole reports only, and so do older services. If no
// object is without faults, the error is a [*report.Error], and nothing is sent.
func (c *Client) SubmitPartly(ctx context.Context, text []byte) (*Receipt, error) {
	s, ok := c.backend.(*service)
	if !ok {
		id, err := c.SubmitJSON(ctx, text)
		return &Receipt{ID: id}, err
	}
	if err := checkPartly(ctx, text); err != nil {
		return nil, fmt.Errorf("invalid report: %w", err)
	}
	return s.submit(ctx, text, "/submit")
}

// checkPartly returns the faults of a report without a good object.
func checkPartly(ctx context.Context, text []byte) error {
	if _, err := report.Check(ctx, text); err == nil {
		return nil
	}
	sifted, err := report.SiftCheck(ctx, text, report.SiftOptions{})
	if err != nil {
		return err
	}
	if sifted.Objects == 0 && len(sifted.Rejected) > 0 {
		return sifted.Err()
	}
	return nil
}

// SubmitStreamPartly submits the reports of a stream as SubmitStream does, each as
// SubmitPartly does.
func (c *Client) SubmitStreamPartly(ctx context.Context, from io.Reader) iter.Seq2[*Receipt, error] {
	return submitStream(ctx, from, c.SubmitPartly)
}
