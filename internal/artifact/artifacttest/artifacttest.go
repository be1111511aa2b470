// SPDX-License-Identifier: Apache-2.0

// Package artifacttest has the suite that every driver of artifact stores passes.
package artifacttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"github.com/kcidb-go/kcidb/internal/artifact"
)

// Run runs the suite. open returns an empty store, which the suite closes.
func Run(t *testing.T, open func(t *testing.T) *artifact.Store) {
	for name, test := range map[string]func(*testing.T, *artifact.Store){
		"contents": testContents, "missing": testMissing, "damaged": testDamaged, "huge": testHuge,
		"at once": testAtOnce, "files": testFiles, "old": testOld, "cancelled": testCancelled,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, s)
		})
	}
}

func testContents(t *testing.T, s *artifact.Store) {
	all := [][]byte{nil, []byte("x"), []byte("{}"), bytes.Repeat([]byte("a log line\n"), 100_000)}
	for i := range 40 { // more than are synced one by one
		all = append(all, fmt.Appendf(nil, "content %d", i))
	}
	if err := s.Put(t.Context(), all...); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context()); err != nil {
		t.Errorf("no contents: %v", err)
	}
	var want []string
	for _, content := range all {
		digest := artifact.Digest(content)
		want = append(want, digest)
		if got, err := s.Read(t.Context(), digest); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: %d bytes, %v", digest, len(got), err)
		}
		if has, err := s.Has(t.Context(), digest); err != nil || !has {
			t.Errorf("%s: has %v, %v", digest, has, err)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, list(t, s)); diff != "" {
		t.Errorf("the list: %s", diff)
	}
	for range 2 {
		if err := s.Delete(t.Context(), want[0]); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(want[1:], list(t, s)); diff != "" {
		t.Errorf("the list after a deletion: %s", diff)
	}
}

// list returns the digests of all contents, in their order.
func list(t *testing.T, s *artifact.Store) (all []string) {
	t.Helper()
	for info, err := range s.Bucket.List(t.Context(), "contents/") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, strings.TrimSuffix(path.Base(info.Name), ".zst"))
	}
	return all
}

func testMissing(t *testing.T, s *artifact.Store) {
	if all := list(t, s); len(all) > 0 {
		t.Errorf("an empty store has %v", all)
	}
	for _, digest := range []string{artifact.Digest(nil), "", "x", "../../../../etc/passwd", artifact.Digest(nil)[:63] + "/"} {
		if _, err := s.Get(t.Context(), digest); !errors.Is(err, artifact.ErrNotFound) {
			t.Errorf("get %q: %v", digest, err)
		}
		if has, err := s.Has(t.Context(), digest); err == nil && has {
			t.Errorf("has %q", digest)
		}
		if err := s.Delete(t.Context(), digest); err != nil {
			t.Errorf("delete %q: %v", digest, err)
		}
	}
}

func testDamaged(t *testing.T, s *artifact.Store) {
	content := bytes.Repeat([]byte("a report "), 1000)
	other := []byte("another report")
	if err := s.Put(t.Context(), content, other); err != nil {
		t.Fatal(err)
	}
	name, good := file(t, s, content)
	_, foreign := file(t, s, other)
	for damage, data := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)/2], "text": []byte("not compressed"), "another content": foreign,
		"longer": append(slices.Clone(good), "more"...), "doubled": append(slices.Clone(good), good...),
	} {
		if err := s.Bucket.Write(t.Context(), []artifact.File{{Name: name, Data: data}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Read(t.Context(), artifact.Digest(content)); !errors.Is(err, artifact.ErrDamaged) {
			t.Errorf("%s: %v", damage, err)
		}
		if err := s.Check(t.Context(), artifact.Digest(content)); !errors.Is(err, artifact.ErrDamaged) {
			t.Errorf("%s: check: %v", damage, err)
		}
	}
	if err := s.Put(t.Context(), content); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context(), artifact.Digest(content)); err != nil {
		t.Errorf("put again: %v", err)
	}
}

// file returns the name and the bytes of the file with a content.
func file(t *testing.T, s *artifact.Store, content []byte) (name string, data []byte) {
	t.Helper()
	info, err := s.Stat(t.Context(), artifact.Digest(content))
	if err != nil {
		t.Fatal(err)
	}
	data, err = artifact.ReadAll(t.Context(), s.Bucket, info.Name)
	if err != nil || int64(len(data)) != info.Bytes {
		t.Fatalf("%s: %d bytes of %d, %v", info.Name, len(data), info.Bytes, err)
	}
	return info.Name, data
}

func testHuge(t *testing.T, s *artifact.Store) {
	content := make([]byte, 24<<20)
	rand.NewChaCha8([32]byte{}).Read(content)
	if err := s.Put(t.Context(), content); err != nil {
		t.Fatal(err)
	}
	stream, err := s.Get(t.Context(), artifact.Digest(content))
	if err != nil {
		t.Fatal(err)
	}
	begin := make([]byte, 1<<20)
	if _, err := io.ReadFull(stream, begin); err != nil || !bytes.Equal(begin, content[:len(begin)]) {
		t.Errorf("the beginning: %v", err)
	}
	if err := stream.Close(); err != nil { // a reader may leave early
		t.Error(err)
	}
	if err := s.Check(t.Context(), artifact.Digest(content)); err != nil {
		t.Error(err)
	}
}

func testAtOnce(t *testing.T, s *artifact.Store) {
	content := bytes.Repeat([]byte("the same"), 10_000)
	group, ctx := errgroup.WithContext(t.Context())
	for range 8 {
		group.Go(func() error {
			for range 4 {
				if err := s.Put(ctx, content, content); err != nil {
					return err
				}
				if err := s.Check(ctx, artifact.Digest(content)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	if all := list(t, s); len(all) != 1 {
		t.Errorf("kept %v", all)
	}
}

func testFiles(t *testing.T, s *artifact.Store) {
	var files []artifact.File
	for _, name := range []string{"index/2026-11-30/1-a%2fb.json", "index/2026-11-29/2.json", "index/2026-11-29/1.json", "other/1"} {
		files = append(files, artifact.File{Name: name, Data: []byte(name)})
	}
	if err := s.Bucket.Write(t.Context(), files); err != nil {
		t.Fatal(err)
	}
	var names []string
	for info, err := range s.Bucket.List(t.Context(), "index/") {
		if err != nil {
			t.Fatal(err)
		}
		data, err := artifact.ReadAll(t.Context(), s.Bucket, info.Name)
		if err != nil || string(data) != info.Name || info.Bytes != int64(len(data)) || time.Since(info.Modified).Abs() > time.Hour {
			t.Errorf("%+v: %q, %v", info, data, err)
		}
		names = append(names, info.Name)
		if err := s.Bucket.Delete(t.Context(), info.Name); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{files[2].Name, files[1].Name, files[0].Name}, names); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Bucket.Read(t.Context(), "index/2026-11-29/1.json"); !errors.Is(err, artifact.ErrNotFound) {
		t.Errorf("a deleted file: %v", err)
	}
	for range s.Bucket.List(t.Context(), "index/") {
		t.Error("a deleted file is listed")
	}
}

func testOld(t *testing.T, s *artifact.Store) {
	content := []byte("kept twice")
	digest := artifact.Digest(content)
	if err := s.Put(t.Context(), content); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteOld(t.Context(), digest, time.Now().Add(-time.Hour)); err != nil {
		t.Error(err)
	}
	if has, err := s.Has(t.Context(), digest); err != nil || !has {
		t.Errorf("a new content was removed: %v", err)
	}
	for range 2 {
		if err := s.DeleteOld(t.Context(), digest, time.Now().Add(time.Hour)); err != nil {
			t.Error(err)
		}
	}
	if has, err := s.Has(t.Context(), digest); err != nil || has {
		t.Errorf("an old content stayed: %v", err)
	}
}

func testCancelled(t *testing.T, s *artifact.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Put(ctx, []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("put: %v", err)
	}
}
