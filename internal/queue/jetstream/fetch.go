// SPDX-License-Identifier: Apache-2.0

package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// pullRequest is a request of the NATS protocol for messages of a consumer.
type pullRequest struct {
	Batch   int           `json:"batch"`
	Expires time.Duration `json:"expires,omitempty"`
	NoWait  bool          `json:"no_wait,omitempty"`
}

// fetch requests at most n messages, and waits for a first message for the duration wait.
// It returns the messages that the server hands out until the server ends the request,
// also after an error.
//
// Fetch of the NATS client stops listening a second after the end of the request, and with
// a context earlier. A message that is on its way then comes again only after the
// visibility time, and on a busy machine an answer may take longer than a second.
func (q *jsQueue) fetch(n int, wait time.Duration) (msgs []*nats.Msg, err error) {
	end := time.Now().Add(wait + answerTimeout)
	inbox := q.nc.NewInbox()
	answers, err := q.nc.SubscribeSync(inbox)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answers.Unsubscribe() }()
	request, err := json.Marshal(pullRequest{Batch: n, Expires: wait, NoWait: wait == 0})
	if err != nil {
		return nil, err
	}
	if err := q.nc.PublishRequest("$JS.API.CONSUMER.MSG.NEXT."+q.cfg.Stream+"."+q.cfg.Consumer, inbox, request); err != nil {
		return nil, err
	}
	for len(msgs) < n {
		ctx, cancel := context.WithTimeout(q.alive, tryPause)
		msg, err := answers.NextMsgWithContext(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) && q.nc.IsConnected() && time.Now().Before(end) {
			continue
		}
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			return msgs, nil // a server may lose a request
		}
		if err != nil {
			return msgs, err
		}
		switch status := msg.Header.Get("Status"); status {
		case "":
			msgs = append(msgs, msg)
		case "404", "408": // no messages left; no message in time
			return msgs, nil
		case "503":
			return msgs, nats.ErrNoResponders
		default:
			return msgs, fmt.Errorf("the server ended a request for messages: %s %s", status, msg.Header.Get("Description"))
		}
	}
	return msgs, nil
}
