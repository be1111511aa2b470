// SPDX-License-Identifier: Apache-2.0

package object

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kcidb-go/kcidb/report"
)

// ReadSets reads the JSON object that a [SetWriter] writes, or a service answers
// patterns with. It yields the objects in sets of at most perSet objects, in the order
// of the text. An error is the last thing it yields, also if the text ends too early.
//
// Memory is bounded by the largest set.
func ReadSets(from io.Reader, perSet int) iter.Seq2[*Set, error] {
	return func(yield func(*Set, error) bool) {
		r := setReader{json: jsontext.NewDecoder(from), perSet: max(perSet, 1)}
		for {
			set, err := r.next()
			switch {
			case err == io.EOF:
				return
			case err != nil:
				yield(nil, fmt.Errorf("read objects: %w", err))
				return
			case !yield(set, nil):
				return
			}
		}
	}
}

// reportLists are the names of the lists of a report that types have.
var reportLists = map[Type]string{
	TypeCheckout:     "checkouts",
	TypeBuild:        "builds",
	TypeTest:         "tests",
	TypeIssueVersion: "issues",
	TypeIncident:     "incidents",
}

// joined are the properties of a report that hold an object. A set has the members of
// that object under names such as environment_misc.
var joined = map[Type][]string{
	TypeTest:         {"environment", "number"},
	TypeIssueVersion: {"culprit"},
}

type setReader struct {
	json   *jsontext.Decoder
	perSet int

	typ    Type   // of the open list
	text   []byte // of the report that the set will have
	listed Type   // the type of the last list in text
}

// next returns the next set, or io.EOF behind the last.
func (r *setReader) next() (*Set, error) {
	set := new(Set)
	version := report.Latest()
	r.text = fmt.Appendf(r.text[:0], `{"version":{"major":%d,"minor":%d}`, version.Major, version.Minor)
	r.listed = ""
	for n := 0; n < r.perSet; n++ {
		object, err := r.object()
		if err == io.EOF && n > 0 {
			break
		}
		if err == nil {
			err = r.add(set, object)
		}
		if err != nil {
			return nil, err
		}
	}
	if r.listed != "" {
		r.text = append(r.text, ']')
	}
	decoded, err := report.Decode(append(r.text, '}'))
	if err != nil {
		return nil, err
	}
	set.Report = *decoded
	return set, nil
}

// object returns the next object and opens the list that it is in. It returns io.EOF
// behind the last object.
func (r *setReader) object() (jsontext.Value, error) {
	for {
		if r.json.StackDepth() == 2 && r.json.PeekKind() == '{' {
			return r.json.ReadValue()
		}
		token, err := r.json.ReadToken()
		switch {
		case err == io.EOF && r.json.InputOffset() == 0:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		}
		kind, depth := token.Kind(), r.json.StackDepth()
		switch {
		case kind == '}' && depth == 0:
			return nil, io.EOF
		case kind == '"' && depth == 1:
			if r.typ = Type(token.String()); !r.typ.Known() {
				return nil, fmt.Errorf("no type of objects: %q", r.typ)
			}
		case kind == '{' && depth == 1, kind == '[' && depth == 2, kind == ']' && depth == 1:
		default:
			return nil, fmt.Errorf("not a set of objects: found %s at offset %d", kind, r.json.InputOffset())
		}
	}
}

// add adds an object to the set, or to the text of the report that the set will have.
func (r *setReader) add(set *Set, object jsontext.Value) error {
	switch r.typ {
	case TypeRevision:
		var revision struct {
			GitCommitHash string            `json:"git_commit_hash"`
			PatchsetHash  string            `json:"patchset_hash"`
			GitCommitName *string           `json:"git_commit_name"`
			PatchsetFiles []report.Resource `json:"patchset_files"`
		}
		err := json.Unmarshal(object, &revision)
		set.Revisions = append(set.Revisions, Revision(revision))
		return err
	case TypeIssue:
		var issue struct {
			ID     string `json:"id"`
			Origin string `json:"origin"`
		}
		err := json.Unmarshal(object, &issue)
		set.Issues = append(set.Issues, Issue(issue))
		return err
	}
	if r.listed == r.typ {
		r.text = append(r.text, ',')
	} else {
		if r.listed != "" {
			r.text = append(r.text, ']')
		}
		r.listed = r.typ
		r.text = append(append(append(r.text, `,"`...), reportLists[r.typ]...), `":[`...)
	}
	return r.addProperties(object)
}

// addProperties appends an object as reports have it: without absent properties, with
// the joined members back in objects of their own, and with versions by their own names.
func (r *setReader) addProperties(object jsontext.Value) error {
	d := jsontext.NewDecoder(bytes.NewReader(object))
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	inner := make(map[string][]byte) // members of joined properties
	r.text = append(r.text, '{')
	for d.PeekKind() != '}' {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		value, err := d.ReadValue()
		if err != nil {
			return err
		}
		if value.Kind() == 'n' {
			continue
		}
		property, member, _ := strings.Cut(name, "_")
		switch {
		case slices.Contains(joined[r.typ], property):
			inner[property] = appendMember(inner[property], member, value)
		case name == "version_num", name == "issue_version_num":
			r.text = appendMember(r.text, strings.TrimSuffix(name, "_num"), value)
		default:
			r.text = appendMember(r.text, name, value)
		}
	}
	for _, property := range joined[r.typ] {
		if members := inner[property]; members != nil {
			r.text = appendMember(r.text, property, append(append([]byte{'{'}, members...), '}'))
		}
	}
	r.text = append(r.text, '}')
	return nil
}

// appendMember appends a member of a JSON object, and a comma if it is not the first.
func appendMember(b []byte, name string, value []byte) []byte {
	if n := len(b); n > 0 && b[n-1] != '{' {
		b = append(b, ',')
	}
	b, _ = jsontext.AppendQuote(b, name)
	return append(append(b, ':'), value...)
}
