// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/kcidb-go/kcidb/internal/store/verdicts"
)

// judged loads the world, and judges it.
func (s *served) judged() {
	s.t.Helper()
	s.load(world())
	judge := &verdicts.Judge{DB: verdicts.Of(s.store), Names: s.api.data.Trees, Now: s.api.data.Now, Log: slog.New(slog.DiscardHandler)}
	if _, err := judge.Once(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func TestVerdictBranches(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.judged()
		var got []string
		for _, b := range s.getOK("/api/verdicts").([]any) {
			b := b.(map[string]any)
			line := fmt.Sprint(b["tree"], " ", b["branch"])
			for _, r := range b["revisions"].([]any) {
				r := r.(map[string]any)
				line += fmt.Sprint(" ", r["git_commit_hash"].(string)[:1], ":", r["verdict"])
			}
			got = append(got, line)
		}
		want := "mainline master 3:still 2:known 1:ok; git.example.org/android android/main-6.6 4:ok"
		if text := strings.Join(got, "; "); text != want {
			t.Errorf("%s, want %s", text, want)
		}
		if one := s.getOK("/api/verdicts?tree=mainline&limit=1").([]any); len(one) != 1 {
			t.Errorf("%d branches of mainline", len(one))
		}
	})
}

func TestVerdictsOfRevision(t *testing.T) {
	eachStore(t, func(t *testing.T, s *served) {
		s.judged()
		all := s.getOK("/api/verdicts/" + hashNew[:12]).(map[string]any)
		if all["tree"] != "mainline" || all["earlier_commit_hash"] != hashMid || !strings.HasPrefix(all["sentence"].(string), "Nothing new: ") {
			t.Errorf("%v", all)
		}
		ids := func(body any) (ids []string) {
			for _, v := range body.(map[string]any)["verdicts"].([]any) {
				ids = append(ids, v.(map[string]any)["id"].(string))
			}
			return ids
		}
		whole := ids(all)
		var pages []string
		for path := "/api/verdicts/v6.13-rc2?limit=2"; path != ""; {
			_, header, body := s.get(path)
			pages = append(pages, ids(body)...)
			path, _, _ = strings.Cut(strings.TrimPrefix(header.Get("Link"), "<"), ">")
		}
		if fmt.Sprint(pages) != fmt.Sprint(whole) || len(whole) < 3 {
			t.Errorf("pages %s, want %s", pages, whole)
		}
		if builds := ids(s.getOK("/api/verdicts/" + hashNew + "?kind=build&verdict=new&verdict=still")); len(builds) == 0 || len(builds) >= len(whole) {
			t.Errorf("builds that fail: %s", builds)
		}
		s.refused("/api/verdicts/"+hashNew+"?verdict=bad", 400, "verdict")
		for _, wrong := range []string{"x", cursor{"x", "ltp", "a:t1", "test"}.String(), cursor{"1", "ltp", "a:t1"}.String()} {
			s.refused("/api/verdicts/"+hashNew+"?cursor="+wrong, 400, "cursor is not")
		}
	})
}
