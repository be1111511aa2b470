// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/sample"
	"github.com/kcidb-go/kcidb/internal/store"
)

var update = flag.Bool("update", false, "write the golden files again")

// examples returns the example subscriptions, by file.
func examples(t *testing.T) map[string]string {
	t.Helper()
	names, err := filepath.Glob("../../examples/subscriptions/*.yaml")
	if err != nil || len(names) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	files := map[string]string{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = string(text)
	}
	return files
}

// TestExamples sends what the example subscriptions promise of generated reports,
// as they arrive: who gets which mails, and the first of each subscription.
func TestExamples(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes minutes under the race detector, and the other tests do all that it does")
	}
	h := newTestbed(t, examples(t))
	for r := range sample.Reports(sample.Options{Seed: 3, Checkouts: 12}) {
		if _, err := h.store.Load(t.Context(), r, store.LoadOptions{Note: true}); err != nil {
			t.Fatal(err)
		}
		h.step("consider", h.Consider)
	}
	h.clock.set(time.Now().UTC())
	h.work()
	for range 3 { // also for the notifications that wait, and for the digests
		h.clock.move(24 * time.Hour)
		h.work()
	}
	var subjects []string
	texts := map[string]string{}
	ids := map[string]string{}
	for _, m := range h.mails.Messages() {
		head := h.parse(m.Data).Header
		subject := head.Get("Subject")
		if day := "notifications of "; strings.Contains(subject, day) {
			subject = subject[:strings.Index(subject, day)+len(day)] + "DAY"
		}
		subjects = append(subjects, strings.Join(m.To, " ")+": "+subject)
		id := head.Get("X-KCIDB-Notification-ID")
		name, _, _ := strings.Cut(id, " ")
		if texts[name] == "" || id < ids[name] {
			ids[name] = id
			texts[name] = fmt.Sprintf("To: %s\nCc: %s\nSubject: %s\n\n%s", head.Get("To"), head.Get("Cc"), subject,
				strings.ReplaceAll(h.plainText(m.Data), "\r\n", "\n"))
		}
	}
	slices.Sort(subjects)
	texts["all"] = strings.Join(subjects, "\n") + "\n"
	for name, text := range texts {
		checkGolden(t, filepath.Join("testdata", "examples", name+".txt"), text)
	}
	for name := range examples(t) {
		if name = strings.TrimSuffix(name, ".yaml"); texts[name] == "" {
			t.Logf("the reports give no mail of %s", name)
		}
	}
}

// checkGolden compares a text with a golden file.
func checkGolden(t *testing.T, golden, text string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(golden), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Errorf("%v (go test -update writes it)", err)
		return
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
}
