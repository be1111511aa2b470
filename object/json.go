// SPDX-License-Identifier: Apache-2.0

package object

import (
	"strconv"
	"strings"
)

// Fields selects the fields of objects that are written.
type Fields int

const (
	// AllFields are the fields of the latest schema of reports.
	AllFields Fields = iota
	// ModelFields are the fields of the Python system's object model, which has fewer
	// fields, and no log_excerpt for example.
	ModelFields
)

// AppendJSON appends the set as compact JSON: {"TYPE": [object, ...], ...}, in the order
// of Types, without the types that have no objects.
//
// Each object has all fields of the latest schema, null if they are absent; only
// _timestamp is left out if it is absent. The members of an inner object are fields of the
// outer one, joined by "_" (environment_misc). Versions are called version_num and
// issue_version_num. Times are in UTC with a numeric offset. The result is valid JSON if
// every misc is.
func (s *Set) AppendJSON(b []byte) []byte {
	w := objectWriter{b: append(b, '{')}
	first := true
	for _, l := range lists {
		n := l.count(s)
		if n == 0 {
			continue
		}
		if !first {
			w.b = append(w.b, ',')
		}
		first = false
		w.b = append(strconv.AppendQuote(w.b, string(l.typ)), ':', '[')
		for i := range n {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.object(l.at(s, i))
		}
		w.b = append(w.b, ']')
	}
	return append(w.b, '}')
}

// MarshalJSON returns the set as AppendJSON does.
func (s *Set) MarshalJSON() ([]byte, error) { return s.AppendJSON(nil), nil }

// modelFields are the fields of the Python system's object model, for the types in
// reports. The model does not change, so a new property is not in it.
var modelFields = map[Type]map[string]bool{
	TypeCheckout: fieldSet(`id origin tree_name git_repository_url git_commit_hash git_commit_tags git_commit_message
		git_repository_branch git_repository_branch_tip patchset_hash message_id comment start_time log_url valid misc _timestamp`),
	TypeBuild: fieldSet(`id origin checkout_id comment start_time duration architecture command compiler input_files output_files
		config_name config_url log_url status misc _timestamp`),
	TypeTest: fieldSet(`id origin build_id environment_comment environment_compatible environment_misc path comment log_url status
		number_value number_unit number_prefix start_time duration output_files misc _timestamp`),
	TypeIssueVersion: fieldSet(`id version_num origin report_url report_subject culprit_code culprit_tool culprit_harness comment
		misc _timestamp`),
	TypeIncident: fieldSet(`id origin issue_id issue_version_num build_id test_id present comment misc _timestamp`),
}

func fieldSet(names string) map[string]bool {
	set := make(map[string]bool)
	for _, name := range strings.Fields(names) {
		set[name] = true
	}
	return set
}
