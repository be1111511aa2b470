// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kcidb-go/kcidb/internal/store"
	"github.com/kcidb-go/kcidb/object"
)

// Bounds of what is asked by patterns: how many there may be when each type is
// written out, how many objects they may name, and how long it may take to find
// these. Engines take 500 questions in one.
const (
	maxPatterns = 500
	maxMatched  = 100_000
	searchTime  = 10 * time.Second
)

// ObjectSet are objects by type, parents before their children. Types without
// objects are left out.
type ObjectSet struct {
	Revisions     []json.RawMessage `json:"revision,omitempty" doc:"Commits, with patches or without"`
	Checkouts     []json.RawMessage `json:"checkout,omitempty" doc:"What origins checked out"`
	Builds        []json.RawMessage `json:"build,omitempty" doc:"What was built"`
	Tests         []json.RawMessage `json:"test,omitempty" doc:"What was tested"`
	Issues        []json.RawMessage `json:"issue,omitempty" doc:"Issues in all their versions"`
	IssueVersions []json.RawMessage `json:"issue_version,omitempty" doc:"Versions of issues"`
	Incidents     []json.RawMessage `json:"incident,omitempty" doc:"Where issues were seen"`
}

type objectsInput struct {
	Patterns []string `query:"pattern,explode" required:"true" minItems:"1" maxItems:"100" example:">checkout[ci:1]#>*#" doc:"Names objects by their relations: >test[ci:1]<*# is all that is above a test, >checkout[ci:1]#>*# a checkout and all below it. \"kcidb oo query --pattern-help\" explains more. Where it is repeated, what any of them names"`
	Metadata bool     `query:"metadata" doc:"With the times at which objects last changed"`
}

// objectAPI answers with objects as they were reported.
type objectAPI struct{ *data }

func (a objectAPI) register(r *registry) {
	const group = "Objects"
	stream[objectsInput, ObjectSet](r, operation{
		path: "/api/objects", group: group, title: "Objects by patterns",
		text: "The objects that any of the patterns names, each once, with all their fields, null where one has no value. " +
			"They may be 100,000 at most. A pattern without IDs, which may lead to everything there is, needs the token of a submitter. " +
			"It is written while it is read: where the time for an answer is over, the connection breaks.",
	}, a.objectsByPatterns)
	a.registerReport(r, group)
}

func (a objectAPI) objectsByPatterns(ctx context.Context, in *objectsInput, w io.Writer) error {
	var patterns []object.Pattern
	for _, text := range in.Patterns {
		more, err := object.Parse(text)
		if err != nil {
			return badRequest(fmt.Sprintf("pattern: %v", err))
		}
		patterns = append(patterns, more...)
	}
	if len(patterns) > maxPatterns {
		return badRequest(fmt.Sprintf("pattern: these are %d patterns, each * standing for all types: %d may be", len(patterns), maxPatterns))
	}
	if i := slices.IndexFunc(patterns, func(p object.Pattern) bool { return !p.Anchored() }); i >= 0 && !a.isKnown(ctx) {
		return forbidden(fmt.Sprintf("pattern: %s has no IDs to begin at, so that everything there is would be looked through: "+
			"name some, as in >checkout[ID]#, or show the token of a submitter", patterns[i].String()))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	searching := time.AfterFunc(searchTime, func() { cancel(store.ErrTooMuch) })
	defer searching.Stop()
	out := object.NewSetWriter(w, 0, false)
	for set, err := range a.Store.Match(ctx, patterns, store.MatchOptions{Metadata: in.Metadata, Most: maxMatched}) {
		switch {
		case errors.Is(err, store.ErrTooMuch):
			return badRequest(fmt.Sprintf("pattern: more than %d objects, or what takes longer than %v to find: name fewer", maxMatched, searchTime))
		case err != nil:
			return err
		}
		searching.Stop() // all are found before the first is read
		if err := out.Write(set); err != nil {
			return err
		}
	}
	return out.Close()
}

// isKnown tells whether who asks is one of those who hand reports in.
func (a objectAPI) isKnown(ctx context.Context) bool {
	hc, ok := ctx.Value(headerKey{}).(huma.Context)
	return ok && a.Known != nil && a.Known(http.Header{"Authorization": {hc.Header("Authorization")}})
}
