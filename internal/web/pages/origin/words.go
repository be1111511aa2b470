// SPDX-License-Identifier: Apache-2.0

package origin

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"github.com/kcidb-go/kcidb/internal/store/answers"
	"github.com/kcidb-go/kcidb/internal/verdict"
	"github.com/kcidb-go/kcidb/internal/web/pages/shell"
)

// state is the condition of an origin or a lab; "" for an unknown one.
type state string

const (
	silent  state = "SILENT" // sends nothing, against its habit
	sick    state = "LAB"    // loses more results than usual
	sending state = "OK"
	unsure  state = "NO HABIT" // sends too seldom to tell
)

var stateKinds = map[state]verdict.Kind{silent: verdict.Lab, sick: verdict.Lab, sending: verdict.OK, unsure: shell.Wait}

// Kind returns the class of the state.
func (s state) Kind() verdict.Kind { return stateKinds[s] }

// Mark returns the mark of the state.
func (s state) Mark() template.HTML { return shell.Marked(s.Kind(), string(s)) }

// rank orders states: those that need a look come first.
func (s state) rank() int {
	return strings.Index(string(silent+sick+unsure+sending), string(s))
}

// every returns a time in words, such as "40 min".
func every(d time.Duration) string { return shell.Age(time.Unix(0, 0).Add(d), time.Unix(0, 0)) }

// originState returns how an origin is. habit is nil if it sent nothing for HabitDays.
func originState(habit *answers.OriginHabit, now time.Time) state {
	switch {
	case habit == nil, habit.Silent(now):
		return silent
	case habit.Arrivals < 2:
		return unsure
	}
	return sending
}

// originWords says when an origin sent something last, and how often it does.
func originWords(name string, habit *answers.OriginHabit, now time.Time) string {
	name = shell.Line(name)
	if habit == nil {
		return fmt.Sprintf("%s sent nothing in the last %d days.", name, answers.HabitDays)
	}
	age := shell.Age(now, habit.Latest())
	switch originState(habit, now) {
	case silent:
		return fmt.Sprintf("%s sent nothing for %s; it usually sends results every %s.", name, age, every(habit.Usual))
	case unsure:
		return fmt.Sprintf("%s sent results once in the last %d days, %s ago.", name, answers.HabitDays, age)
	}
	return fmt.Sprintf("%s sends as usual: last %s ago, usually every %s.", name, age, every(habit.Usual))
}

// percent returns a share in words, such as "2.5 %"; "" of nothing.
func percent(part, of int64) string {
	switch {
	case of == 0:
		return ""
	case part == 0:
		return "0 %"
	case 1000*part < of:
		return "< 0.1 %"
	case 10*part < of:
		return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(of))
	}
	return fmt.Sprintf("%d %%", 100*part/of)
}

// lostWords says how many results a sick lab lost.
func lostWords(h *answers.LabHealth) string {
	day, today := h.Lost()
	when := map[bool]string{true: "today", false: "yesterday"}[today]
	return fmt.Sprintf("%s of %s %s, %d %%; it usually loses %d %%.", shell.Grouped(day.Lost), shell.Plural(day.Results, "result"), when, day.Share(), h.Before.Share())
}
