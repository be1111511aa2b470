// SPDX-License-Identifier: Apache-2.0

package rollup_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kcidb-go/kcidb/internal/store/rollup"
)

// TestStories checks the rows of roll-ups at the end of stories. Each step also compares
// them with a recount, which cannot find a mistake that both make.
func TestStories(t *testing.T) {
	for _, s := range []struct{ name, story, want string }{
		{"one of each, in all roll-ups", `
			checkout c tree=mainline url=https://x branch=main start=1
			build b of=c status=PASS arch=arm64 config=def compiler=gcc lab=k8s start=2
			test t1 of=b path=boot.nfs status=PASS platform=rpi compatible=v,rpi+v,soc lab=lab start=3
			test t2 of=b path=ltp.x status=FAIL platform=rpi compatible=v,rpi+v,soc lab=lab reason=panic start=3.5
			incident n1 issue=i/1 test=t2
			incident n2 issue=i/1 build=b present=true`, `
			test_counts b 3 ci boot rpi ["v,rpi","v,soc"] lab - PASS 1
			test_counts b 3 ci ltp rpi ["v,rpi","v,soc"] lab panic FAIL 1
			hardware_counts 3 rpi ["v,rpi","v,soc"] ci b boot PASS 1
			hardware_counts 3 rpi ["v,rpi","v,soc"] ci b test FAIL 1
			checkout_counts c boot PASS 1
			checkout_counts c build PASS 1
			checkout_counts c test FAIL 1
			daily_counts 1 ci - checkout - 1
			daily_counts 2 ci k8s build PASS 1
			daily_counts 3 ci lab boot PASS 1
			daily_counts 3 ci lab test FAIL 1
			counted_builds b c ci PASS arm64 gcc def k8s 2 2
			counted_checkouts c ci 1 1
			tree_heads ci mainline https://x main c 1
			sightings n1 i 1 b t2 test FAIL 3.5 ci
			sightings n2 i 1 b - build PASS 2 ci
			issue_counts i 1 2 n2 3.5 n1 2
			incident_counts i 1 20270 ci build 1
			incident_counts i 1 20270 ci test 1
			object_counts builds 0 1
			object_counts checkouts 0 1
			object_counts incidents 0 2
			object_counts tests 0 2`},
		{"objects without any value", `
			checkout c
			build b of=c
			test t of=b`, `
			test_counts b -1 ci - - - - - - 1
			checkout_counts c build - 1
			checkout_counts c test - 1
			daily_counts -1 ci - build - 1
			daily_counts -1 ci - checkout - 1
			daily_counts -1 ci - test - 1
			counted_builds b c ci - - - - - -1 0
			counted_checkouts c ci -1 0
			tree_heads ci - - - c 0`},
		{"children first", `
			test t1 of=b path=boot status=PASS start=3
			test t2 of=b path=ltp status=FAIL start=3
			then
			build b of=c status=PASS start=2
			then
			checkout c start=1`, `
			checkout_counts c boot PASS 1
			checkout_counts c build PASS 1
			checkout_counts c test FAIL 1
			daily_counts 1 ci - checkout - 1
			daily_counts 2 ci - build PASS 1
			daily_counts 3 ci - boot PASS 1
			daily_counts 3 ci - test FAIL 1`},
		{"the same again", `
			checkout c start=1
			build b of=c status=PASS start=1
			test t of=b path=boot status=PASS platform=x start=1
			incident n issue=i/1 test=t
			then
			checkout c start=1
			build b of=c status=PASS start=1
			test t of=b path=boot status=PASS platform=x start=1
			test t of=b path=boot status=PASS platform=x start=1
			incident n issue=i/1 test=t`, `
			hardware_counts 1 x - ci b boot PASS 1
			checkout_counts c boot PASS 1
			checkout_counts c build PASS 1
			daily_counts 1 ci - boot PASS 1
			daily_counts 1 ci - build PASS 1
			daily_counts 1 ci - checkout - 1
			issue_counts i 1 1 n 1 n 1`},

		{"a build moves, and its tests with it", `
			checkout c1
			checkout c2
			build b of=c1 status=PASS
			build other of=c1 status=PASS
			test t1 of=b path=boot status=PASS
			test t2 of=b path=ltp status=FAIL
			test t3 of=b path=ltp status=FAIL
			then
			build b of=c2
			test t3 of=b status=PASS
			test t4 of=b path=ltp status=FAIL`, `
			checkout_counts c1 build PASS 1
			checkout_counts c2 boot PASS 1
			checkout_counts c2 build PASS 1
			checkout_counts c2 test FAIL 2
			checkout_counts c2 test PASS 1
			counted_builds b c2 ci PASS - - - - -1 0
			counted_builds other c1 ci PASS - - - - -1 0`},
		{"a test moves to a build that does not exist, and leaves no row of the first", `
			test t of=b1 path=boot status=PASS platform=x start=1
			incident n issue=i/1 test=t
			then
			test t of=b2`, `
			test_counts b2 1 ci boot x - - - PASS 1
			hardware_counts 1 x - ci b2 boot PASS 1
			daily_counts 1 ci - boot PASS 1
			counted_builds b2 - - - - - - - -1 0
			sightings n i 1 b2 t boot PASS 1 ci`},
		{"a build is loaded and purged, and only its tests are left", `
			build b of=c status=PASS arch=arm64 lab=k8s start=1
			then
			test t of=b path=ltp status=PASS
			purge 2`, `
			daily_counts -1 ci - test PASS 1
			counted_builds b - - - - - - - -1 0`},
		{"tests are purged, and their build stays", `
			test t of=b path=ltp status=PASS platform=x start=1
			then
			build b of=c status=PASS start=1
			purge 2`, `
			test_counts
			hardware_counts
			checkout_counts c build PASS 1
			daily_counts 1 ci - build PASS 1
			counted_builds b c ci PASS - - - - 1 1`},
		{"tests are purged, and with them the row of a build that does not exist", `
			test t1 of=b path=ltp status=PASS
			test t2 of=gone path=ltp status=PASS
			then
			test t3 of=b path=ltp status=PASS
			purge 2`, `
			test_counts b -1 ci ltp - - - - PASS 1
			counted_builds b - - - - - - - -1 0`},
		{"dummy builds do not count, and their tests do", `
			checkout c1
			checkout c2
			build maestro:dummy_1 of=c1 status=PASS lab=k8s start=1
			build maestro:dummy of=c1 status=PASS start=1
			test t of=maestro:dummy_1 path=boot status=PASS start=1
			then
			build maestro:dummy_1 of=c2 status=FAIL`, `
			checkout_counts c1 build PASS 1
			checkout_counts c2 boot PASS 1
			daily_counts -1 ci - checkout - 2
			daily_counts 1 ci - boot PASS 1
			daily_counts 1 ci - build PASS 1
			counted_builds maestro:dummy c1 ci PASS - - - - 1 1
			counted_builds maestro:dummy_1 c2 ci FAIL - - - k8s 1 1`},

		{"a test changes all values", `
			build b of=c
			test t of=b path=boot.x status=FAIL platform=x compatible=a lab=l1 reason=why start=1
			incident n issue=i/1 test=t
			then
			test t of=b origin=them path=boots status=PASS platform=y compatible=a+b lab=l2 start=2.5`, `
			test_counts b 2 them boots y ["a","b"] l2 - PASS 1
			hardware_counts 2 y ["a","b"] them b test PASS 1
			checkout_counts c build - 1
			checkout_counts c test PASS 1
			daily_counts -1 ci - build - 1
			daily_counts 2 them l2 test PASS 1
			sightings n i 1 b t test PASS 2.5 ci
			issue_counts i 1 2.5 n 2.5 n 1`},
		{"each single change of a test updates its sightings", `
			test path of=b path=boot status=PASS start=1
			test status of=b path=ltp status=PASS start=1
			test start of=b path=ltp status=PASS start=1
			test build of=b path=ltp status=PASS start=1
			incident n1 issue=i/1 test=path
			incident n2 issue=i/1 test=status
			incident n3 issue=i/1 test=start
			incident n4 issue=i/1 test=build
			then
			test path of=b path=ltp
			then
			test status of=b status=FAIL
			then
			test start of=b start=5
			then
			test build of=b2`, `
			sightings n1 i 1 b path test PASS 1 ci
			sightings n2 i 1 b status test FAIL 1 ci
			sightings n3 i 1 b start test PASS 5 ci
			sightings n4 i 1 b2 build test PASS 1 ci
			issue_counts i 1 1 n1 5 n3 4`},
		{"a build changes all values", `
			build b of=c status=FAIL arch=arm config=a compiler=gcc lab=l1 start=1
			incident n issue=i/1 build=b
			then
			build b of=c origin=them status=PASS arch=arm64 config=b compiler=clang lab=l2 start=2.5`, `
			checkout_counts c build PASS 1
			daily_counts 2 them l2 build PASS 1
			counted_builds b c them PASS arm64 clang b l2 2 2.5
			sightings n i 1 b - build PASS 2.5 ci`},
		{"platforms come and go", `
			test t1 of=b platform=x start=1
			test t2 of=b start=1
			then
			test t1 of=b platform=y
			test t2 of=b platform=x`, `
			hardware_counts 1 x - ci b test - 1
			hardware_counts 1 y - ci b test - 1`},

		{"incidents arrive before their builds and tests", `
			incident n1 issue=i/1 test=t
			incident n2 issue=i/2 build=b
			incident n3 issue=i/2
			then
			test t of=b path=boot.x status=MISS start=2
			build b of=c status=ERROR start=1`, `
			sightings n1 i 1 b t boot MISS 2 ci
			sightings n2 i 2 b - build ERROR 1 ci
			sightings n3 i 2 - - - - 0 ci
			issue_counts i 1 2 n1 2 n1 1
			issue_counts i 2 1 n2 1 n2 2`},
		{"unknown times", `
			incident n1 issue=i/1 test=t
			incident n2 issue=i/1`, `
			sightings n1 i 1 - t - - 0 ci
			sightings n2 i 1 - - - - 0 ci
			issue_counts i 1 0 - 0 - 2`},
		{"an incident of a test and a build is of the test", `
			build b of=c status=ERROR start=1
			incident n issue=i/1 build=b test=t
			then
			test t of=other path=ltp status=FAIL start=3`, `
			sightings n i 1 other t test FAIL 3 ci
			issue_counts i 1 3 n 3 n 1`},
		{"an incident says that its issue is absent, and later that it is present", `
			build b of=c status=ERROR start=1
			incident n1 issue=i/1 build=b present=true
			incident n2 issue=i/1 build=b present=false
			incident n3 issue=i/2 build=b
			then
			incident n1 issue=i/1 present=false
			incident n2 issue=i/1 present=true
			incident n3 issue=i/2 present=false`, `
			sightings n2 i 1 b - build ERROR 1 ci
			issue_counts i 1 1 n2 1 n2 1`},
		{"an incident moves to another version, and to another issue", `
			build b of=c status=ERROR start=1
			incident n1 issue=i/1 build=b
			incident n2 issue=i/1 build=b
			incident n3 issue=j/1 build=b
			then
			incident n1 issue=i/2
			incident n3 issue=k/1`, `
			issue_counts i 1 1 n2 1 n2 1
			issue_counts i 2 1 n1 1 n1 1
			issue_counts k 1 1 n3 1 n3 1`},
		{"first and last seen", `
			build b1 of=c start=5
			build b2 of=c start=5
			build b3 of=c start=7
			build b4 of=c start=3
			incident n1 issue=i/1 build=b1
			incident n2 issue=i/1 build=b2
			incident n3 issue=i/1
			then
			incident n4 issue=i/1 build=b3
			then
			incident n5 issue=i/1 build=b4
			incident n0 issue=i/1 build=b4`, `
			issue_counts i 1 3 n0 7 n4 6`},
		{"the first sighting is deleted, and the last one is earlier", `
			build b1 of=c start=1
			incident n1 issue=i/1 build=b1
			then
			build b2 of=c start=5
			build b3 of=c start=3
			incident n2 issue=i/1 build=b2
			incident n3 issue=i/1 build=b3
			purge 2
			then
			build b2 of=c start=2`, `
			sightings n2 i 1 b2 - build - 2 ci
			sightings n3 i 1 b3 - build - 3 ci
			issue_counts i 1 2 n2 3 n3 2`},
		{"builds and tests of incidents are purged", `
			build b of=c status=PASS start=1
			test t of=b2 path=boot status=PASS start=1
			then
			incident n1 issue=i/1 build=b
			incident n2 issue=i/1 test=t
			purge 2`, `
			sightings n1 i 1 b - - - 0 ci
			sightings n2 i 1 - t - - 0 ci
			issue_counts i 1 0 - 0 - 2`},
		{"incidents are purged", `
			incident n1 issue=i/1 build=b
			then
			build b of=c start=1
			purge 2`, `
			sightings
			issue_counts`},

		{"the newest checkout is the head, in any order of arrival", `
			checkout c2 tree=a start=2
			checkout c1 tree=a start=1
			checkout none tree=a
			then
			checkout c3 tree=a start=1.5
			then
			checkout d tree=b
			checkout e tree=b
			checkout f tree=a origin=them start=9
			checkout g tree=a url=u start=9
			checkout h tree=a branch=b start=9`, `
			daily_counts -1 ci - checkout - 3
			daily_counts 1 ci - checkout - 2
			daily_counts 2 ci - checkout - 1
			daily_counts 9 ci - checkout - 2
			daily_counts 9 them - checkout - 1
			tree_heads ci a - - c2 2
			tree_heads ci a - b h 9
			tree_heads ci a u - g 9
			tree_heads ci b - - e 0
			tree_heads them a - - f 9`},
		{"of checkouts that started together, the head is the last by ID", `
			checkout c1 tree=a start=1
			checkout c3 tree=a start=1
			checkout c2 tree=a start=1`, `
			tree_heads ci a - - c3 1`},
		{"the head becomes older, and another checkout newer", `
			checkout c1 tree=a start=1
			checkout c2 tree=a start=3
			checkout d1 tree=b start=1
			checkout d2 tree=b start=3
			then
			checkout c2 start=0.5
			checkout d1 start=4`, `
			daily_counts 0 ci - checkout - 1
			daily_counts 1 ci - checkout - 1
			daily_counts 3 ci - checkout - 1
			daily_counts 4 ci - checkout - 1
			tree_heads ci a - - c1 1
			tree_heads ci b - - d1 4`},
		{"a head moves to another tree, and so does the only checkout of a tree", `
			checkout c1 tree=a start=1
			checkout c2 tree=a start=2
			checkout d tree=b start=1
			checkout e tree=c start=1
			then
			checkout c2 tree=b
			checkout e tree=new`, `
			counted_checkouts c1 ci 1 1
			counted_checkouts c2 ci 2 2
			counted_checkouts d ci 1 1
			counted_checkouts e ci 1 1
			tree_heads ci a - - c1 1
			tree_heads ci b - - c2 2
			tree_heads ci new - - e 1`},
		{"heads and trees are purged", `
			checkout c2 tree=a start=2
			checkout d tree=b start=2
			then
			checkout c1 tree=a start=1
			purge 2`, `
			daily_counts 1 ci - checkout - 1
			counted_checkouts c1 ci 1 1
			tree_heads ci a - - c1 1`},
		{"the checkout of builds is purged, and their counts stay", `
			checkout c start=1
			then
			build b of=c status=PASS start=1
			test t of=b path=boot status=PASS start=1
			purge 2`, `
			checkout_counts c boot PASS 1
			checkout_counts c build PASS 1
			daily_counts 1 ci - boot PASS 1
			daily_counts 1 ci - build PASS 1
			tree_heads`},
		{"all objects are purged", `
			checkout c tree=mainline start=1
			build b of=c status=PASS start=1
			test t of=b path=boot status=FAIL platform=x start=1
			test u of=b2 path=ltp
			incident n issue=i/1 test=t
			then
			purge 2`, ``},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			db := empty(t)
			playStory(t, db, s.story)
			var want []string
			tables := rollup.Tables // all, unless s.want names some of them
			for line := range strings.Lines(s.want) {
				if words := strings.Fields(line); len(words) > 0 {
					if len(want) == 0 && len(tables) == len(rollup.Tables) {
						tables = nil
					}
					if !slices.Contains(tables, words[0]) {
						tables = append(tables, words[0])
					}
					if len(words) > 1 {
						want = append(want, strings.Join(words, " "))
					}
				}
			}
			got := strings.Split(strings.TrimSuffix(counts(t, rollup.New(db.SQL()), tables...), "\n"), "\n")
			if len(got) == 1 && got[0] == "" {
				got = nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			// A rebuild of correct roll-ups changes nothing.
			before := counts(t, rollup.New(db.SQL()), rollup.Tables...)
			if err := rollup.New(db.SQL()).Rebuild(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, counts(t, rollup.New(db.SQL()), rollup.Tables...)); diff != "" {
				t.Errorf("rebuilding changes (-before +after):\n%s", diff)
			}
		})
	}
}
