// SPDX-License-Identifier: Apache-2.0

package subscription_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/notify/subscription"
	"github.com/kcidb-go/kcidb/internal/notify/webhook"
	"github.com/kcidb-go/kcidb/internal/testing/need"
	"github.com/kcidb-go/kcidb/object"
)

// These tests execute the examples in docs/subscriber.md: the tables, and blocks marked
// "yaml fragment" (parts of subscriptions), "yaml webhooks", "cel TYPE" (an expression
// on each line) and "python".

var docBlock = regexp.MustCompile("(?ms)^```([^\n]+)\n(.*?)^```")

func readDocs(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../../docs/subscriber.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// docBlocks returns the blocks of a kind, with what else they are marked by.
func docBlocks(t *testing.T, kind string) (marks, blocks []string) {
	t.Helper()
	for _, m := range docBlock.FindAllStringSubmatch(readDocs(t), -1) {
		if mark, ok := strings.CutPrefix(m[1]+" ", kind+" "); ok {
			marks, blocks = append(marks, strings.TrimSpace(mark)), append(blocks, m[2])
		}
	}
	if len(blocks) == 0 {
		t.Fatalf("there is no block marked %q", kind)
	}
	return marks, blocks
}

// docTable returns the rows of the table whose first head is given.
func docTable(t *testing.T, head string) (rows [][]string) {
	t.Helper()
	_, after, found := strings.Cut(readDocs(t), "\n| "+head+" |")
	if !found {
		t.Fatalf("there is no table of %q", head)
	}
	const pipe = "\x00" // that is part of a cell
	for i, line := range strings.Split(after, "\n") {
		if i < 2 { // the rest of the head, and the line under it
			continue
		}
		if !strings.HasPrefix(line, "|") {
			break
		}
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, `\|`, pipe), "|"), "|")
		for j := range cells {
			cells[j] = strings.ReplaceAll(strings.TrimSpace(cells[j]), pipe, "|")
		}
		rows = append(rows, cells)
	}
	return rows
}

var inlineCode = regexp.MustCompile("`([^`]+)`")

// codes returns what is marked as code in a cell.
func codes(cell string) (all []string) {
	for _, m := range inlineCode.FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all
}

// complete makes a whole subscription of a part of one.
func complete(part, on string) string {
	if !strings.HasSuffix(part, "\n") {
		part += "\n"
	}
	has := func(keys ...string) bool {
		return slices.ContainsFunc(keys, func(key string) bool { return strings.HasPrefix(part, key+":") || strings.Contains(part, "\n"+key+":") })
	}
	if !has("on") {
		part += "on: " + on + "\n"
	}
	if !has("select", "match") {
		part += "match: 'true'\n"
	}
	if !has("to", "via") {
		part += "to: [me@example.org]\n"
	}
	return part
}

func TestDocumentedSubscriptions(t *testing.T) {
	_, hooks := docBlocks(t, "yaml webhooks")
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("webhooks.yaml", strings.Join(hooks, ""))
	write("ci.secret", "secret\n")
	_, parts := docBlocks(t, "yaml fragment")
	for i, part := range parts {
		write("part"+string(rune('a'+i))+".yaml", complete(part, "test"))
	}
	folder, err := subscription.Load(dir, standard())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range folder.Problems {
		t.Errorf("%s, in\n%s", p, parts[p.File[len("part")]-'a'])
	}
	if len(folder.Subscriptions) != len(parts) || len(folder.Hooks) != len(hooks) {
		t.Errorf("%d subscriptions of %d, %d webhooks of %d", len(folder.Subscriptions), len(parts), len(folder.Hooks), len(hooks))
	}
}

func TestDocumentedExpressions(t *testing.T) {
	types, blocks := docBlocks(t, "cel")
	for i, block := range blocks {
		for line := range strings.Lines(block) {
			_, problems := subscription.Parse("doc.yaml", []byte(complete("match: |\n  "+line, types[i])), standard())
			for _, p := range problems {
				t.Errorf("%s, of %s", p, line)
			}
		}
	}
}

// TestDocumentedMistakes holds the messages to the documentation.
func TestDocumentedMistakes(t *testing.T) {
	for _, row := range docTable(t, "mistake") {
		mistake, message := codes(row[0])[0], codes(row[1])[0]
		_, problems := subscription.Parse("doc.yaml", []byte(complete(mistake, "test")), standard())
		if !slices.ContainsFunc(problems, func(p subscription.Problem) bool { return strings.HasPrefix(p.Text, message) }) {
			t.Errorf("%s\n  gives %v\n  and not %s", mistake, problems, message)
		}
	}
}

// TestDocumentedSelectors holds the table to what goes with what.
func TestDocumentedSelectors(t *testing.T) {
	for _, row := range docTable(t, "selector") {
		for _, name := range codes(row[0]) {
			value := map[string]string{"status": "FAIL", "was": "none", "now": "PASS", "culprit": "code"}[name]
			if value == "" {
				value = "x"
			}
			var on []string
			for _, typ := range object.Types() {
				if _, problems := subscription.Parse("doc.yaml", []byte(complete("select: {"+name+": "+value+"}", string(typ))), standard()); len(problems) == 0 {
					on = append(on, string(typ))
				}
			}
			if got := strings.Join(on, ", "); got != row[2] && (row[2] != "all" || len(on) != len(object.Types())) {
				t.Errorf("%s is on %s, and documented on %s", name, got, row[2])
			}
		}
	}
	for _, row := range docTable(t, "key") {
		for _, key := range codes(row[0]) {
			_, problems := subscription.Parse("doc.yaml", []byte(complete(key+": x", "test")), standard())
			if slices.ContainsFunc(problems, func(p subscription.Problem) bool { return strings.HasPrefix(p.Text, "unknown key") }) {
				t.Errorf("there is no key %s", key)
			}
		}
	}
}

// TestDocumentedTemplates reads each template in the documentation, for each type of
// object that the template is for.
func TestDocumentedTemplates(t *testing.T) {
	tried := func(text, on string) []subscription.Problem {
		_, problems := subscription.Parse("doc.yaml", []byte(complete("body: |\n  "+text, on)), standard())
		return problems
	}
	for _, row := range docTable(t, "in a template") {
		for _, text := range codes(row[0]) {
			if !slices.ContainsFunc(object.Types(), func(on object.Type) bool { return len(tried(text, string(on))) == 0 }) {
				t.Errorf("%s: %v", text, tried(text, "test"))
			}
		}
	}
	types := 0
	for _, row := range docTable(t, "on | `.Object` has, among others") {
		types++
		for _, field := range codes(row[1]) {
			if problems := tried("{{.Object"+field+"}}", row[0]); len(problems) > 0 {
				t.Error(problems)
			}
		}
	}
	if types < 6 {
		t.Errorf("%d types", types)
	}
}

// TestDocumentedSignature has the documented program judge what a webhook gets.
func TestDocumentedSignature(t *testing.T) {
	python := need.Tool(t, "python3", "python3")
	_, blocks := docBlocks(t, "python")
	var headers http.Header
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		headers = r.Header
		body, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	hook := webhook.Hook{Name: "ci", URL: server.URL, Secret: "secret"}
	if err := new(webhook.Sender).Send(t.Context(), hook, "1", []byte(`{"subject": "é"}`)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ secret, body, timestamp, want string }{
		{"secret", string(body), headers.Get(webhook.HeaderTimestamp), "True"},
		{"other", string(body), headers.Get(webhook.HeaderTimestamp), "False"},
		{"secret", string(body) + " ", headers.Get(webhook.HeaderTimestamp), "False"},
		{"secret", string(body), "1000000000", "False"},
	} {
		given, err := json.Marshal(map[string]string{
			webhook.HeaderTimestamp: c.timestamp, webhook.HeaderSignature: headers.Get(webhook.HeaderSignature),
		})
		if err != nil {
			t.Fatal(err)
		}
		const judge = "\nimport json, sys\nprint(genuine(sys.argv[1].encode(), json.loads(sys.argv[2]), sys.argv[3].encode()))\n"
		out, err := exec.CommandContext(t.Context(), python, "-c", blocks[0]+judge, c.secret, string(given), c.body).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("%v: %s %v", c, got, err)
		}
	}
}
