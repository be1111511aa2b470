// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// indexedProperties are the properties that databases index.
var indexedProperties = map[string]bool{
	"id": true, "origin": true, "origin_id": true,
	"checkout_id": true, "build_id": true, "test_id": true, "issue_id": true,
	"revision_id": true, "revision_origin": true, "revision_origin_id": true, "build_origin": true, "build_origin_id": true,
	"path": true, "tree_name": true, "git_repository_url": true, "git_repository_branch": true,
}

// addUnstorable adds faults for values that the schema allows and databases do not keep:
// strings that are too long for an index, integers that would be rounded, and
// versions of issues that are too large.
func (j *judgement) addUnstorable() {
	root, _ := j.root.(*object)
	if root == nil {
		return
	}
	for _, m := range root.members {
		list, ok := j.schema.Properties[m.name]
		elements, isList := m.value.([]any)
		if !ok || !isList {
			continue
		}
		item, _ := list.Items.(*jsonschema.Schema)
		for i, element := range elements {
			if o, ok := element.(*object); ok && item != nil {
				j.keptObject([]string{m.name, strconv.Itoa(i)}, o, resolve(item))
			}
		}
	}
}

func (j *judgement) keptObject(path []string, o *object, schema *jsonschema.Schema) {
	for _, m := range o.members {
		if schema.Properties[m.name] == nil {
			continue
		}
		at := append(path[:len(path):len(path)], m.name)
		switch value := m.value.(type) {
		case string:
			if indexedProperties[m.name] {
				j.keptText(at, value)
			}
		case []any:
			for i, element := range value {
				if s, ok := element.(string); ok && m.name == "git_commit_tags" {
					j.keptText(append(at, strconv.Itoa(i)), s)
				}
			}
		case json.Number:
			switch m.name {
			case "duration":
				j.keptNumber(at, value)
			case "version", "issue_version":
				if toFloat(value) > math.MaxInt32 && !j.wrong[pointer(at)] {
					j.add(KindNumber, at, expectedInt32, "")
				}
			}
		case *object:
			if n, ok := value.get("value"); ok && m.name == "number" {
				if n, ok := n.(json.Number); ok {
					j.keptNumber(append(at, "value"), n)
				}
			}
		}
	}
}

// keptText checks a text that databases index.
func (j *judgement) keptText(path []string, s string) {
	if len(s) > maxIndexed {
		j.add(KindSize, path, expectedIndexed, "")
	}
}

func (j *judgement) keptNumber(path []string, n json.Number) {
	if !isFloat(n) && !isExact([]byte(n)) {
		j.add(KindNumber, path, expectedExact, "")
	}
}

// hasProperty reports whether the schema has a property at a path.
func (j *judgement) hasProperty(path []string) bool {
	schema := j.schema
	for _, name := range path {
		if items, ok := schema.Items.(*jsonschema.Schema); ok {
			schema = resolve(items)
		} else if property := schema.Properties[name]; property != nil {
			schema = resolve(property)
		} else {
			return false
		}
	}
	return true
}
