// SPDX-License-Identifier: Apache-2.0

package describe

import (
	"slices"

	"github.com/kcidb-go/kcidb/internal/describe/document"
	"github.com/kcidb-go/kcidb/internal/graph"
)

// Origins returns the CI systems that reported the object and its parts.
func (d *Data) Origins() ([]string, error) {
	var names []string
	add := func(name string) {
		if name = document.Cut(line(name), 60); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch o := d.Object.(type) {
	case *graph.Revision:
		origins, err := o.Origins()
		if err != nil {
			return nil, err
		}
		for _, name := range origins {
			add(name)
		}
	case *graph.Checkout:
		add(o.Origin)
	case *graph.Build:
		add(o.Origin)
	case *graph.Test:
		add(o.Origin)
	case *graph.Issue:
		newest, err := o.Newest()
		add(newest.Origin)
		return names, err
	case *graph.IssueVersion:
		add(o.Origin)
	case *graph.Incident:
		add(o.Origin)
	}
	return names, nil
}

// Builds counts the builds of the object, in words.
func (d *Data) Builds() (string, error) {
	builds, _, err := results(d.Object)
	if err != nil {
		return "", err
	}
	return counts(builds.Counts()), nil
}

// Tests counts the tests of the object, in words.
func (d *Data) Tests() (string, error) {
	_, tests, err := results(d.Object)
	if err != nil {
		return "", err
	}
	all, err := tests.Counts()
	return counts(all), err
}

// State reports whether more results may come.
func (d *Data) State() (string, error) {
	builds, tests, err := results(d.Object)
	if err != nil {
		return "", err
	}
	tested, err := tests.Done()
	if err != nil {
		return "", err
	}
	built, err := builds.Done()
	switch {
	case err != nil:
		return "", err
	case tested && built:
		return "all results are in", nil
	case built:
		return "all builds are in, tests may still come", nil
	}
	return "more results may come", nil
}
