// SPDX-License-Identifier: Apache-2.0

package report

// The decoder turns objects of versions before 5.0 into objects of the latest version
// while it reads them. Most properties only have another name. The ID is put together at
// the end of the object (identity.go). The result is the same as that of the upgrade steps
// of a Document (upgrade_steps.go), but the document is never in memory.

var oldCheckoutProperties = []property[Checkout]{
	{"description", optional.until(3, 0), func(d *decoder, to *Checkout) { to.Comment = d.optText() }},
	{"origin", required.until(1, 1), func(d *decoder, _ *Checkout) { d.names.origin = d.identityPart(d.names.origin, ruleArchitecture) }},
	{"origin_id", required.until(1, 1), func(d *decoder, _ *Checkout) { d.names.id = d.identityPart(d.names.id, nil) }},
	{"id", required.since(2, 0).until(2, 0), func(d *decoder, _ *Checkout) { d.names.id = d.identityPart(d.names.id, d.rules.id) }},
	{"id", required.since(3, 0).until(3, 0), func(d *decoder, _ *Checkout) { d.names.id = d.identityPart(d.names.id, ruleRevision3) }},
	{"git_repository_commit_hash", optional.until(2, 0), func(d *decoder, to *Checkout) { to.GitCommitHash = d.commitHash() }},
	{"git_repository_commit_name", optional.until(2, 0), func(d *decoder, to *Checkout) { to.GitCommitName = d.optText() }},
	{"patch_mboxes", optional.until(3, 0), func(d *decoder, to *Checkout) { to.PatchsetFiles = d.resources() }},
	{"publishing_time", optional.until(3, 0), func(d *decoder, _ *Checkout) { d.time() }},
	{"discovery_time", optional.until(3, 0), func(d *decoder, to *Checkout) { to.StartTime = d.optTime() }},
	{"contacts", optional.until(4, 5), func(d *decoder, _ *Checkout) { d.skipStrings() }},
}

var oldBuildProperties = []property[Build]{
	{"description", optional.until(3, 0), func(d *decoder, to *Build) { to.Comment = d.optText() }},
	{"origin", required.until(1, 1), func(d *decoder, _ *Build) { d.names.origin = d.identityPart(d.names.origin, ruleArchitecture) }},
	{"origin_id", required.until(1, 1), func(d *decoder, _ *Build) { d.names.id = d.identityPart(d.names.id, nil) }},
	{"revision_origin", required.until(1, 1), func(d *decoder, _ *Build) {
		d.names.parentOrigin = d.identityPart(d.names.parentOrigin, ruleArchitecture)
	}},
	{"revision_origin_id", required.until(1, 1), func(d *decoder, _ *Build) { d.names.parent = d.identityPart(d.names.parent, nil) }},
	{"revision_id", required.since(2, 0).until(2, 0), func(d *decoder, _ *Build) { d.names.parent = d.identityPart(d.names.parent, d.rules.id) }},
	{"revision_id", required.since(3, 0).until(3, 0), func(d *decoder, _ *Build) { d.names.parent = d.identityPart(d.names.parent, ruleRevision3) }},
	{"valid", optional.until(4, 5), func(d *decoder, to *Build) { to.Status = d.validity() }},
}

var oldTestProperties = []property[Test]{
	{"description", optional.until(3, 0), func(d *decoder, to *Test) { to.Comment = d.optText() }},
	{"origin", required.until(1, 1), func(d *decoder, _ *Test) { d.names.origin = d.identityPart(d.names.origin, ruleArchitecture) }},
	{"origin_id", required.until(1, 1), func(d *decoder, _ *Test) { d.names.id = d.identityPart(d.names.id, nil) }},
	{"build_origin", required.until(1, 1), func(d *decoder, _ *Test) {
		d.names.parentOrigin = d.identityPart(d.names.parentOrigin, ruleArchitecture)
	}},
	{"build_origin_id", required.until(1, 1), func(d *decoder, _ *Test) { d.names.parent = d.identityPart(d.names.parent, nil) }},
	{"waived", optional.until(4, 5), func(d *decoder, _ *Test) { d.names.waived, _ = d.boolean() }},
}

// repository reads the URL of a repository.
func (d *decoder) repository() *string {
	value := d.ruledString(ruleIndexed, ruleURI, d.rules.repository)
	if d.v.Major < 5 && value != nil && !validHTTPS(value) {
		d.cannotUpgrade("", neededSince("a URL beginning with https://", 5), value)
	}
	return d.keptPointer(value)
}

// testPath reads the path of a test.
func (d *decoder) testPath() *string {
	value := d.ruledString(ruleIndexed, d.rules.path)
	if d.v.Major < 5 && !validPath(value) {
		d.cannotUpgrade("", neededSince(rulePath.expected, 5), value)
	}
	return d.keptPointer(value)
}

// commitHash reads a hash, which may be any text in old versions.
func (d *decoder) commitHash() *string {
	value := d.ruledString()
	if value != nil && !validCommitHash(value) {
		d.cannotUpgrade("", expectation(ruleCommitHash, "git_commit_hash"), value)
	}
	return d.keptPointer(value)
}

// fileName reads the name of a file. Version 1 allowed slashes in it.
func (d *decoder) fileName() string {
	value := d.ruledString(d.rules.fileName)
	if d.v.Major == 1 && value != nil {
		value = append(d.names.joined[:0], value...)
		for i, c := range value {
			if c == '/' {
				value[i] = '_'
			}
		}
		d.names.joined = value
		if !validFileName(value) {
			d.cannotUpgrade("", expectation(ruleFileName, "name"), value)
		}
	}
	return d.keepText(value)
}

// skipStrings reads a list of strings and drops it.
func (d *decoder) skipStrings() {
	if d.next() != '[' {
		d.wrongType("array")
		return
	}
	if !d.enter(']') {
		return
	}
	last := len(d.path) - 1
	for i := 0; ; i++ {
		d.path[last] = step{index: i}
		d.ruledString()
		if !d.nextItem(']') {
			return
		}
	}
}
