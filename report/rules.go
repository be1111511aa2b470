// SPDX-License-Identifier: Apache-2.0

package report

// rule is a rule for strings.
type rule struct {
	kind     Kind
	expected string
	match    func([]byte) bool
}

func patternRule(pattern string, match func([]byte) bool) *rule {
	return &rule{KindPattern, expectedPattern(pattern), match}
}

func formatRule(name string, match func([]byte) bool) *rule {
	return &rule{KindFormat, expectedFormat(name), match}
}

var (
	ruleID            = patternRule(`^[a-z0-9_]+:[^\0]*$`, validID)
	ruleOrigin        = patternRule(`^[a-z0-9_]+$`, validOrigin)
	ruleArchitecture  = patternRule(`^[a-z0-9_]*$`, validArchitecture)
	rulePath          = patternRule(`^([a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*)?$`, validPath)
	ruleCommitHash    = patternRule(`^[0-9a-f]{40}$`, validCommitHash)
	rulePatchsetHash  = patternRule(`^$|^[0-9a-f]{64}$`, validPatchsetHash)
	ruleHTTPS         = patternRule(`^https://[^\0]*$`, validHTTPS)
	ruleFileName      = patternRule(`^[^/\0]+$`, validFileName)
	ruleCompatible    = patternRule(`^[^ \0]+(,[^ \0]+)*$`, validCompatible)
	ruleText          = patternRule(`^[^\0]*$`, validText)
	ruleEmail         = formatRule("email", validEmail)
	ruleURI           = formatRule("uri", validURI)
	ruleDateTime      = formatRule("date-time", validDateTime)
	ruleExcerptLength = &rule{KindLength, expectedLength(maxText), func(s []byte) bool {
		return len(s) <= maxText || length(s) <= maxText
	}}
	ruleIndexed = &rule{KindSize, expectedIndexed, func(s []byte) bool { return len(s) <= maxIndexed }}
)

// Rules of versions before 5.0.
var (
	ruleVersion1    = patternRule(`^1(\.0)?$`, validVersion1)
	ruleID2         = patternRule(`^[a-z0-9_]+:`, validID2)
	ruleID3         = patternRule(`^[a-z0-9_]+:.*$`, validID3)
	rulePath1       = patternRule(`^[.a-zA-Z0-9_-]*$`, validPath1)
	ruleRevision3   = patternRule(`^[0-9a-f]{40}(\+[0-9a-f]{64})?$`, validRevision3)
	ruleFileName2   = patternRule(`^[^/]+$`, validFileName2)
	ruleRepository3 = patternRule(`^(https|git)://.*$`, validRepository3)
	ruleCompatible4 = patternRule(`^[^ ]+(,[^ ]+)*$`, validCompatible4)
)
