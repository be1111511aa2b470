// SPDX-License-Identifier: Apache-2.0

package result

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/kcidb-go/kcidb/internal/describe"
	"github.com/kcidb-go/kcidb/internal/graph"
	"github.com/kcidb-go/kcidb/internal/lazyregexp"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// commands are commands for a shell, with a title. They are made of stored values; a
// command that cannot be made is a comment that says what is missing.
//
// People copy them, so a value of a report is quoted, or left out if it does not belong
// into such a command.
type commands struct {
	Title, Note string
	Lines       []string
}

// Text returns the lines of the commands.
func (c *commands) Text() string { return strings.Join(c.Lines, "\n") }

func (c *commands) add(line string)      { c.Lines = append(c.Lines, line) }
func (c *commands) lacks(what string)    { c.add("# " + what) }
func titled(title, note string) commands { return commands{Title: title, Note: note} }

var (
	hashShape = lazyregexp.New(`^[0-9a-f]{7,64}$`)
	wordShape = lazyregexp.New(`^[A-Za-z0-9_][A-Za-z0-9_.+-]*$`)
	safeShape = lazyregexp.New(`^[A-Za-z0-9_./:=@%+,-]+$`)
)

// quoted returns a text as a word of a shell, and false if it is empty, an option, or has
// characters that do not show.
func quoted(text string) (string, bool) {
	switch {
	case text == "" || text[0] == '-' || len(text) > 2000:
		return "", false
	case safeShape().MatchString(text):
		return text, true
	case shell.Line(text) != text:
		return "", false
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'", true
}

// fetchable returns the URL of a repository as a word of a shell. git runs programs for
// some schemes, so only these are allowed.
func fetchable(repository string) (string, bool) {
	u, err := url.Parse(repository)
	if err != nil || u.Host == "" || !slices.Contains([]string{"https", "http", "git", "ssh"}, u.Scheme) {
		return "", false
	}
	return quoted(repository)
}

// theKernel returns the commands that build the kernel of a build.
func theKernel(b *graph.Build) commands {
	c := titled("The kernel", "")
	c.fetch(b.Checkout())
	c.configure(b)
	c.make(b)
	return c
}

// fetch adds the commands that get the code.
func (c *commands) fetch(of *graph.Checkout) {
	if !of.Known() {
		c.lacks("The checkout of this build is not here, so its code is not known.")
		return
	}
	repository, ok := fetchable(of.Repository())
	branch, named := quoted(of.Branch())
	switch {
	case !ok:
		c.lacks("No URL was sent that git can fetch.")
	case named:
		c.add("git fetch " + repository + " " + branch)
	default:
		c.add("git fetch " + repository)
	}
	if hash := of.Commit(); hashShape().MatchString(hash) {
		c.add("git checkout " + hash)
	} else {
		c.lacks("No hash of a commit was sent.")
	}
	for _, file := range of.PatchsetFiles {
		if at, ok := quoted(shell.Outside(file.URL)); ok {
			c.add("curl -L " + at + " | git am")
		} else {
			c.lacks("A patch has no URL that can be fetched.")
		}
	}
	if hash := of.PatchsetHash; hash != nil && *hash != "" && len(of.PatchsetFiles) == 0 {
		c.lacks("The patches were not sent, only their hash.")
	}
}

// configure adds the command that gets the configuration.
func (c *commands) configure(b *graph.Build) {
	at := ""
	if b.ConfigURL != nil {
		at = shell.Outside(*b.ConfigURL)
	}
	if file, ok := quoted(at); ok {
		c.add("curl -L -o .config " + file)
		return
	}
	c.lacks("The configuration file was not sent" + named(b.Config(), "; its name is ") + ".")
}

// named returns a text behind words, and "" for no text.
func named(text, words string) string {
	if text == "" {
		return ""
	}
	return words + shell.Line(text)
}

// crossCompilers are the prefixes of the compilers that distributions package, for the
// architectures that have only one byte order in use.
var crossCompilers = map[string]string{
	"arm64": "aarch64-linux-gnu-", "arm": "arm-linux-gnueabihf-", "riscv": "riscv64-linux-gnu-", "s390": "s390x-linux-gnu-",
	"loongarch": "loongarch64-linux-gnu-", "x86_64": "x86_64-linux-gnu-", "i386": "i686-linux-gnu-",
}

// make adds the command that builds: the one that the origin sent, or else one from the
// architecture and the compiler.
func (c *commands) make(b *graph.Build) {
	architecture := b.Architecture()
	switch command := b.Command; {
	case command != nil && len(*command) <= 2000 && *command != "" && describe.Text(*command) == *command && !strings.Contains(*command, "\n"):
		c.lacks("As " + shell.Line(b.Origin) + " built it" + named(b.Compiler(), ", with ") + ":")
		c.add(*command)
		return
	case !wordShape().MatchString(architecture):
		c.lacks("The architecture was not sent.")
		return
	}
	command := "make ARCH=" + architecture
	switch compiler := b.Compiler(); {
	case strings.Contains(compiler, "clang"):
		command += " LLVM=1"
	case crossCompilers[architecture] != "":
		command += " CROSS_COMPILE=" + crossCompilers[architecture]
	}
	c.add(command + " olddefconfig")
	c.add(command)
	if compiler := b.Compiler(); compiler != "" {
		c.lacks("It was built with " + shell.Line(compiler) + ".")
	} else {
		c.lacks("The compiler was not sent.")
	}
}

// xfstest matches the paths of xfstests: their group and number.
var xfstest = lazyregexp.New(`^xfstests\.([a-z0-9]+)[.-]([0-9]{3,4})$`)

// theTest returns the commands that run a test, by its path.
func theTest(t *graph.Test) commands {
	c := titled("The test", "in its suite, on the kernel above")
	suite, rest, _ := strings.Cut(t.Path(), ".")
	first, _, more := strings.Cut(rest, ".")
	switch m := xfstest().FindStringSubmatch(t.Path()); {
	case suite == "boot":
		c.lacks("The boot is the test" + named(t.Platform(), ": boot the kernel on ") + ".")
	case m != nil:
		c.add("./check " + m[1] + "/" + m[2])
	case suite == "kselftest" && more && wordShape().MatchString(first):
		c.add("make -C tools/testing/selftests TARGETS=" + first + " run_tests")
	case suite == "kselftest":
		c.lacks("The path does not say which collection of kselftest has the test.")
	case suite == "kunit" && wordShape().MatchString(first):
		c.add("./tools/testing/kunit/kunit.py run " + first)
	case suite == "ltp" && more && wordShape().MatchString(first) && wordShape().MatchString(rest[len(first)+1:]):
		c.add("kirk --run-suite " + first + " --run-pattern '^" + regexp.QuoteMeta(rest[len(first)+1:]) + "$'")
	case suite == "ltp" && wordShape().MatchString(rest):
		c.add("grep -l '^" + regexp.QuoteMeta(rest) + " ' runtest/*    # the suites that have it")
		c.add("kirk --run-suite SUITE --run-pattern '^" + regexp.QuoteMeta(rest) + "$'")
	default:
		c.lacks("How this test is run was not sent. See its job or its log.")
	}
	return c
}

// theCommit returns the commands that find the commit between a good and a bad revision:
// none if the result was not judged, or does not fail and was not fixed.
func theCommit(a *answer) commands {
	c := titled("Find the commit", "")
	good, bad := a.Good, a.Bad
	switch {
	case a.Kind == verdict.Fixed && good != nil && good.CommitHash != bad.CommitHash:
		c.add("git bisect start --term-new=fixed --term-old=broken " + good.CommitHash + " " + bad.CommitHash)
	case a.Kind == "", a.Kind == shell.Wait, a.Kind == verdict.Flaky, !a.Fails():
	case bad == nil || !hashShape().MatchString(bad.CommitHash):
		c.lacks("No revision is known here where it failed after it passed.")
	case good == nil || !hashShape().MatchString(good.CommitHash):
		c.lacks("No earlier revision is known here where it passed.")
	case bad.CommitHash == good.CommitHash:
		c.lacks("The patches make the difference: apply them one after the other.")
	default:
		c.add("git bisect start " + bad.CommitHash + " " + good.CommitHash)
	}
	return c
}
