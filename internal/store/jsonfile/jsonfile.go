// SPDX-License-Identifier: Apache-2.0

// Package jsonfile answers from a file of reports, for looking into a dump or
// a submission without a database. The reports are read into a SQLite database
// in memory, which is gone with the store; the file is never changed.
package jsonfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/sqlite"
	"github.com/kcidb-go/kcidb/report"
)

// Driver opens files of reports.
var Driver = store.Driver{
	Name: "json",
	Help: `
json:FILE, the reports in a file: JSON values one after the other. json alone
reads them from standard input, to its end. They are of any schema version,
and their timestamps are kept. Loaded objects are forgotten when the command
ends, and the file stays as it is.
Example: json:dump.json
`,
	Open: func(ctx context.Context, params store.Spec) (store.Sink, error) { return Open(ctx, params()) },
}

// objectsAtOnce is how many objects are loaded in a transaction.
const objectsAtOnce = 8192

// Open reads the reports in a file, or in standard input where file is "",
// into a database of its own, and returns it with its schema.
func Open(ctx context.Context, file string) (store.Sink, error) {
	if file == "" {
		return read(ctx, "json", os.Stdin)
	}
	f, err := os.Open(file)
	if errors.Is(err, os.ErrNotExist) {
		err = fmt.Errorf("%w: %w", store.ErrNotFound, err)
	}
	if err != nil {
		return nil, fmt.Errorf("json: %w", err)
	}
	defer f.Close()
	return read(ctx, "json:"+file, f)
}

func read(ctx context.Context, name string, r io.Reader) (*sqlite.Store, error) {
	s := sqlite.OpenMemory(name)
	if err := fill(ctx, s, r); err != nil {
		s.Close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

func fill(ctx context.Context, s *sqlite.Store, r io.Reader) error {
	if err := s.Init(ctx, store.Version{}); err != nil {
		return err
	}
	for part, err := range report.NewReader(r).Parts(objectsAtOnce) {
		if err != nil {
			return err
		}
		if _, err := s.Load(ctx, part, store.LoadOptions{Metadata: true}); err != nil {
			return err
		}
	}
	return nil
}
