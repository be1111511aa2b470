// SPDX-License-Identifier: Apache-2.0

package deploy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/google"
	"github.com/kcidb-go/kcidb/internal/google/names"
	"github.com/kcidb-go/kcidb/internal/queue/pubsub/pubsubtest"
)

// guide returns docs/google-cloud.md.
func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/google-cloud.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rowsBelow returns the cells of the table whose head begins with some cells.
func rowsBelow(t *testing.T, text, head string) (rows [][]string) {
	t.Helper()
	_, rest, found := strings.Cut(text, "\n"+head)
	if !found {
		t.Fatalf("the guide has no table %s", head)
	}
	lines := strings.Split(rest, "\n")
	for _, line := range lines[2:] {
		if !strings.HasPrefix(line, "|") {
			break
		}
		var cells []string
		for cell := range strings.SplitSeq(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.TrimSpace(cell))
		}
		rows = append(rows, cells)
	}
	return rows
}

// number reads the first number in a cell, such as 1,000,000 or $6.25.
func number(t *testing.T, cell string) float64 {
	t.Helper()
	digits := regexp.MustCompile(`[\d,.]*\d`).FindString(cell)
	n, err := strconv.ParseFloat(strings.ReplaceAll(digits, ",", ""), 64)
	if err != nil {
		t.Fatalf("%q is no number", cell)
	}
	return n
}

// TestCosts computes the table of costs from the assumptions and prices in the guide.
func TestCosts(t *testing.T) {
	text := guide(t)
	value := map[string]float64{}
	for _, head := range []string{"| a week, or as said", "| price of"} {
		for _, row := range rowsBelow(t, text, head) {
			value[row[0]] = number(t, row[1])
		}
	}
	get := func(name string) float64 {
		v, ok := value[name]
		if !ok {
			t.Fatalf("the guide does not say: %s", name)
		}
		return v
	}
	const (
		weeks = 52.0 / 12 // of a month
		gb    = 1e9
		gib   = 1 << 30
		tib   = 1 << 40
	)
	beyond := func(n, free float64) float64 { return max(0, n-free) }
	hours := 24 * 7 * weeks                                  // of a month
	objects := (get("tests") + get("other objects")) * weeks // of a month
	loads, runs, sends := get("loads an hour")*hours, get("notification runs an hour")*hours, get("sending runs an hour")*hours
	read := func(queries float64) float64 { return queries * get("bytes that a query of a task reads") }
	compaction := objects*12*get("bytes of an object's keys and time") + 3*objects/weeks*get("bytes of an object in BigQuery")
	dollars := map[string]float64{
		"BigQuery, storage":    objects * 12 * get("bytes of an object in BigQuery") / gb * get("BigQuery, a GB stored for a month"),
		"BigQuery, loading":    beyond(objects*get("bytes of an object in BigQuery"), 2*tib) / gb * get("BigQuery, a GB written, beyond 2 TiB a month"),
		"BigQuery, tasks":      read(loads*get("queries of a load")+runs*get("queries of a notification run")) / tib * get("BigQuery, a TiB read"),
		"BigQuery, receipts":   get("purges of receipts an hour") * hours * get("bytes of the receipts") / tib * get("BigQuery, a TiB read"),
		"BigQuery, compaction": weeks * compaction / tib * get("BigQuery, a TiB read"),
		"BigQuery, dashboards": get("pages of dashboards") * weeks * get("bytes that a page of a dashboard reads") / tib *
			get("BigQuery, a TiB read"),
		"Pub/Sub": beyond(2*objects*(get("bytes of an object in a submission")+get("bytes of an object in the loaded topic")), 10*gib) / tib *
			get("Pub/Sub, a TiB, beyond 10 GiB a month"),
		"Firestore, operations": objects/1e5*(get("Firestore, 100,000 reads")+get("Firestore, 100,000 writes")) +
			get("mails")*weeks/1e5*(10*get("Firestore, 100,000 writes")+10*get("Firestore, 100,000 reads")) +
			sends*get("reads of a sending run")/1e5*get("Firestore, 100,000 reads"),
		"Firestore, storage": objects * 12 * get("bytes of a status in Firestore") / gb * get("Firestore, a GB stored for a month"),
		"Cloud Run": ((loads+runs)*get("seconds of a load, or of a notification run") + sends*get("seconds of a sending run") + weeks*get("seconds of a compaction")) *
			(get("Cloud Run, a CPU for a second") + 2*get("Cloud Run, a GiB of memory for a second")),
		"Scheduler, secrets": 4*get("Scheduler, a job") + 2*get("Secret Manager, a version") +
			beyond(get("secrets read an hour")*hours, 10_000)/10_000*get("Secret Manager, 10,000 reads, beyond 10,000 a month"),
		"Cloud Storage": get("lists of the bucket an hour") * hours / 1000 * get("Cloud Storage, 1,000 lists"),
		"Artifact Registry": beyond(get("images kept")*get("bytes of an image"), gb/2) / gb *
			get("Artifact Registry, a GB stored for a month, beyond 0.5 GB"),
		"Logging": beyond(get("lines of log")*weeks*get("bytes of a line of log"), 50*gib) / gib * get("Logging, a GiB, beyond 50 GiB a month"),
	}
	total := 0.0
	for _, row := range rowsBelow(t, text, "| a month |") {
		want, ok := dollars[row[0]]
		if row[0] == "together" {
			want, ok = total, true
		}
		if !ok {
			t.Errorf("the test does not compute %s", row[0])
		}
		total += want
		delete(dollars, row[0])
		if got := fmt.Sprintf("$%.2f", want); row[len(row)-1] != got {
			t.Errorf("%s: the guide says %s, computed is %s", row[0], row[len(row)-1], got)
		}
	}
	for name := range dollars {
		t.Errorf("the guide has no row %s", name)
	}
}

// TestCounterparts checks that each part of the Python system's deployment has a
// counterpart, and that the tests that show it exist.
func TestCounterparts(t *testing.T) {
	rows := rowsBelow(t, guide(t), "| there |")
	for _, want := range []string{
		"kernelci_new", "kernelci_trigger", "kcidb_load_queue", "kernelci_loaded", "kcidb_spool_notifications",
		"notifications", "kcidb_send_notification", "kcidb_smtp_password", "kernelci03", "service accounts", "upgrade",
	} {
		if !slices.ContainsFunc(rows, func(row []string) bool { return strings.Contains(row[0], want) }) {
			t.Errorf("%s has no counterpart", want)
		}
	}
	shown := regexp.MustCompile("`([a-z/0-9]+)` ((?:Test\\w+(?:/\\w+)?(?:, )?)+)")
	for _, row := range rows {
		named := shown.FindAllStringSubmatch(row[len(row)-1], -1)
		if len(row) != 3 || len(named) == 0 {
			t.Errorf("no test is named: %q", row)
		}
		for _, n := range named {
			for test := range strings.SplitSeq(n[2], ", ") {
				name, _, _ := strings.Cut(test, "/")
				if !hasTest(t, filepath.Join("..", n[1]), name) {
					t.Errorf("%s has no test %s", n[1], name)
				}
			}
		}
	}
}

// hasTest reports whether the tests in a folder have one of a name.
func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(text), "\nfunc "+name+"(")
	})
}

// describe prints which commands of the Google Cloud CLI and which of their flags exist,
// from the table that the CLI has for completion: asking the CLI takes seconds a command.
const describe = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("completions", sys.argv[1])
completions = importlib.util.module_from_spec(spec)
spec.loader.exec_module(completions)
answers = []
for words in json.load(sys.stdin):
    node, flags, path = completions.STATIC_COMPLETION_CLI_TREE, set(), []
    flags.update(node["flags"])
    while words and words[0] in node["commands"]:
        node = node["commands"][words.pop(0)]
        flags.update(node["flags"])
    unknown = [w for w in words if w.startswith("--") and w.split("=")[0].replace("--no-", "--") not in flags and w.split("=")[0] not in flags]
    answers.append({"group": bool(node["commands"]), "unknown": unknown})
json.dump(answers, sys.stdout)
`

// TestGcloudCommands looks up the commands of gcloud and their flags, if it is installed.
func TestGcloudCommands(t *testing.T) {
	commands := gcloudCommands(t)
	gcloud, err := exec.LookPath("gcloud")
	if err == nil {
		gcloud, err = filepath.EvalSymlinks(gcloud)
	}
	completions := filepath.Join(filepath.Dir(gcloud), "..", "data", "cli", "gcloud_completions.py")
	if err == nil {
		_, err = os.Stat(completions)
	}
	if err != nil {
		t.Skip("the Google Cloud CLI is missing: Debian has no package of it")
	}
	input, err := json.Marshal(commands)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "python3", "-B", "-c", describe, completions)
	cmd.Stdin = strings.NewReader(string(input))
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var answers []struct {
		Group   bool
		Unknown []string
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		if a.Group || len(a.Unknown) > 0 {
			t.Errorf("gcloud %s: no command (%t), or unknown flags %q", strings.Join(commands[i], " "), a.Group, a.Unknown)
		}
	}
}

// TestGcloudPubSub runs the guide's commands for topics and subscriptions on Google's
// emulator, where it and gcloud are installed. The program finds the queue that they make.
func TestGcloudPubSub(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long")
	}
	gcloud, err := exec.LookPath("gcloud")
	if err != nil {
		t.Skip("the Google Cloud CLI is missing: Debian has no package of it")
	}
	server := pubsubtest.Emulator(t)
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Env = append(os.Environ(), "CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB=http://"+server.Address+"/",
			"CLOUDSDK_AUTH_DISABLE_CREDENTIALS=true", "CLOUDSDK_CORE_PROJECT=my-project", "CLOUDSDK_CONFIG="+t.TempDir(),
			"CLOUDSDK_CORE_DISABLE_PROMPTS=1", google.PubSubEmulator+"="+server.Address)
		cmd.Stdin = strings.NewReader(`{"version":{"major":5,"minor":3}}`)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
	}
	run(program, "mq", "pattern-subscriber", "init", "-p", "my-project", "-t", names.LoadedTopic, "-s", names.LoadedSubscription)
	made := 0
	for _, words := range gcloudCommands(t) {
		if words[0] == "pubsub" && words[2] == "create" {
			made++
			for i, word := range words { // the emulator keeps no message longer
				words[i] = strings.ReplaceAll(word, "retention-duration=31d", "retention-duration=7d")
			}
			run(gcloud, words...)
		}
	}
	if made != 5 {
		t.Errorf("%d commands, want 5", made)
	}
	run(program, "mq", "io-subscriber", "init", "-p", "my-project", "-t", names.Topic, "-s", names.Subscription)
	run(program, "submit", "-p", "my-project", "-t", names.Topic)
	run(program, "mq", "io-subscriber", "pull", "-p", "my-project", "-t", names.Topic, "-s", names.Subscription, "--timeout", "60")
}
