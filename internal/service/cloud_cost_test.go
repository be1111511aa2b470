// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"fmt"
	"testing"

	"cloud.google.com/go/bigquery"
	"google.golang.org/api/iterator"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/store/bigquery/bigquerytest"
	"github.com/kcidb-go/kcidb/report"
)

// TestCloudQueries holds the queries that the tasks ask BigQuery to the numbers from which
// docs/google-cloud.md computes what the service costs: of two submissions, each with a
// build and 50 tests, where each build has a notification.
func TestCloudQueries(t *testing.T) {
	if testing.Short() {
		t.Skip("it has one goroutine, so that the race detector finds nothing, and takes long under it")
	}
	c := startCloud(t, bigquerytest.Spec(t))
	c.startInstance(0)
	for round := range 2 { // in the first, the process also reads what it needs once
		c.submit([][]byte{submissionOf50(round, 0), submissionOf50(round, 1)})
		for _, task := range []struct {
			name string
			most int
		}{{"load", 2}, {"notify", 28}} {
			before := queriesAsked(t)
			if did, err := c.call(&c.instances[0], task.name, 30); err != nil || did == 0 {
				t.Fatalf("%s did %d: %v", task.name, did, err)
			}
			n := queriesAsked(t) - before
			t.Logf("round %d: %s asked %d queries", round, task.name, n)
			if round == 1 && n > task.most {
				t.Errorf("%s asked %d queries, and the guide says %d", task.name, n, task.most)
			}
		}
	}
	if n := len(c.notifications()); n != 4 {
		t.Errorf("%d notifications of 4 builds", n)
	}
}

// submissionOf50 returns a submission with a checkout, a build and 50 tests.
func submissionOf50(round, n int) []byte {
	checkout := fmt.Sprintf("ci:%d.%d", round, n)
	r := &report.Report{
		Checkouts: []report.Checkout{{ID: checkout, Origin: "ci", GitCommitHash: new(fmt.Sprintf("%040d", 10*round+n))}},
		Builds:    []report.Build{{ID: checkout, Origin: "ci", CheckoutID: checkout, Status: new(report.StatusPass)}},
	}
	for i := range 50 {
		id := fmt.Sprintf("%s.%d", checkout, i)
		r.Tests = append(r.Tests, report.Test{ID: id, Origin: "ci", BuildID: checkout, Path: new(fmt.Sprintf("path.%d", i)), Status: new(report.StatusPass)})
	}
	return r.AppendJSON(nil)
}

// queriesAsked returns how many queries the server of BigQuery had so far.
func queriesAsked(t *testing.T) (n int) {
	t.Helper()
	client, err := bigquery.NewClient(context.Background(), bigquerytest.Project, google.HTTP(google.BigQueryEmulator, "/bigquery/v2/")...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for jobs := client.Jobs(t.Context()); ; n++ {
		if _, err := jobs.Next(); err == iterator.Done {
			return n
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
