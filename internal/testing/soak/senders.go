// SPDX-License-Identifier: Apache-2.0

//go:build linux

package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"sync"
	"time"

	"github.com/kcidb-go/kcidb/report"
)

// senders submit reports over HTTP, and remember which were acknowledged.
type senders struct {
	url    string
	client *http.Client
	next   func() (*report.Report, bool)

	mu           sync.Mutex
	sent         int
	all          *census  // of all reports
	acknowledged *census  // of the acknowledged reports
	ids          []string // of the acknowledged submissions
	refused      map[string]int
}

// newSenders returns senders of reports to a URL, and a function to call at the end.
func newSenders(url string) (*senders, func()) {
	next, stop := iter.Pull(reports(2))
	return &senders{
		url: url, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: askTime},
		next: next, all: newCensus(), acknowledged: newCensus(), refused: map[string]int{},
	}, stop
}

// run lets n senders submit whenever the channel gives a turn, until it is closed.
func (s *senders) run(ctx context.Context, n int, turns <-chan struct{}) {
	var working sync.WaitGroup
	for range n {
		working.Go(func() {
			for range turns {
				s.send(ctx)
			}
		})
	}
	working.Wait()
}

// send submits the next report.
func (s *senders) send(ctx context.Context) {
	s.mu.Lock()
	r, _ := s.next()
	s.sent++
	s.all.add(r)
	s.mu.Unlock()
	id, err := submit(ctx, s.client, s.url, r.AppendJSON(nil))
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.refused[err.Error()]++
		return
	}
	s.ids = append(s.ids, id)
	s.acknowledged.add(r)
}

// submit sends a report, and returns the ID of the submission when it is acknowledged.
func submit(ctx context.Context, client *http.Client, url string, text []byte) (id string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/submit", bytes.NewReader(text))
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", errors.New("no answer")
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", errors.New("half an answer")
	}
	var answer struct{ ID string }
	if err := json.Unmarshal(body, &answer); err != nil || resp.StatusCode != http.StatusOK || answer.ID == "" {
		return "", fmt.Errorf("status %d", resp.StatusCode)
	}
	return answer.ID, nil
}

// turns gives turns at a rate per second until ctx ends. A turn that no sender takes is lost.
func turns(ctx context.Context, rate float64) <-chan struct{} {
	all := make(chan struct{})
	go func() {
		defer close(all)
		tick := time.NewTicker(time.Duration(float64(time.Second) / rate))
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			select {
			case all <- struct{}{}:
			case <-ctx.Done():
			default:
			}
		}
	}()
	return all
}

// someTurns gives n turns, or fewer if ctx ends.
func someTurns(ctx context.Context, n int) <-chan struct{} {
	all := make(chan struct{})
	go func() {
		defer close(all)
		for range n {
			select {
			case all <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return all
}
