// SPDX-License-Identifier: Apache-2.0

package report

import "sync"

// edition determines how reports of one version are read.
type edition struct {
	v      Version
	rules  rules
	shapes objectShapes
}

// objectShapes are the shapes of the kinds of objects.
type objectShapes struct {
	report      *shape[Report]
	version     *shape[Version]
	checkout    *shape[Checkout]
	build       *shape[Build]
	test        *shape[Test]
	issue       *shape[Issue]
	incident    *shape[Incident]
	environment *shape[Environment]
	number      *shape[Number]
	culprit     *shape[Culprit]
	resource    *shape[Resource]
}

// editions has the edition of each version, created at first use, and mendingEditions those
// that a mender needs.
var (
	editions        = eachVersion(newEdition)
	mendingEditions = eachVersion(func(v Version) *edition { return newEdition(v).mending() })
)

func eachVersion(create func(Version) *edition) map[Version]func() *edition {
	all := make(map[Version]func() *edition)
	for _, v := range versions {
		all[v] = sync.OnceValue(func() *edition { return create(v) })
	}
	return all
}

func newEdition(v Version) *edition {
	return &edition{v, rulesOf(v), objectShapes{
		report:      newShape(0, v, reportProperties, nil),
		version:     newShape(1, v, versionProperties, nil),
		checkout:    newShape(2, v, checkoutProperties, endCheckout),
		build:       newShape(3, v, buildProperties, endBuild),
		test:        newShape(4, v, testProperties, endTest),
		issue:       newShape(5, v, issueProperties, nil),
		incident:    newShape(6, v, incidentProperties, nil),
		environment: newShape(7, v, environmentProperties, nil),
		number:      newShape(8, v, numberProperties, nil),
		culprit:     newShape(9, v, culpritProperties, nil),
		resource:    newShape(10, v, resourceProperties, nil),
	}}
}

// mending returns the edition for decoders with a mender.
func (e *edition) mending() *edition {
	s := &e.shapes
	return &edition{e.v, e.rules, objectShapes{
		report:      s.report.mending(),
		version:     s.version,
		checkout:    s.checkout.mending(),
		build:       s.build.mending(),
		test:        s.test.mending(),
		issue:       s.issue.mending(),
		incident:    s.incident.mending(),
		environment: s.environment.mending(),
		number:      s.number.mending(),
		culprit:     s.culprit.mending(),
		resource:    s.resource.mending(),
	}}
}

// rules are the rules for strings that differ between versions. A nil rule
// requires nothing.
type rules struct {
	id         *rule
	text       *rule
	path       *rule
	compatible *rule
	fileName   *rule
	repository *rule // URLs of repositories, which must also be URIs
	statuses   []Status
}

func rulesOf(v Version) rules {
	r := rules{
		id: ruleID, text: ruleText, path: rulePath, compatible: ruleCompatible,
		fileName: ruleFileName, repository: ruleHTTPS, statuses: statuses,
	}
	if v.Major < 5 {
		r.id, r.text, r.path, r.compatible = ruleID3, nil, rulePath1, ruleCompatible4
		r.fileName, r.repository = ruleFileName2, ruleRepository3
	}
	if v.Major < 3 {
		r.id, r.repository = ruleID2, nil
	}
	if v.Major < 2 {
		r.fileName = nil
	}
	if v.Compare(Version{4, 2}) < 0 {
		r.statuses = statuses4
	}
	if v.Major < 4 {
		r.statuses = statuses1
	}
	return r
}
