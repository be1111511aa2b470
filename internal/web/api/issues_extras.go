// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"errors"
	"math"

	"github.com/danielgtaylor/huma/v2"
	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/internal/store"
)

func (a issueAPI) registerExtras(r *registry, group string) {
	answer(r, operation{
		method: "POST", path: "/api/issue/extras", group: group, title: "Find where issues were seen",
		text: "Where and when issues were seen, by the ID of the issue, and the branches in which each named version was seen. " +
			"The branches are those of the newest 1,000 sightings of a version; of fewer, but at least 20, if many versions are named. " +
			"Issues without incidents are left out.",
	}, a.extrasOfIssues)
}

type issueExtrasInput struct {
	Body struct {
		_      struct{}    `additionalProperties:"true"`
		Issues []issuePair `json:"issues" minItems:"1" maxItems:"1000" doc:"ID and version of each issue. Duplicates are allowed"`
	}
}

// issuePair is a version of an issue as clients send it: a list of ID and version.
type issuePair struct{ store.Key }

// UnmarshalJSON implements json.Unmarshaler.
func (p *issuePair) UnmarshalJSON(text []byte) error {
	var pair []jsontext.Value
	if jsonv2.Unmarshal(text, &pair) != nil || len(pair) != 2 || jsonv2.Unmarshal(pair[0], &p.ID) != nil || jsonv2.Unmarshal(pair[1], &p.Version) != nil {
		return errors.New("expected an issue's ID and version")
	}
	return nil
}

// Schema implements huma.SchemaProvider.
func (issuePair) Schema(huma.Registry) *huma.Schema {
	id, version := &huma.Schema{Type: huma.TypeString}, &huma.Schema{Type: huma.TypeInteger, Minimum: new(0.0), Maximum: new(float64(math.MaxInt32))}
	return &huma.Schema{
		Type: huma.TypeArray, MinItems: new(2), MaxItems: new(2), Description: "ID and version of an issue",
		Items:      &huma.Schema{OneOf: []*huma.Schema{id, version}},
		Extensions: map[string]any{"prefixItems": []*huma.Schema{id, version}}, // huma has no prefixItems
	}
}

type issueExtraList struct {
	Issues map[string]issueExtra `json:"issues" doc:"Where and when each issue was seen, by the ID of the issue"`
}

func (a issueAPI) extrasOfIssues(ctx context.Context, in *issueExtrasInput) (*issueExtraList, error) {
	keys := make([]store.Key, len(in.Body.Issues))
	for i, pair := range in.Body.Issues {
		if !validText(pair.ID) {
			return nil, badRequest("issues has an ID with a NUL character")
		}
		keys[i] = pair.Key
	}
	extras, err := a.issueExtras(ctx, keys)
	if err != nil {
		return nil, err
	}
	if len(extras) == 0 {
		return nil, notFound("No extra details found. Issue id has no incident or doesn't exist.")
	}
	return &issueExtraList{extras}, nil
}
