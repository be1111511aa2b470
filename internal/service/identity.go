// SPDX-License-Identifier: Apache-2.0

package service

import (
	"context"
	"fmt"

	"github.com/kcidb-go/kcidb/internal/auth"
	"github.com/kcidb-go/kcidb/internal/registry"
	"github.com/kcidb-go/kcidb/internal/web/pages/apply"
)

// watchRevocations makes the check of tokens ask the database for revocations, if
// authentication is on and the database has a registry. A sandbox has the check of the service
// around it.
func (s *Service) watchRevocations(ctx context.Context, p *parts) (err error) {
	if !s.auth.Enabled() || s.isSandbox {
		return nil
	}
	db := registry.Of(p.store)
	if db == nil {
		s.log.Warn("the database cannot keep tokens: they cannot be revoked, and origins cannot ask for them")
		return nil
	}
	if s.revocations, err = db.Revocations(ctx, s.log); err == nil {
		s.auth.Revoked = s.revocations.Revoked
	}
	return err
}

// desk returns the desk for requests for tokens; nil if the service cannot sign or record them.
func (s *Service) desk(p *parts) *apply.Desk {
	db := registry.Of(p.store)
	if db == nil || s.isSandbox || s.auth.Keys == nil || !s.auth.Keys().CanSign() {
		return nil
	}
	return &apply.Desk{Registry: db, Auth: s.auth, Log: s.log, Now: s.now}
}

// originRule returns the rule for objects of origins that a token does not name, and logs it
// with the reason.
func (s *Service) originRule(ctx context.Context, p *parts) (auth.Rule, error) {
	if !s.auth.Enabled() {
		return auth.Off, nil
	}
	rule, reason, err := s.findOriginRule(ctx, p)
	if err != nil {
		return "", err
	}
	log := s.log.Info
	if rule != auth.Enforce {
		log = s.log.Warn
	}
	log("rule for objects of origins that the token does not name", "origins", string(rule), "because", reason)
	return rule, nil
}

func (s *Service) findOriginRule(ctx context.Context, p *parts) (rule auth.Rule, reason string, err error) {
	if s.cfg.Origins != "" {
		return auth.Rule(s.cfg.Origins), "the key origins is set", nil
	}
	db := registry.Of(p.store)
	if db == nil {
		return auth.Warn, "the database has no settings: set the key origins", nil
	}
	setting, err := db.Setting(ctx, registry.OriginsSetting)
	if err != nil {
		return "", "", err
	}
	if setting == "" {
		return auth.Enforce, "it is the default", nil
	}
	if rule, err = auth.ParseRule(setting); err != nil {
		return "", "", fmt.Errorf("the setting origins of the database: %w", err)
	}
	return rule, "the database had objects before tokens were bound to origins: set the key origins to enforce when no other origins are counted", nil
}
