// SPDX-License-Identifier: Apache-2.0

package kcidb_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb"
	"github.com/kcidb-go/kcidb/internal/service"
	"github.com/kcidb-go/kcidb/local"
	"github.com/kcidb-go/kcidb/object"
	"github.com/kcidb-go/kcidb/report"
)

// startService runs a service in a new directory. It returns the address of the service,
// the specification of its database, and a function that stops the service.
func startService() (address, database string, stop func()) {
	dir, err := os.MkdirTemp("", "kcidb")
	if err != nil {
		log.Fatal(err)
	}
	cfg := service.DefaultConfig()
	cfg.Data = filepath.Join(dir, "data")
	cfg.Listen = "127.0.0.1:0"
	s, err := service.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		log.Fatal(err)
	}
	ready := make(chan net.Addr)
	s.Ready = func(a net.Addr) { ready <- a }
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	select {
	case a := <-ready:
		address = "http://" + a.String()
	case err := <-done:
		log.Fatal(err)
	}
	return address, "sqlite:" + filepath.Join(cfg.Data, "kcidb.db"), func() {
		cancel()
		if err := <-done; err != nil {
			log.Fatal(err)
		}
		os.RemoveAll(dir)
	}
}

// A CI system hands in the result of a test, and waits until it is loaded.
func Example() {
	address, _, stop := startService() // yours is running already
	defer stop()

	client, err := kcidb.Connect(address, kcidb.WithToken("TOKEN"))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	id, err := client.Submit(ctx, &report.Report{
		Tests: []report.Test{{
			ID:      "example:test-1",
			Origin:  "example",
			BuildID: "example:build-1",
			Path:    new("boot"),
			Status:  new(report.StatusPass),
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for {
		status, err := client.Status(ctx, id)
		if err != nil {
			log.Fatal(err)
		}
		if status.State == kcidb.StateProcessed || status.State == kcidb.StateFailed {
			fmt.Println(status.State)
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	// Output: processed
}

// The client finds the faults of a report before it sends the report.
func ExampleClient_SubmitJSON_invalid() {
	client, err := kcidb.Connect("https://TOKEN@kcidb.example.org/")
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	_, err = client.SubmitJSON(context.Background(), []byte(`{
		"version": {"major": 5, "minor": 3},
		"tests": [{"id": "example:test-1", "origin": "example", "build_id": "example:build-1", "status": "OK"}]
	}`))
	if invalid, ok := errors.AsType[*report.Error](err); ok {
		for _, fault := range invalid.Faults {
			fmt.Println(fault.ID, fault.Pointer, fault.Found)
		}
	}
	// Output: example:test-1 /tests/0/status "OK"
}

// A stream of reports is handed in one by one; a report that is refused does
// not keep the others from being accepted.
func ExampleClient_SubmitStream() {
	address, _, stop := startService()
	defer stop()
	client, err := kcidb.Connect(address)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	stream := strings.NewReader(`
		{"version": {"major": 5, "minor": 3}, "checkouts": [{"id": "example:1", "origin": "example"}]}
		{"version": {"major": 5, "minor": 3}, "checkouts": [{"id": "example:2"}]}
		{"version": {"major": 4, "minor": 0}, "checkouts": [{"id": "example:3", "origin": "example"}]}`)
	for id, err := range client.SubmitStream(context.Background(), stream) {
		if err != nil {
			fmt.Println("refused:", err)
			continue
		}
		fmt.Println("accepted, with an ID of", len(id), "characters")
	}
	// Output:
	// accepted, with an ID of 32 characters
	// refused: report 2: invalid report: checkouts[0] "example:2" at /checkouts/0: expected a property "origin", found none
	// accepted, with an ID of 32 characters
}

// A program that evaluates reports asks the service for objects by their IDs.
func ExampleClient_Query() {
	client, stop := connectToExample()
	defer stop()

	for r, err := range client.Query(context.Background(), kcidb.Query{
		Builds:  []string{"example:build-1"},
		Parents: true,
	}) {
		if err != nil {
			log.Fatal(err)
		}
		for _, checkout := range r.Checkouts {
			fmt.Println(checkout.ID, "of", *checkout.TreeName)
		}
	}
	// Output: example:checkout-1 of mainline
}

// A pattern leads from objects to related objects, here from a commit to its tests.
func ExampleClient_Match() {
	client, stop := connectToExample()
	defer stop()

	patterns, err := object.Parse(`>revision[5e29d1443c465e29d1443c465e29d1443c465e29, ""]>checkout>build>test#`)
	if err != nil {
		log.Fatal(err)
	}
	for set, err := range client.Match(context.Background(), patterns) {
		if err != nil {
			log.Fatal(err)
		}
		for _, test := range set.Report.Tests {
			fmt.Println(*test.Path, *test.Status)
		}
	}
	// Output:
	// boot PASS
	// ltp.syscalls FAIL
}

// connectToExample returns a client of a new service that has a few objects, and a
// function that stops the service.
func connectToExample() (client *kcidb.Client, disconnect func()) {
	address, database, stop := startService()
	stored, err := local.OpenDatabase(context.Background(), database)
	if err != nil {
		log.Fatal(err)
	}
	defer stored.Close()
	if _, err := stored.Submit(context.Background(), &report.Report{
		Checkouts: []report.Checkout{{
			ID: "example:checkout-1", Origin: "example", TreeName: new("mainline"),
			GitCommitHash: new("5e29d1443c465e29d1443c465e29d1443c465e29"),
		}},
		Builds: []report.Build{{ID: "example:build-1", Origin: "example", CheckoutID: "example:checkout-1"}},
		Tests: []report.Test{
			{ID: "example:test-1", Origin: "example", BuildID: "example:build-1", Path: new("boot"), Status: new(report.StatusPass)},
			{ID: "example:test-2", Origin: "example", BuildID: "example:build-1", Path: new("ltp.syscalls"), Status: new(report.StatusFail)},
		},
	}); err != nil {
		log.Fatal(err)
	}
	client, err = kcidb.Connect(address)
	if err != nil {
		log.Fatal(err)
	}
	return client, func() {
		client.Close()
		stop()
	}
}
