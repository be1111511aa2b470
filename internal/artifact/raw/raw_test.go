// SPDX-License-Identifier: Apache-2.0

package raw_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/artifact"
	"github.com/kcidb-go/kcidb/internal/artifact/folder"
	"github.com/kcidb-go/kcidb/internal/artifact/raw"
)

// bench is a store in a folder, with a clock that tests move.
type bench struct {
	*raw.Store
	now time.Time
}

func newBench(t *testing.T) *bench {
	t.Helper()
	f, err := folder.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	b := &bench{now: time.Now()}
	b.Store = &raw.Store{Artifacts: &artifact.Store{Bucket: f}, Now: func() time.Time { return b.now }}
	return b
}

func received(id string, data string) raw.Received {
	return raw.Received{Data: []byte(data), Submission: raw.Submission{
		ID: id, Origin: "ci", Token: "0123456789abcdef", Origins: "ci,lab", Received: time.Date(2026, 11, 29, 15, 4, 5, 123456000, time.UTC),
		Digest: artifact.Digest([]byte(data)), Bytes: len(data),
	}}
}

func (b *bench) keep(t *testing.T, all ...raw.Received) {
	t.Helper()
	if err := b.Keep(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

// ids returns the IDs of all submissions that are kept, and checks their bytes.
func (b *bench) ids(t *testing.T) (ids []string) {
	t.Helper()
	for one, err := range b.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Artifacts.Check(t.Context(), one.Digest); err != nil {
			t.Errorf("%s: %v", one.ID, err)
		}
		ids = append(ids, one.ID)
	}
	return ids
}

func TestKeep(t *testing.T) {
	b := newBench(t)
	b.keep(t)
	want := []raw.Received{received("first", "{}"), received("a/../b \n\"<>", "[]"), received("same bytes", "{}")}
	b.keep(t, want[:2]...)
	b.now = b.now.Add(time.Microsecond)
	b.keep(t, want[2])
	i := 0
	for got, err := range b.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[i].Submission, got); diff != "" {
			t.Error(diff)
		}
		i++
	}
	if i != len(want) || len(b.ids(t)) != i {
		t.Errorf("%d submissions", i)
	}
}

// Old submissions go. Bytes that a newer submission has, too, stay.
func TestPurge(t *testing.T) {
	b := newBench(t)
	const day = 24 * time.Hour
	today := b.now
	b.now = today.Add(-40 * day)
	for i := range 20 {
		b.keep(t, received(fmt.Sprint("old", i), fmt.Sprint("old", i)), received(fmt.Sprint("both", i), "the same"))
	}
	b.now = today
	b.keep(t, received("new", "the same"))
	// The folder says that all bytes were kept now, and so nothing is old enough.
	if n, err := b.Purge(t.Context(), today.Add(-30*day)); err != nil || n != 40 {
		t.Errorf("removed %d, %v", n, err)
	}
	if diff := cmp.Diff([]string{"new"}, b.ids(t)); diff != "" {
		t.Error(diff)
	}
	if has, err := b.Artifacts.Has(t.Context(), artifact.Digest([]byte("old1"))); err != nil || !has {
		t.Errorf("bytes that were kept after the time of the purge are gone: %v", err)
	}
	b.now = today.Add(40 * day)
	if n, err := b.Purge(t.Context(), b.now.Add(-30*day)); err != nil || n != 1 {
		t.Errorf("removed %d, %v", n, err)
	}
	if all := b.ids(t); len(all) > 0 {
		t.Errorf("kept %v", all)
	}
	if has, err := b.Artifacts.Has(t.Context(), artifact.Digest([]byte("the same"))); err != nil || has {
		t.Errorf("old bytes are kept: %v", err)
	}
}

// A damaged index is an error, and hides no other one.
func TestDamagedIndex(t *testing.T) {
	b := newBench(t)
	b.keep(t, received("first", "1"))
	b.now = b.now.Add(time.Second)
	name := b.now.UTC().Format("submissions/2006-01-02/150405.000000-x.jsonl")
	if err := b.Artifacts.Bucket.Write(t.Context(), []artifact.File{{Name: name, Data: []byte("{\"id\":\"second\"}\nbroken\n")}}); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(time.Second)
	b.keep(t, received("third", "3"))
	var ids []string
	for one, err := range b.All(t.Context()) {
		if err != nil {
			if !errors.Is(err, artifact.ErrDamaged) {
				t.Error(err)
			}
			one.ID = "damaged"
		}
		ids = append(ids, one.ID)
	}
	if diff := cmp.Diff([]string{"first", "second", "damaged", "third"}, ids); diff != "" {
		t.Error(diff)
	}
}
