// SPDX-License-Identifier: Apache-2.0

package subscription

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// folderOf makes a folder with files.
func folderOf(tb testing.TB, files map[string]string) string {
	tb.Helper()
	dir := tb.TempDir()
	for name, text := range files {
		write(tb, filepath.Join(dir, name), text)
	}
	return dir
}

func write(tb testing.TB, file, text string) {
	tb.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		tb.Fatal(err)
	}
}

func TestLoad(t *testing.T) {
	good := fileAbout("test", "match: 'true'\n")
	dir := folderOf(t, map[string]string{
		"b.yaml":       "name: a\n" + good,
		"c.yaml":       "name: a\n" + good,
		"d.yaml":       good,
		"bad.yaml":     good + "x: y\n",
		"hook.yaml":    "on: test\nmatch: 'true'\nvia: [webhook:ops]\n",
		"nohook.yaml":  "on: test\nmatch: 'true'\nvia:\n  - feed\n  - webhook:opps\n",
		".hidden.yaml": "x", "_old.yaml": "x", "README.md": "x",
		"short.yml": good, "d.yml": good, "webhooks.yml": "x: {url: https://hooks.example.org/x}\n",
		"webhooks.yaml": "ops: {url: https://hooks.example.org/x, secret_file: secret}\nbad: {url: ftp://x, sekret: y}\n" +
			"refers: {url: https://hooks.example.org/x, secret: 'file:other'}\nplain: {url: https://hooks.example.org/x, secret: hunter2}\n" +
			"wrong: {url: https://hooks.example.org/x, secret: 'gcp-secret:hunter2'}\nboth: {url: https://hooks.example.org/x, secret: 'env:X', secret_file: secret}\n",
		"secret": " s3cret\n",
	})
	if err := os.Mkdir(filepath.Join(dir, "dir.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("d.yaml", filepath.Join(dir, "link.yaml")); err != nil {
		t.Fatal(err)
	}
	outside := folderOf(t, map[string]string{"x.yaml": good})
	if err := os.Symlink(filepath.Join(outside, "x.yaml"), filepath.Join(dir, "outside.yaml")); err != nil {
		t.Fatal(err)
	}
	f, err := Load(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var names, problems []string
	for _, s := range f.Subscriptions {
		names = append(names, s.Name+" "+s.File)
	}
	for _, p := range f.Problems {
		problems = append(problems, p.String())
	}
	if diff := cmp.Diff([]string{"a b.yaml", "d d.yaml", "hook hook.yaml", "link link.yaml", "short short.yml"}, names); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		`bad.yaml:4:1: unknown key "x"`,
		`c.yaml: name: "a" is the name of b.yaml`,
		`d.yml: name: "d" is the name of d.yaml`,
		"dir.yaml: is no regular file",
		`nohook.yaml:5:5: via: webhooks.yaml has no webhook "opps": did you mean "ops"?`,
		"outside.yaml: cannot be read: path escapes from parent",
		"webhooks.yaml:2:12: webhook bad: url: the hook's URL must start with https://",
		`webhooks.yaml:2:21: webhook bad: unknown key "sekret": did you mean "secret"?`,
		`webhooks.yaml:4:51: webhook plain: secret: expected file:PATH, env:NAME, credential:NAME or gcp-secret:NAME, not the secret itself`,
		`webhooks.yaml:5:52: webhook wrong: secret: expected gcp-secret:projects/PROJECT/secrets/SECRET[/versions/VERSION]`,
		`webhooks.yaml:6:1: webhook both: use either secret or secret_file`,
		"webhooks.yml: the file of the webhooks must be named webhooks.yaml",
	}, problems); diff != "" {
		t.Error(diff)
	}
	if h := f.Hooks["ops"]; len(f.Hooks) != 2 || string(h.Secret) != "s3cret" || h.URL != "https://hooks.example.org/x" {
		t.Errorf("hooks %v", f.Hooks)
	}
	if from := string(f.Hooks["refers"].From); from != "file:"+filepath.Join(dir, "other") {
		t.Errorf("the secret is in %q", from)
	}
	if _, err := Load(filepath.Join(dir, "nothing"), Options{}); err == nil {
		t.Error("a folder that is not there")
	}
}

// In a bubble of synctest no time passes while the test runs.
func TestReload(t *testing.T) { synctest.Test(t, testReload) }

func testReload(t *testing.T) {
	good := fileAbout("test", "match: 'true'\n")
	dir := folderOf(t, map[string]string{"a.yaml": good, "webhooks.yaml": "ops: {url: https://x.example.org, secret_file: s}\n", "s": "one"})
	f := &Follower{Dir: dir}
	reload := func(step string, want bool) *Folder {
		t.Helper()
		folder, changed, err := f.Reload()
		if err != nil || changed != want {
			t.Errorf("%s: changed %v, %v", step, changed, err)
		}
		return folder
	}
	reload("first", true)
	reload("again", false)
	old := time.Now().Add(-time.Hour)
	touch := func(name string, at time.Time) {
		t.Helper()
		if err := os.Chtimes(filepath.Join(dir, name), at, at); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a.yaml", "webhooks.yaml", "s"} {
		touch(name, old)
	}
	reload("touched", false)
	reload("settled", false)
	// The size and the time are the same, long after the time: the change does not
	// show.
	write(t, filepath.Join(dir, "a.yaml"), strings.Replace(good, "test", "Test", 1))
	if folder := reload("edited", true); len(folder.Problems) != 1 {
		t.Errorf("problems %v", folder.Problems)
	}
	// A quick edit, which size and time do not tell.
	at := time.Now()
	touch("a.yaml", at)
	reload("touched again", false)
	write(t, filepath.Join(dir, "a.yaml"), good)
	touch("a.yaml", at)
	if folder := reload("edited again", true); len(folder.Subscriptions) != 1 {
		t.Errorf("subscriptions %v", folder.Subscriptions)
	}
	touch("a.yaml", old)
	reload("settled again", false)
	write(t, filepath.Join(dir, "s"), "two")
	if folder := reload("another secret", true); string(folder.Hooks["ops"].Secret) != "two" {
		t.Error("the old secret")
	}
	if err := os.Remove(filepath.Join(dir, "a.yaml")); err != nil {
		t.Fatal(err)
	}
	if folder := reload("removed", true); len(folder.Subscriptions) != 0 {
		t.Errorf("subscriptions %v", folder.Subscriptions)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if folder, changed, err := f.Reload(); err == nil || changed || folder == nil {
		t.Errorf("no folder: %v, %v, %v", folder, changed, err)
	}
}
