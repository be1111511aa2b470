// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"bufio"
	"bytes"
	"cmp"
	"container/heap"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/klauspost/compress/zstd"
)

// sorter sorts records by key; records with the same key keep the order in
// which they were added. Records that do not fit in memory are written to
// files. Each file is sorted, and all files are merged at the end.
type sorter struct {
	most    int // bytes in memory
	records []record
	size    int
	folder  string // of the files, "" while there are no files
	runs    []*run
}

type record struct{ key, text []byte }

// recordCost is roughly how many bytes of memory a record needs in addition to
// its text.
const recordCost = 64

func (s *sorter) add(key, text []byte) error {
	both := slices.Concat(key, text)
	s.records = append(s.records, record{both[:len(key):len(key)], both[len(key):]})
	s.size += len(both) + recordCost
	if s.size < s.most {
		return nil
	}
	return s.spill()
}

func (s *sorter) sort() {
	slices.SortStableFunc(s.records, func(a, b record) int { return bytes.Compare(a.key, b.key) })
}

// spill writes the records in memory to a file.
func (s *sorter) spill() (err error) {
	if s.folder == "" {
		if s.folder, err = os.MkdirTemp("", "kcidb-diff-"); err != nil {
			return err
		}
	}
	f, err := os.Create(filepath.Join(s.folder, strconv.Itoa(len(s.runs))))
	if err != nil {
		return err
	}
	s.runs = append(s.runs, &run{number: len(s.runs), file: f})
	s.sort()
	if err := writeRecords(f, s.records); err != nil {
		return err
	}
	s.records, s.size = nil, 0
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// windowSize is small because every file has a window in memory.
const windowSize = 256 << 10

func writeRecords(w io.Writer, records []record) error {
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(windowSize))
	if err != nil {
		return err
	}
	b := bufio.NewWriter(z)
	var length []byte
	for _, r := range records {
		for _, part := range [][]byte{r.key, r.text} {
			length = binary.AppendUvarint(length[:0], uint64(len(part)))
			b.Write(length)
			b.Write(part) // b keeps its first error
		}
	}
	return errors.Join(b.Flush(), z.Close())
}

// sorted returns the records in order. Each record is valid until the next one.
// An error ends the sequence.
func (s *sorter) sorted() iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		s.sort()
		all := merger{{number: len(s.runs), records: s.records}}
		all = append(all, s.runs...)
		for _, r := range all {
			if err := r.next(); err != nil {
				yield(record{}, err)
				return
			}
		}
		all = slices.DeleteFunc(all, func(r *run) bool { return r.ended })
		heap.Init(&all)
		for len(all) > 0 {
			first := all[0]
			if !yield(first.record, nil) {
				return
			}
			if err := first.next(); err != nil {
				yield(record{}, err)
				return
			}
			if first.ended {
				heap.Pop(&all)
			} else {
				heap.Fix(&all, 0)
			}
		}
	}
}

func (s *sorter) close() error {
	var all []error
	for _, r := range s.runs {
		all = append(all, r.close())
	}
	if s.folder != "" {
		all = append(all, os.RemoveAll(s.folder))
	}
	return errors.Join(all...)
}

// run is a sorted part of the records: a file, or the records that are still
// in memory.
type run struct {
	number  int // in the order in which the runs were made
	record  record
	ended   bool
	records []record // in memory
	file    *os.File
	zstd    *zstd.Decoder
	reader  *bufio.Reader
}

// next steps to the next record.
func (r *run) next() (err error) {
	if r.file == nil {
		if r.ended = len(r.records) == 0; !r.ended {
			r.record, r.records = r.records[0], r.records[1:]
		}
		return nil
	}
	if r.reader == nil {
		r.zstd, err = zstd.NewReader(r.file, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return err
		}
		r.reader = bufio.NewReader(r.zstd)
	}
	if r.record.key, err = r.readPart(r.record.key); err == io.EOF {
		r.ended = true
		return nil
	}
	if err == nil {
		r.record.text, err = r.readPart(r.record.text)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// readPart reads a key or a text into a buffer. It returns io.EOF at the end of the
// file.
func (r *run) readPart(into []byte) ([]byte, error) {
	n, err := binary.ReadUvarint(r.reader)
	if err != nil {
		return nil, err
	}
	into = slices.Grow(into[:0], int(n))[:n]
	if _, err = io.ReadFull(r.reader, into); err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return into, err
}

func (r *run) close() error {
	if r.zstd != nil {
		r.zstd.Close()
	}
	return r.file.Close()
}

// merger is a heap of runs, with the run that has the first record at the top.
type merger []*run

func (m merger) Len() int { return len(m) }
func (m merger) Less(i, j int) bool {
	return cmp.Or(bytes.Compare(m[i].record.key, m[j].record.key), cmp.Compare(m[i].number, m[j].number)) < 0
}
func (m merger) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merger) Push(x any)   { *m = append(*m, x.(*run)) }
func (m *merger) Pop() any {
	last := len(*m) - 1
	r := (*m)[last]
	*m = (*m)[:last]
	return r
}
