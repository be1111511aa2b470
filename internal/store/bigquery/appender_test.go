// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/kcidb-go/kcidb/internal/errkind"
	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/bigquery/bigquerytest"
	"github.com/kcidb-go/kcidb/report"
)

// appendProxy passes requests on to the test server, unless it has a fault for them.
type appendProxy struct {
	storagepb.UnimplementedBigQueryWriteServer
	to storagepb.BigQueryWriteClient

	mu       sync.Mutex
	faults   []fault // of the next appends
	creating error   // the answer to each request for a stream, if not nil
	appends  int
}

// fault is a fault of an append.
type fault struct {
	err    error
	passed bool // the server gets the rows, and the answer is lost
}

// behind puts a proxy before the test server, for stores that are opened then.
func behind(t *testing.T) *appendProxy {
	t.Helper()
	server := bigquerytest.Shared(t)
	conn, err := grpc.NewClient(server.GRPC, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &appendProxy{to: storagepb.NewBigQueryWriteClient(conn)}
	s := grpc.NewServer(grpc.MaxRecvMsgSize(20 << 20))
	storagepb.RegisterBigQueryWriteServer(s, p)
	go s.Serve(l)
	t.Cleanup(s.Stop)
	t.Setenv(google.BigQueryStorageEmulator, l.Addr().String())
	return p
}

func (p *appendProxy) CreateWriteStream(ctx context.Context, r *storagepb.CreateWriteStreamRequest) (*storagepb.WriteStream, error) {
	if p.creating != nil {
		return nil, p.creating
	}
	return p.to.CreateWriteStream(ctx, r)
}

func (p *appendProxy) GetWriteStream(ctx context.Context, r *storagepb.GetWriteStreamRequest) (*storagepb.WriteStream, error) {
	return p.to.GetWriteStream(ctx, r)
}

func (p *appendProxy) AppendRows(from storagepb.BigQueryWrite_AppendRowsServer) error {
	to, err := p.to.AppendRows(from.Context())
	if err != nil {
		return err
	}
	for {
		request, err := from.Recv()
		if err != nil {
			return err
		}
		f := p.next()
		if f.err != nil && !f.passed {
			return f.err
		}
		if err := to.Send(request); err != nil {
			return err
		}
		answer, err := to.Recv()
		if err != nil {
			return err
		}
		if f.err != nil {
			return f.err
		}
		if err := from.Send(answer); err != nil {
			return err
		}
	}
}

// next returns the fault of the next append.
func (p *appendProxy) next() (f fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.appends++; len(p.faults) > 0 {
		f, p.faults = p.faults[0], p.faults[1:]
	}
	return f
}

// someTests returns tests of a build.
func someTests(n int) *report.Report {
	r := &report.Report{}
	for i := range n {
		r.Tests = append(r.Tests, report.Test{ID: fmt.Sprint("a:", i), Origin: "a", BuildID: "a:1"})
	}
	return r
}

// TestAppendOnce: rows are there once if an answer is lost or a request is refused.
func TestAppendOnce(t *testing.T) {
	unavailable := status.Error(codes.Unavailable, "try again")
	for name, c := range map[string]struct {
		faults []fault
		kind   errkind.Kind // of the error of the first load; zero if it succeeds
	}{
		"answers of the index and the rows are lost": {[]fault{{unavailable, true}, {}, {unavailable, true}}, 0},
		"an answer is lost twice":                    {[]fault{{unavailable, true}, {unavailable, true}}, 0},
		"not available":                              {[]fault{{unavailable, false}}, 0},
		"too many requests":                          {[]fault{{status.Error(codes.ResourceExhausted, "Quota exceeded"), false}}, errkind.Busy},
		"no permission":                              {[]fault{{status.Error(codes.PermissionDenied, "Permission 'TABLES_UPDATE_DATA' denied"), false}}, errkind.Broken},
	} {
		t.Run(name, func(t *testing.T) {
			p := behind(t)
			s := readyStore(t)
			p.faults = c.faults
			_, err := s.Load(t.Context(), someTests(3), store.LoadOptions{})
			if (err != nil) != (c.kind != 0) || err != nil && errkind.Of(err) != c.kind {
				t.Fatalf("Load: kind %v, %v, want kind %v", errkind.Of(err), err, c.kind)
			}
			if err != nil {
				if _, err := s.Load(t.Context(), someTests(3), store.LoadOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			if len(p.faults) > 0 || p.appends <= len(c.faults) {
				t.Errorf("%d appends, and %d faults are left", p.appends, len(p.faults))
			}
			for table, want := range map[string]int{"raw_tests": 3, indexTable: 6} {
				if n := count(t, s, "SELECT COUNT(*) FROM "+s.table(table)); n != want {
					t.Errorf("%s has %d rows, want %d", table, n, want)
				}
			}
		})
	}
}

// TestAppendErrorsSayWhatToDo: each error of the Storage API has a kind, and a text that
// helps, for a new stream and for rows.
func TestAppendErrorsSayWhatToDo(t *testing.T) {
	inOneGoroutine(t)
	for name, c := range map[string]struct {
		code    codes.Code
		message string
		want    error
		kind    errkind.Kind
		text    string
	}{
		"no permission": {codes.PermissionDenied, "Permission 'TABLES_UPDATE_DATA' denied on resource 'projects/p/datasets/d/tables/raw_index' (or it may not exist).",
			store.ErrForbidden, errkind.Broken, "roles/bigquery.dataEditor"},
		"too many requests":   {codes.ResourceExhausted, "Quota exceeded", store.ErrUnavailable, errkind.Busy, "iam-admin/quotas"},
		"not available":       {codes.Unavailable, "try again", store.ErrUnavailable, errkind.Busy, "database is not available"},
		"refused credentials": {codes.Unauthenticated, "Request had invalid authentication credentials.", google.ErrCredentials, errkind.Broken, "gcloud auth application-default login"},
	} {
		for _, creating := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, creating %v", name, creating), func(t *testing.T) {
				p := behind(t)
				s := readyStore(t)
				refused, text := status.Error(c.code, c.message), c.text
				if creating {
					p.creating = refused
					if c.kind == errkind.Busy { // the client tries again until the patience ends
						s.patience, text = 4*time.Second, "did not answer in time"
					}
				} else {
					p.faults = []fault{{refused, false}, {refused, false}, {refused, false}, {refused, false}, {refused, false}}
				}
				_, err := s.Load(t.Context(), someTests(1), store.LoadOptions{})
				if !errors.Is(err, c.want) || errkind.Of(err) != c.kind || !strings.Contains(err.Error(), text) {
					t.Errorf("kind %v, %v\nwant %v, with %q", errkind.Of(err), err, c.want, text)
				}
			})
		}
	}
}
