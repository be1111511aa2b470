// SPDX-License-Identifier: Apache-2.0

package sample

import (
	"slices"
	"strings"
)

// planKey names the plan of an origin for a branch.
type planKey struct {
	branch *branch
	origin string
}

// plan is everything that an origin builds and tests for each revision of a
// branch. It is the same for all revisions, so that tests have a history.
type plan []planned

// planned is a build and the jobs that run on it.
type planned struct {
	config *config
	jobs   []jobPlan
}

// jobPlan is a suite on a platform.
type jobPlan struct {
	platform *platform
	suite    *suite
}

// plan returns the origin's plan for a branch.
func (w *world) plan(b *branch, origin string) plan {
	key := planKey{b, origin}
	if p, ok := w.plans[key]; ok {
		return p
	}
	var p plan
	for _, c := range w.builds {
		if c.origin == origin && (b.size >= 60 || !c.full) {
			p = append(p, planned{config: c})
		}
	}
	for _, machine := range w.platforms {
		if machine.origin != origin && (machine.origin != "ti" || origin != "maestro") {
			continue
		}
		if machine.origin == "maestro" && percentOf(b.key, machine.key) >= 10+b.size {
			continue
		}
		for _, s := range w.suites {
			p.addJob(b, jobPlan{machine, s})
		}
	}
	w.plans[key] = p
	return p
}

// addJob adds the suite on the platform, with a configuration that both can use,
// if such a configuration exists and chance decides so.
func (p plan) addJob(b *branch, job jobPlan) {
	s, machine := job.suite, job.platform
	share := s.share
	if machine.origin == "linaro" && strings.HasPrefix(machine.name, "qemu") {
		share *= 6 // a lab can start as many virtual machines as it needs
	}
	if !slices.Contains(s.origins, machine.origin) || len(s.archs) > 0 && !slices.Contains(s.archs, machine.arch) ||
		s.config == "chromebook" && machine.config != s.config ||
		s.share < 100 && percentOf(b.key, machine.key, s.key)*140 >= share*b.size {
		return
	}
	var fit []int
	for i, planned := range p {
		c := planned.config
		if c.arch == machine.arch && strings.Contains(c.name, machine.config) && strings.Contains(c.name, s.config) {
			fit = append(fit, i)
		}
	}
	builds := 1
	if s.isBoot {
		builds = 2
	}
	for range min(len(fit), builds) {
		i := int(hashKeys(b.key, machine.key, s.key) % uint64(len(fit)))
		p[fit[i]].jobs = append(p[fit[i]].jobs, job)
		fit = slices.Delete(fit, i, i+1)
	}
}

// percentOf returns a number from 0 to 99 that depends on the keys.
func percentOf(keys ...uint64) int { return int(hashKeys(keys...) % 100) }
