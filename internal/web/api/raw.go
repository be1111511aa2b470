// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/kcidb-go/kcidb/internal/errkind"
)

type rawInput struct {
	ID            string `path:"id" doc:"ID of the submission"`
	Authorization string `header:"Authorization" hidden:"true"` // the description names it
}

func (a submissionAPI) registerRaw(r *registry, group, needs string) {
	o := r.describe(operation{
		path: "/api/submissions/{id}/raw", group: group, title: "Submission as it was received",
		text: "The bytes of a submission as the service received them, as long as it keeps them." + needs,
	}, nil)
	o.Responses["200"] = &huma.Response{Description: "The submission", Content: map[string]*huma.MediaType{
		"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
	for code, text := range map[string]string{"403": "The token may not see submissions.", "404": "No such submission of these origins, or it is not kept any more."} {
		o.Responses[code] = &huma.Response{Description: text, Content: o.Responses["400"].Content}
	}
	huma.Register(r.huma, *o, a.raw)
}

// raw sends a submission. Bytes that are damaged break the answer off.
func (a submissionAPI) raw(ctx context.Context, in *rawInput) (*huma.StreamResponse, error) {
	kept, err := a.openRaw(ctx, in)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) {
		defer kept.Close()
		hc.SetHeader("Content-Type", "application/octet-stream")
		hc.SetHeader("X-Content-Type-Options", "nosniff")
		hc.SetStatus(http.StatusOK)
		if _, err := io.Copy(hc.BodyWriter(), kept); err != nil {
			a.Log.LogAttrs(ctx, slog.LevelInfo, "submission broken off", slog.String("id", in.ID), slog.Any("error", err))
			panic(http.ErrAbortHandler)
		}
	}}, nil
}

// openRaw returns the bytes of a submission, which the caller closes.
func (a submissionAPI) openRaw(ctx context.Context, in *rawInput) (io.ReadCloser, error) {
	origins, err := a.origins(ctx, in.Authorization)
	if err != nil {
		return nil, &failed{err.Error(), http.StatusForbidden}
	}
	if a.Artifacts == nil || a.Receipts == nil {
		return nil, &failed{"This service keeps no submissions", http.StatusNotFound}
	}
	receipt, found, err := a.receipt(ctx, in.ID, origins)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, &failed{noSubmission, http.StatusNotFound}
	}
	kept, err := a.Artifacts.Get(ctx, receipt.Digest)
	if errkind.Of(err) == errkind.Gone {
		return nil, &failed{"The service does not keep this submission any more", http.StatusNotFound}
	}
	return kept, err
}
