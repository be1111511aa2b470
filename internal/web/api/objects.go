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

// Limits of queries by patterns: how many patterns there may be with each * written out
// as all types, how many objects they may match, and how long the search may take.
// Engines take at most 500 questions at once.
const (
	maxPatterns = 500
	maxMatched  = 100_000
	searchTime  = 10 * time.Second
)

// ObjectSet has objects by type, parents before children. Types without objects are
// left out.
type ObjectSet struct {
	Revisions     []json.RawMessage `json:"revision,omitempty" doc:"Commits, with or without patches"`
	Checkouts     []json.RawMessage `json:"checkout,omitempty" doc:"Checkouts"`
	Builds        []json.RawMessage `json:"build,omitempty" doc:"Builds"`
	Tests         []json.RawMessage `json:"test,omitempty" doc:"Tests"`
	Issues        []json.RawMessage `json:"issue,omitempty" doc:"Issues in all their versions"`
	IssueVersions []json.RawMessage `json:"issue_version,omitempty" doc:"Versions of issues"`
	Incidents     []json.RawMessage `json:"incident,omitempty" doc:"Incidents"`
}

type objectsInput struct {
	Patterns []string `query:"pattern,explode" required:"true" minItems:"1" maxItems:"100" example:">checkout[ci:1]#>*#" doc:"Pattern of objects by their relations: >test[ci:1]<*# for everything above a test, >checkout[ci:1]#>*# for a checkout and everything below it. \"kcidb oo query --pattern-help\" explains patterns. If it is repeated, objects of any pattern"`
	Metadata bool     `query:"metadata" doc:"Include the times at which objects last changed"`
}

// objectAPI answers with objects as they were reported.
type objectAPI struct{ *data }

func (a objectAPI) register(r *registry) {
	const group = "Objects"
	stream[objectsInput, ObjectSet](r, operation{
		plain: true, path: "/api/objects", group: group, title: "Find objects by patterns",
		text: "The objects that match any of the patterns, each once, with all fields; a field without a value is null. " +
			"The patterns may match at most 100,000 objects. A pattern without IDs, which may match the whole database, needs the token of a submitter. " +
			"The answer is sent while it is read: if it takes too long, the connection breaks.",
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
		return badRequest(fmt.Sprintf("pattern: with each * written out as all types, these are %d patterns: at most %d are allowed", len(patterns), maxPatterns))
	}
	if i := slices.IndexFunc(patterns, func(p object.Pattern) bool { return !p.Anchored() }); i >= 0 && !a.isKnown(ctx) {
		return forbidden(fmt.Sprintf("pattern: %s has no IDs to begin at, so that the whole database would be searched: "+
			"name IDs, as in >checkout[ID]#, or send the token of a submitter", patterns[i].String()))
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	searching := time.AfterFunc(searchTime, func() { cancel(store.ErrTooMuch) })
	defer searching.Stop()
	out := object.NewSetWriter(w, 0, false)
	for set, err := range a.Store.Match(ctx, patterns, store.MatchOptions{Metadata: in.Metadata, Most: maxMatched}) {
		switch {
		case errors.Is(err, store.ErrTooMuch):
			return badRequest(fmt.Sprintf("pattern: it matches more than %d objects, or objects that take longer than %v to find: name fewer", maxMatched, searchTime))
		case err != nil:
			return err
		}
		searching.Stop() // the search is over before the first object is read
		if err := out.Write(set); err != nil {
			return err
		}
	}
	return out.Close()
}

// isKnown reports whether the client is a submitter of reports.
func (a objectAPI) isKnown(ctx context.Context) bool {
	hc, ok := ctx.Value(headerKey{}).(huma.Context)
	return ok && a.Known != nil && a.Known(http.Header{"Authorization": {hc.Header("Authorization")}})
}
