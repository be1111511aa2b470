// SPDX-License-Identifier: Apache-2.0

// Package bigquery keeps reports in a data set of BigQuery: a database without a server of
// one's own, whose price is by the bytes that are stored and read.
//
// Rows are only appended. A load appends a row for each of its objects, with the values
// that came at one time, and no row is ever changed: BigQuery refuses to change rows that
// came less than some 90 minutes ago, and each change reads a whole partition. Objects are
// merged when they are read: by this package, and by the views that dashboards read.
//
// A query is paid by the bytes in the partitions and columns that it names, so no query
// may read a table as a whole to find a few objects. The rows of objects are in partitions
// by the day of their timestamp. The index, another table, leads from the key of an object
// to the days of its rows, and from the key of a parent to its children. The index is in
// partitions by a hash of the key.
//
// A load is no transaction: it appends to the index first, then the objects, and then the
// receipts, so that a load without receipts may be repeated. Repeating it changes nothing
// but times.
package bigquery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"cloud.google.com/go/bigquery"

	"github.com/kcidb-go/kcidb/internal/arrival"
	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/rollup"
	"github.com/kcidb-go/kcidb/internal/store/walk"
)

// Driver opens data sets of BigQuery.
var Driver = store.Driver{
	Name: "bigquery",
	Help: `
bigquery:[PROJECT.]DATASET, a data set of Google BigQuery. Without PROJECT it is in
the project of GOOGLE_CLOUD_PROJECT, or else of the credentials. These are the
application default credentials: a key file in GOOGLE_APPLICATION_CREDENTIALS, those of
"gcloud auth application-default login", or those of the machine in Google Cloud. Init
makes the data set if it does not exist. A word alone that names no driver means
bigquery:WORD. Choose it to keep years of reports without a server; answers take
seconds, and queries are paid by the bytes they read.
Example: bigquery:my-project.kcidb
`,
	Open: func(ctx context.Context, params store.Spec) (store.Sink, error) { return Open(ctx, params()) },
}

// Store is an opened data set.
type Store struct {
	walk.Store // what is answered from object to object

	name             string // the specification, which errors begin with
	project, dataset string
	client           *bigquery.Client
	appender         appender
	clock            *arrival.Clock // the times of loads
	seeding          sync.Mutex
	seeded           bool
	ready            atomic.Bool // the data set had the newest schema
	closed           context.Context
	close            context.CancelFunc
	patience         time.Duration
	limits           limits
	sent             func(query) // called with each query, for tests; may be nil
}

// Open returns the data set [PROJECT.]DATASET, which may not exist yet.
func Open(ctx context.Context, params string) (*Store, error) {
	project, dataset, err := Parse(params)
	if err != nil {
		return nil, err
	}
	if project == "" {
		if project, err = google.Project(ctx); err != nil {
			return nil, fmt.Errorf("bigquery:%s: %w", params, err)
		}
	}
	if !isProject(project) {
		return nil, fmt.Errorf("bigquery:%s: %q is not the ID of a project", params, project)
	}
	client, err := bigquery.NewClient(ctx, project, google.HTTP(google.BigQueryEmulator, "/bigquery/v2/")...)
	if err != nil {
		return nil, fmt.Errorf("bigquery:%s: open: %w", params, google.Explain(err))
	}
	s := &Store{name: "bigquery:" + params, project: project, dataset: dataset, client: client, clock: arrival.NewClock(time.Now), patience: patience, limits: defaultLimits}
	s.closed, s.close = context.WithCancel(context.Background())
	s.Store = walk.New(finder{s}, func() func([]byte) string { return new(rollup.Platforms).Of })
	return s, nil
}

// Parse returns the parts of [PROJECT.]DATASET. The project is "" for the default project.
func Parse(params string) (project, dataset string, err error) {
	dot := strings.LastIndex(params, ".")
	project, dataset = params[:max(dot, 0)], params[dot+1:]
	if !isDataset(dataset) || dot == 0 {
		return "", "", fmt.Errorf("bigquery:%s: no data set given: the specification is bigquery:[PROJECT.]DATASET", params)
	}
	return project, dataset, nil
}

// isDataset reports whether BigQuery takes a text as the name of a data set.
func isDataset(name string) bool {
	for _, c := range name {
		if c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return name != "" && len(name) <= 1024
}

// isProject reports whether a text may be the ID of a project: letters, digits and hyphens,
// behind a domain and a colon in old ones. SQL texts name the project.
func isProject(id string) bool {
	for _, c := range id {
		if c != '-' && c != '.' && c != ':' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return id != ""
}

var errClosed = errors.New("the database is closed")

// limits decide how rows come, and how much memory a compaction takes.
type limits struct {
	// bulkObjects is from how many objects on a load in bulk goes by load jobs. Fewer are
	// faster, and as cheap, by requests.
	bulkObjects int
	// largeRow is from which size on a row goes by a load job. BigQuery appends rows of up
	// to 10 MB by requests; this leaves room for the request.
	largeRow int
	// piece is how many bytes of rows a compaction keeps in memory. A job loads them into
	// a table of its own, so the number of jobs does not matter.
	piece int
}

var defaultLimits = limits{bulkObjects: 10_000, largeRow: 3 << 20, piece: 32 << 20}

// patience is how long an operation may take that is no stream of objects. The client
// tries again and again, without an end, if BigQuery is not available.
const patience = 5 * time.Minute

var errSlow = fmt.Errorf("%w: BigQuery did not answer in time", store.ErrUnavailable)

// Close ends what is running, and closes the connections.
func (s *Store) Close() error {
	s.close()
	return s.failure(context.Background(), "close", errors.Join(s.appender.close(), s.client.Close()))
}

// during returns a context that also ends when the store is closed.
func (s *Store) during(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.closed, func() { cancel(errClosed) })
	return ctx, func() {
		stop()
		cancel(nil)
	}
}

// shortly is during for an operation that is no stream of objects.
func (s *Store) shortly(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, end := s.during(ctx)
	ctx, cancel := context.WithTimeoutCause(ctx, s.patience, errSlow)
	return ctx, func() {
		cancel()
		end()
	}
}

// table returns the name of a table as it is written in SQL.
func (s *Store) table(name string) string {
	return "`" + s.project + "." + s.dataset + "." + name + "`"
}
