// SPDX-License-Identifier: Apache-2.0

package treenames

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTreeName(t *testing.T) {
	names := Default()
	for _, c := range []struct{ name, url, want string }{
		{"", "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git", "mainline"},
		{"", "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux", "mainline"},
		{"", "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/", "mainline"},
		{"", "git://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git", "mainline"},
		{"", "http://GIT.Kernel.ORG/pub/scm/linux/kernel/git/torvalds/linux.git", "mainline"},
		{"", "SSH://git@git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git", "mainline"},
		{"", "git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git", "mainline"},
		{"", "https://kernel.googlesource.com/pub/scm/linux/kernel/git/next/linux-next.git", "next"},
		{"", "https://kernel.googlesource.com/pub/scm/linux/kernel/git/stable/linux-stable-rc", "stable-rc"},
		{"", "https://github.com/torvalds/linux", "mainline"},
		{"", "https://android.googlesource.com/kernel/common", "android"},
		{"", "https://gitlab.freedesktop.org/drm/misc/kernel.git", "drm-misc"},

		// The checkout's own name wins.
		{"upstream-mainline", "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git", "upstream-mainline"},
		{"x", "", "x"},

		{"", "", ""},
		{"", "/", ""},
		{"", "https://", ""},
		{"", "https://git.kernel.org/", ""},
		{"", "https://git.kernel.org/pub/scm/linux/kernel/git/Torvalds/linux.git", ""},
		{"", "https://git.kernel.org:8443/pub/scm/linux/kernel/git/torvalds/linux.git", ""},
		{"", "https://example.org/pub/scm/linux/kernel/git/torvalds/linux.git", ""},
		{"", "https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git.git", ""},
		{"", "ftp://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git", ""},
		{"", "https://https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git", ""},
	} {
		if got := names.TreeName(c.name, c.url); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.name, c.url, got, c.want)
		}
	}
	for _, none := range []*Names{nil, {}} {
		if got := none.TreeName("", "https://github.com/torvalds/linux"); got != "" {
			t.Errorf("nobody calls it %q", got)
		}
		if got := none.TreeName("x", ""); got != "x" {
			t.Errorf("x is %q", got)
		}
	}
}

func TestTree(t *testing.T) {
	for _, c := range []struct{ name, url, want string }{
		{"", "https://github.com/torvalds/linux", "mainline"},
		{"x", "https://github.com/torvalds/linux", "x"},
		{"x", "", "x"},
		{"", "https://git.example.org/linux.git", "git.example.org/linux"},
		{"", "", ""},
	} {
		if got := Default().Tree(c.name, c.url); got != c.want {
			t.Errorf("%q, %q: %q, want %q", c.name, c.url, got, c.want)
		}
	}
	if got := (*Names)(nil).Tree("", "https://github.com/torvalds/linux"); got != "github.com/torvalds/linux" {
		t.Errorf("without names: %q", got)
	}
}

// TestShipped checks the form of the built-in file.
func TestShipped(t *testing.T) {
	if n := len(Default().names); n < 100 {
		t.Errorf("there are %d names", n)
	}
	for line := range strings.Lines(string(shippedFile)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if url, name, _ := strings.Cut(line, ": "); name == "" || strings.Contains(url, "://") {
			t.Errorf("%s: expected a URL without scheme, and a name", line)
		}
	}
}

func write(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trees.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestLoad(t *testing.T) {
	names, err := Load(write(t, `# ours
https://git.example.org/linux.git: ours
"git@git.example.org/with-user": "007"
https://github.com/torvalds/linux: upstream   # other than it comes
https://kernel.googlesource.com/pub/scm/linux/kernel/git/tip/tip: ""
`))
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"git://git.example.org/linux":                                        "ours",
		"ssh://git.example.org/with-user":                                    "007",
		"https://github.com/torvalds/linux.git":                              "upstream",
		"https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git": "mainline",
		"https://git.kernel.org/pub/scm/linux/kernel/git/tip/tip.git":        "",
		"https://git.kernel.org/pub/scm/linux/kernel/git/netdev/net.git":     "net",
	} {
		if got := names.TreeName("", url); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
	if got := Default().TreeName("", "https://github.com/torvalds/linux"); got != "mainline" {
		t.Errorf("a file changes what comes with the program: %q", got)
	}
	for _, empty := range []string{"", "\n", "# nothing\n", "---\n", "---\n# nothing\n"} {
		if names, err := Load(write(t, empty)); err != nil || len(names.names) != len(Default().names) {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	if _, err := Load(filepath.Join(t.TempDir(), "absent")); err == nil || !strings.HasPrefix(err.Error(), "trees: ") {
		t.Errorf("a file that is not there: %v", err)
	}
	for text, want := range map[string]string{
		"https://a/b: x\nhttps://a/c: a b\n":       `:2: a/c: expected a name, of letters, digits and "._+-"`,
		"https://a/b: x\ngit://A/b.git: y\n":       ":2: a/b has a name in line 1 already",
		"https://a/b: x\nhttps://a/b: x\n":         ":2: ",
		"https://a/b: 7\n":                         ":1: a/b: expected a name",
		"https://a/b: true\n":                      ":1: a/b: expected a name",
		"https://a/b:\n":                           ":1: a/b: expected a name",
		"https://a/b: [x]\n":                       ":1: a/b: expected a name",
		"https://a/b: " + strings.Repeat("x", 101): ":1: a/b: expected a name",
		"https://a/b: x/y\n":                       ":1: a/b: expected a name",
		"https://a: x\n":                           `:1: expected the URL of a repository, with a host and a path, found "https://a"`,
		"mainline: https://a/b\n":                  `:1: expected the URL of a repository, with a host and a path, found "mainline"`,
		"ftp://a/b: x\n":                           ":1: expected the URL of a repository",
		"\"\": x\n":                                ":1: expected the URL of a repository",
		"\"https://a/b c\": x\n":                   ":1: expected the URL of a repository",
		"7: x\n":                                   ":1: expected a URL, found 7",
		"- x\n":                                    ":1: expected lines of URL: NAME",
		"x\n":                                      ":1: expected lines of URL: NAME",
		"https://a/b: x\n---\nhttps://a/c: y\n":    ":3: a second document: there must be one only",
		"\n\nhttps://a/b: \"x\n":                   ":3: ",
	} {
		file := write(t, text)
		_, err := Load(file)
		if err == nil {
			t.Errorf("%q is taken", text)
		} else if got := strings.TrimPrefix(err.Error(), "trees: "+file); !strings.HasPrefix(got, want) {
			t.Errorf("%q: %s\nwant %s", text, got, want)
		}
	}
}

// FuzzRead: no file causes a panic, and every accepted URL has a host.
func FuzzRead(f *testing.F) {
	f.Add("https://a/b: x\n")
	f.Add("a/b: \"\"\n---\n- c\n")
	f.Add("? a/b\n: x\n")
	f.Fuzz(func(t *testing.T, text string) {
		names, err := read([]byte(text))
		if (names == nil) != (err != nil) {
			t.Fatal(names, err)
		}
		for url, name := range names {
			if host, path, _ := strings.Cut(url, "/"); host == "" || path == "" {
				t.Errorf("%q is no URL of a repository", url)
			}
			if name != "" && !validName().MatchString(name) {
				t.Errorf("%q", name)
			}
		}
	})
}
