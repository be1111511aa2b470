// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"strconv"
	"time"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/report"
)

// seenAtOnce is how many builds or tests are read at a time, with all their properties.
const seenAtOnce = 100

type issueSeenInput struct {
	VersionInput
	Page
	Origins []string `query:"filter_origin,explode" doc:"Only builds or tests of any of these origins"`
}

// issueBuild is a build that an issue was seen in.
type issueBuild struct {
	ID           string          `json:"id" doc:"ID of the build"`
	Architecture *string         `json:"architecture" doc:"Architecture"`
	ConfigName   *string         `json:"config_name" doc:"Name of the configuration"`
	Status       string          `json:"status" doc:"Status; NULL if unknown"`
	StartTime    *time.Time      `json:"start_time" doc:"Start"`
	Duration     *float64        `json:"duration" doc:"Duration in seconds"`
	Compiler     *string         `json:"compiler" doc:"Compiler"`
	LogURL       *string         `json:"log_url" doc:"URL of the log"`
	TreeName     *string         `json:"tree_name" doc:"Name of the tree"`
	Branch       *string         `json:"git_repository_branch" doc:"Name of the branch"`
	Misc         json.RawMessage `json:"misc" doc:"Free properties from the origin"`
}

// issueTest is a boot or a test that an issue was seen in.
type issueTest struct {
	RunItem
	TreeName *string `json:"tree_name" doc:"Name of the tree"`
	Branch   *string `json:"git_repository_branch" doc:"Name of the branch"`
}

func (a issueAPI) buildsOfIssue(ctx context.Context, in *issueSeenInput, w io.Writer) error {
	page, err := a.pageOfSeen(ctx, in, true)
	if err != nil {
		return err
	}
	return writeArray(w, page, a.issueBuild, noBuilds)
}

func (a issueAPI) testsOfIssue(ctx context.Context, in *issueSeenInput, w io.Writer) error {
	page, err := a.pageOfSeen(ctx, in, false)
	if err != nil {
		return err
	}
	return writeArray(w, page, a.issueTest, noTests)
}

// Errors that clients expect if an issue was seen in nothing.
const (
	noBuilds notFound = "No builds found for this issue"
	noTests  notFound = "No tests found for this issue"
)

func (a issueAPI) issueBuild(s *seenObject) issueBuild {
	b := s.build
	i := issueBuild{
		ID: b.ID, Architecture: b.Architecture, ConfigName: b.ConfigName, Status: statusText(statusOf(b.Status)), StartTime: utcTime(b.StartTime),
		Duration: b.Duration, Compiler: b.Compiler, LogURL: b.LogURL, Misc: orEmpty(b.Misc),
	}
	if c := s.checkout; c != nil {
		i.TreeName, i.Branch = a.treeName(c), c.GitRepositoryBranch
	}
	return i
}

func (a issueAPI) issueTest(s *seenObject) issueTest {
	t := s.test
	i := issueTest{RunItem: RunItem{
		ID: t.ID, Status: statusText(statusOf(t.Status)), Duration: t.Duration, Path: t.Path, StartTime: utcTime(t.StartTime),
		Lab: labOf(t.Misc, t.Origin),
	}}
	if e := t.Environment; e != nil {
		i.Compatible, i.EnvironmentMisc = list(e.Compatible), orNull(e.Misc)
	}
	if c := s.checkout; c != nil {
		i.TreeName, i.Branch = a.treeName(c), c.GitRepositoryBranch
	}
	return i
}

// seenObject is a build or a test that an issue was seen in, with its parents.
type seenObject struct {
	in       answers.SeenIn
	test     *report.Test     // nil for a build
	build    *report.Build    // nil if a test's is unknown
	checkout *report.Checkout // nil if it is unknown
}

// size returns roughly how many bytes of memory the object takes without its parents:
// its long texts, and 1,000 bytes for the rest.
func (s *seenObject) size() int {
	if t := s.test; t != nil {
		return 1000 + len(t.Misc) + len(text(t.LogExcerpt))
	}
	return 1000 + len(s.build.Misc) + len(text(s.build.LogExcerpt))
}

// pageOfSeen returns the wanted page of the builds, or else the tests, that a version
// of an issue was seen in.
func (a issueAPI) pageOfSeen(ctx context.Context, in *issueSeenInput, builds bool) (iter.Seq2[seenObject, error], error) {
	version, err := a.wantedVersion(ctx, &in.VersionInput)
	if _, unknown := errors.AsType[notFound](err); unknown {
		return func(func(seenObject, error) bool) {}, nil
	}
	if err != nil {
		return nil, err
	}
	list := keyedList[seenObject]{
		keySize: 2,
		key:     func(s *seenObject) cursor { return cursor{strconv.FormatInt(s.in.At, 10), s.in.IncidentID} },
		size:    (*seenObject).size,
		after: func(key cursor, most int) (iter.Seq2[seenObject, error], error) {
			var behind *answers.SeenIn
			if key != nil {
				at, err := strconv.ParseInt(key[0], 10, 64)
				if err != nil {
					return nil, errCursor
				}
				behind = &answers.SeenIn{At: at, IncidentID: key[1]}
			}
			return a.seenBehind(ctx, version, builds, behind, most, texts(in.Origins)), nil
		},
	}
	return list.page(ctx, in.Page)
}

// seenBehind returns the builds, or else the tests, behind one of them. It leaves out
// builds and tests that are gone, or of an origin that is not wanted.
func (a issueAPI) seenBehind(ctx context.Context, version store.Key, builds bool, behind *answers.SeenIn, most int, origins texts) iter.Seq2[seenObject, error] {
	return func(yield func(seenObject, error) bool) {
		atOnce := seenAtOnce
		if most > 0 {
			atOnce = min(most, seenAtOnce)
		}
		for {
			seenIn := a.answers().SeenInTests
			if builds {
				seenIn = a.answers().SeenInBuilds
			}
			seen, err := seenIn(ctx, version, behind, atOnce)
			if err == nil && len(seen) == 0 {
				return
			}
			var found *seenObjects
			if err == nil {
				found, err = a.seenObjects(ctx, seen, builds)
			}
			if err != nil {
				yield(seenObject{}, err)
				return
			}
			for _, s := range seen {
				o, origin, ok := found.object(s)
				if ok && origins.accepts(origin) && !yield(o, nil) {
					return
				}
			}
			behind, atOnce = &seen[len(seen)-1], seenAtOnce
		}
	}
}

// seenObjects has objects by ID.
type seenObjects struct {
	tests     map[string]*report.Test
	builds    map[string]*report.Build
	checkouts map[string]*report.Checkout
}

// seenObjects reads the builds or tests in which an issue was seen, with their parents.
func (a issueAPI) seenObjects(ctx context.Context, seen []answers.SeenIn, builds bool) (*seenObjects, error) {
	q := store.Query{Parents: true}
	for _, s := range seen {
		if builds {
			q.Builds = append(q.Builds, s.BuildID)
		} else {
			q.Tests = append(q.Tests, s.TestID)
		}
	}
	all, err := a.query(ctx, q)
	if err != nil {
		return nil, err
	}
	found := &seenObjects{make(map[string]*report.Test), make(map[string]*report.Build), make(map[string]*report.Checkout)}
	for i := range all.Tests {
		found.tests[all.Tests[i].ID] = &all.Tests[i]
	}
	for i := range all.Builds {
		found.builds[all.Builds[i].ID] = &all.Builds[i]
	}
	for i := range all.Checkouts {
		found.checkouts[all.Checkouts[i].ID] = &all.Checkouts[i]
	}
	return found, nil
}

// object returns the build or test in which an issue was seen, and its origin; false if
// it is gone.
func (f *seenObjects) object(in answers.SeenIn) (o seenObject, origin string, ok bool) {
	t, b := f.tests[in.TestID], f.builds[in.BuildID]
	switch {
	case t != nil:
		o, origin = seenObject{in: in, test: t, build: f.builds[t.BuildID]}, t.Origin
	case in.TestID == "" && b != nil:
		o, origin = seenObject{in: in, build: b}, b.Origin
	default:
		return o, "", false
	}
	if o.build != nil {
		o.checkout = f.checkouts[o.build.CheckoutID]
	}
	return o, origin, true
}
