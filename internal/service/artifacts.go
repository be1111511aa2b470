// SPDX-License-Identifier: Apache-2.0

package service

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/artifact"
	artifacts "github.com/kcidb-go/kcidb/internal/artifact/all"
	"github.com/kcidb-go/kcidb/internal/artifact/raw"
)

const (
	// noArtifacts is the value of the key artifacts for no artifact store.
	noArtifacts = "none"
	// purgeEvery is how often raw submissions are removed that are too old.
	purgeEvery = time.Hour
)

// checkArtifacts returns an error if the settings of the artifact store are not valid.
func (c *Config) checkArtifacts() error {
	if kind, _, _ := strings.Cut(c.Artifacts, ":"); c.Artifacts != "" && c.Artifacts != noArtifacts && kind != "folder" && kind != "s3" && kind != "gs" {
		return errors.New("artifacts must be folder:PATH, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX or none")
	}
	if c.SubmissionDays < 0 {
		return errors.New("submission_days must not be negative")
	}
	return c.checkLogCache()
}

// ArtifactsSpec returns the specification of the artifact store, "" for none.
func (c *Config) ArtifactsSpec() string {
	switch {
	case c.Artifacts == noArtifacts, c.Artifacts == "" && c.Data == "":
		return ""
	default:
		return cmp.Or(c.Artifacts, "folder:"+filepath.Join(c.Data, "artifacts"))
	}
}

// ArtifactsFolder returns the folder of the artifact store in the data directory, "" if the
// service has no store, or another one.
func (c *Config) ArtifactsFolder() string {
	folder, is := strings.CutPrefix(c.ArtifactsSpec(), "folder:")
	if !is || filepath.Clean(folder) != filepath.Join(c.Data, "artifacts") {
		return ""
	}
	return folder
}

// openArtifacts opens the artifact store; nil for none.
func (s *Service) openArtifacts(ctx context.Context) (*artifact.Store, error) {
	if spec := s.cfg.ArtifactsSpec(); spec != "" {
		return artifacts.Open(ctx, spec)
	}
	return nil, nil
}

// raw returns the store of raw submissions; nil for none.
func (s *Service) raw(p *parts) *raw.Store {
	if p.artifacts == nil {
		return nil
	}
	return &raw.Store{Artifacts: p.artifacts, Now: s.now}
}

// purgeRaw removes old raw submissions, again and again until ctx ends.
func (s *Service) purgeRaw(ctx context.Context, kept *raw.Store) error {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		before := s.now().AddDate(0, 0, -s.cfg.SubmissionDays)
		if n, err := kept.Purge(ctx, before); err != nil && ctx.Err() == nil {
			s.log.Error("raw submissions not removed", "error", err)
		} else if n > 0 {
			s.log.Info("old raw submissions removed", "submissions", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
