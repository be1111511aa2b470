// SPDX-License-Identifier: Apache-2.0

package local_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/kcidb-go/kcidb"
	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/all"
	"github.com/kcidb-go/kcidb/local"
	"github.com/kcidb-go/kcidb/report"
)

// exampleDatabase makes a database, as "kcidb db init" does.
func exampleDatabase() (database string, remove func()) {
	dir, err := os.MkdirTemp("", "kcidb")
	if err != nil {
		log.Fatal(err)
	}
	database = "sqlite:" + filepath.Join(dir, "kcidb.db")
	s, err := all.Open(context.Background(), database)
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	if err := s.Init(context.Background(), store.Version{}); err != nil {
		log.Fatal(err)
	}
	return database, func() { os.RemoveAll(dir) }
}

// A program loads reports into a database of its own, and asks the database for them.
func ExampleOpenDatabase() {
	database, remove := exampleDatabase()
	defer remove()

	client, err := local.OpenDatabase(context.Background(), database)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Submit(context.Background(), &report.Report{
		Checkouts: []report.Checkout{{ID: "example:1", Origin: "example", TreeName: new("mainline")}},
	}); err != nil {
		log.Fatal(err)
	}
	for r, err := range client.Query(context.Background(), kcidb.Query{Checkouts: []string{"example:1"}}) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(*r.Checkouts[0].TreeName)
	}
	// Output: mainline
}
