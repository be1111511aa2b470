// SPDX-License-Identifier: Apache-2.0

package bigquery

import (
	"context"
	"errors"
	"sync"

	"cloud.google.com/go/bigquery/storage/managedwriter"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/kcidb-go/kcidb/internal/google"
)

// appendSize is how many bytes of rows are appended at once. BigQuery takes 10 MB; 1 MB
// is enough that the costs of a request vanish. A row of more goes alone.
const appendSize = 1 << 20

// appender appends rows to tables, by a stream for each table. A stream makes a row
// visible when it has it, and numbers its rows: if an answer is lost, the rows are sent
// again with their numbers, and BigQuery ignores those that it has.
type appender struct {
	mu      sync.Mutex
	client  *managedwriter.Client
	streams map[string]*stream
}

// stream is the stream of a table. It appends one batch of rows after the other.
type stream struct {
	mu     sync.Mutex
	to     *managedwriter.ManagedStream // nil before the first row, and after an error
	cancel context.CancelFunc           // ends to
	offset int64                        // rows appended so far
}

// rows are the messages of rows for one table.
type rows struct {
	table    string
	of       *descriptorpb.DescriptorProto
	messages [][]byte
}

// append appends rows, and returns when they are visible.
func (s *Store) append(ctx context.Context, r rows) error {
	if len(r.messages) == 0 {
		return nil
	}
	st, err := s.streamOf(r.table)
	if err != nil {
		return err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	for rest := r.messages; len(rest) > 0; {
		n, size := 0, 0
		for n < len(rest) && (n == 0 || size+len(rest[n]) <= appendSize) {
			size += len(rest[n])
			n++
		}
		if err := s.appendTo(ctx, st, r, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

// streamOf returns the stream of a table.
func (s *Store) streamOf(table string) (*stream, error) {
	a := &s.appender
	a.mu.Lock()
	defer a.mu.Unlock()
	if s.closed.Err() != nil {
		return nil, errClosed
	}
	if a.client == nil {
		// The client outlives the operation that needs it first.
		client, err := managedwriter.NewClient(s.closed, s.project, google.GRPC(google.BigQueryStorageEmulator)...)
		if err != nil {
			return nil, err
		}
		a.client, a.streams = client, make(map[string]*stream)
	}
	if a.streams[table] == nil {
		a.streams[table] = &stream{}
	}
	return a.streams[table], nil
}

// appendTo appends a batch. A stream ends when it was not used for days: the batch is
// appended to a new stream then.
func (s *Store) appendTo(ctx context.Context, st *stream, r rows, batch [][]byte) error {
	for again := st.to != nil; ; again = false {
		if st.to == nil {
			if err := s.open(ctx, st, r); err != nil {
				return err
			}
		}
		result, err := st.to.AppendRows(ctx, batch, managedwriter.WithOffset(st.offset))
		if err == nil {
			_, err = result.GetResult(ctx)
		}
		switch {
		case err == nil, status.Code(err) == codes.AlreadyExists:
			st.offset += int64(len(batch))
			return nil
		case ctx.Err() == nil && again && isEnded(err):
			st.end()
		default:
			st.end() // how many rows it has is not known
			return err
		}
	}
}

// open opens a stream. The stream outlives the operation that needs it first, but opening it
// ends with the operation: the client tries for long if BigQuery is not available.
func (s *Store) open(ctx context.Context, st *stream, r rows) error {
	if s.closed.Err() != nil {
		return errClosed // and there is no client any more
	}
	life, cancel := context.WithCancel(s.closed)
	keep := context.AfterFunc(ctx, cancel)
	to, err := s.appender.client.NewManagedStream(life, managedwriter.WithType(managedwriter.CommittedStream),
		managedwriter.WithDestinationTable(managedwriter.TableParentFromParts(s.project, s.dataset, r.table)),
		managedwriter.WithSchemaDescriptor(r.of), managedwriter.EnableWriteRetries(true))
	keep()
	if err != nil {
		cancel()
		return err
	}
	st.to, st.cancel, st.offset = to, cancel, 0
	return nil
}

// isEnded reports whether an error says that a stream is not there any more.
func isEnded(err error) bool {
	code := status.Code(err)
	return code == codes.NotFound || code == codes.InvalidArgument || code == codes.FailedPrecondition
}

func (st *stream) end() {
	st.to.Close()
	st.cancel()
	st.to = nil
}

// close ends all streams. The appender may be used again.
func (a *appender) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.client == nil {
		return nil
	}
	for _, st := range a.streams {
		st.mu.Lock()
		if st.to != nil {
			st.end()
		}
		st.mu.Unlock()
	}
	err := a.client.Close()
	a.client, a.streams = nil, nil
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
