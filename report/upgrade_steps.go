// SPDX-License-Identifier: Apache-2.0

package report

import (
	"encoding/json"
	"slices"
	"strings"
)

// The steps do not change values that they do not name, above all misc. In reports that are
// not valid, a value that is absent or of the wrong type counts as empty.

// upgradeTo2 joins each origin and the ID within the origin into one ID, and
// removes the slashes from file names.
func upgradeTo2(root *object) *refusal {
	for _, list := range []struct{ name, parent string }{
		{"revisions", ""}, {"builds", "revision"}, {"tests", "build"},
	} {
		for o := range root.objects(list.name) {
			joinID(o, "")
			if list.parent != "" {
				joinID(o, list.parent+"_")
			}
			for _, files := range []string{"patch_mboxes", "input_files", "output_files"} {
				for file := range o.objects(files) {
					if file.index("name") >= 0 {
						file.set("name", strings.ReplaceAll(file.text("name"), "/", "_"))
					}
				}
			}
		}
	}
	return nil
}

// joinID joins the origin and the ID with the given prefix.
func joinID(o *object, prefix string) {
	id := o.text(prefix+"origin") + ":" + o.text(prefix+"origin_id")
	o.remove(prefix + "origin")
	o.rename(prefix+"origin_id", prefix+"id")
	o.set(prefix+"id", id)
}

// upgradeTo3 copies the origin of each ID to a property of its own. Revisions
// are then identified only by their hashes.
func upgradeTo3(root *object) *refusal {
	for _, list := range []string{"revisions", "builds", "tests"} {
		for o, i := range root.indexed(list) {
			id := o.text("id")
			n := span(id, classOrigin)
			if n == 0 || n == len(id) || id[n] != ':' {
				return &refusal{list, i, "id", `an ID with an origin of lower-case letters, digits and "_"`, id}
			}
			o.set("origin", id[:n])
			switch list {
			case "revisions":
				o.set("id", id[n+1:])
				o.rename("git_repository_commit_hash", "git_commit_hash")
				o.rename("git_repository_commit_name", "git_commit_name")
			case "builds":
				_, revision, _ := strings.Cut(o.text("revision_id"), ":")
				o.set("revision_id", revision)
			}
		}
	}
	return nil
}

// upgradeTo4 turns each revision into its origin's only checkout of the
// revision.
func upgradeTo4(root *object) *refusal {
	for o, i := range root.indexed("revisions") {
		id := "_:" + o.text("origin") + ":" + o.text("id")
		if len(id) > maxIndexed {
			return &refusal{"revisions", i, "id", expectedIndexed, id}
		}
		o.set("id", id)
		o.rename("patch_mboxes", "patchset_files")
		_, patchset, _ := strings.Cut(id, "+")
		patchset, _, _ = strings.Cut(patchset, "+")
		o.set("patchset_hash", patchset)
		o.rename("discovery_time", "start_time")
		o.rename("description", "comment")
		o.remove("publishing_time")
	}
	root.rename("revisions", "checkouts")
	for o, i := range root.indexed("builds") {
		id := "_:" + o.text("origin") + ":" + o.text("revision_id")
		if len(id) > maxIndexed {
			return &refusal{"builds", i, "revision_id", expectedIndexed, id}
		}
		o.set("revision_id", id)
		o.rename("revision_id", "checkout_id")
		o.rename("description", "comment")
	}
	for o := range root.objects("tests") {
		o.rename("description", "comment")
		if environment, ok := o.get("environment"); ok {
			if environment, ok := environment.(*object); ok {
				environment.rename("description", "comment")
			}
		}
	}
	return nil
}

// upgradeTo5 turns the validity of builds into a status and waived tests into
// incidents of an issue. Version 5 has no values that
// databases have trouble with: NUL characters, unencrypted URLs of repositories, odd paths.
func upgradeTo5(root *object) *refusal {
	for o, i := range root.indexed("checkouts") {
		o.remove("contacts")
		url, ok := o.get("git_repository_url")
		if url, isText := url.(string); ok && isText && !strings.HasPrefix(url, "https://") {
			return &refusal{"checkouts", i, "git_repository_url", "a URL beginning with https://", url}
		}
	}
	for o := range root.objects("builds") {
		if valid, ok := o.get("valid"); ok {
			status := StatusFail
			if valid == true {
				status = StatusPass
			}
			o.rename("valid", "status")
			o.set("status", string(status))
		}
	}
	waived := false
	for o, i := range root.indexed("tests") {
		path, _ := o.get("path")
		if path, ok := path.(string); ok && !validPath(path) {
			const pattern = `^([a-zA-Z0-9_-]+(\.[a-zA-Z0-9_-]+)*)?$`
			return &refusal{"tests", i, "path", expectedPattern(pattern), path}
		}
		if value, _ := o.remove("waived"); value != true {
			continue
		}
		if !waived {
			waived = true
			root.append("issues", waivedIssue())
		}
		incident := waivedIncident(o.text("id"))
		if id := incident.text("id"); len(id) > maxIndexed {
			return &refusal{"tests", i, "id", expectedIndexed, id}
		}
		root.append("incidents", incident)
	}
	for o := range root.objects("issues") {
		o.remove("build_valid")
		o.remove("test_status")
	}
	return refuseNUL(root)
}

// waivedID and waivedComment belong to the issue that stands for waived tests.
const (
	waivedID      = "_:waived"
	waivedComment = "Test waived as unreliable"
)

func waivedIssue() *object {
	return &object{[]member{
		{"id", waivedID},
		{"origin", "_"},
		{"version", json.Number("1")},
		{"comment", waivedComment},
	}}
}

func waivedIncident(test string) *object {
	return &object{[]member{
		{"id", waivedID + ":1:" + test},
		{"origin", "_"},
		{"issue_id", waivedID},
		{"issue_version", json.Number("1")},
		{"test_id", test},
		{"present", true},
	}}
}

// refuseNUL refuses NUL characters in strings, except below misc.
func refuseNUL(root *object) *refusal {
	members := slices.Clone(root.members)
	slices.SortStableFunc(members, byRank)
	for _, m := range members {
		elements, isList := m.value.([]any)
		if !isList {
			elements = []any{m.value}
		}
		for i, element := range elements {
			o, ok := element.(*object)
			if !ok {
				o = &object{[]member{{m.name, element}}}
			}
			for _, property := range o.members {
				if s, ok := findNUL(property); ok {
					return &refusal{m.name, i, property.name, expectedNoNUL, s}
				}
			}
		}
	}
	return nil
}

// findNUL returns a string in a member's value that contains a NUL character.
func findNUL(m member) (string, bool) {
	if m.name == "misc" {
		return "", false
	}
	switch value := m.value.(type) {
	case string:
		return value, contains(value, 0)
	case []any:
		for _, element := range value {
			if s, ok := findNUL(member{value: element}); ok {
				return s, true
			}
		}
	case *object:
		for _, m := range value.members {
			if s, ok := findNUL(m); ok {
				return s, true
			}
		}
	}
	return "", false
}
