// SPDX-License-Identifier: Apache-2.0

package retention

import (
	"testing"
	"time"
)

func TestWindow(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.Parse("2 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for _, test := range []struct{ window, now, begin, end string }{
		{"01:00-05:00 UTC", "3 00:59", "", ""},
		{"01:00-05:00 UTC", "3 01:00", "3 01:00", "3 05:00"},
		{"01:00-05:00 UTC", "3 04:59", "3 01:00", "3 05:00"},
		{"01:00-05:00 UTC", "3 05:00", "", ""},
		{"23:30-04:00 UTC", "3 23:45", "3 23:30", "4 04:00"},
		{"23:30-04:00 UTC", "3 03:00", "2 23:30", "3 04:00"},
		{"23:30-04:00 UTC", "3 12:00", "", ""},
		{"00:00-24:00 UTC", "3 12:00", "3 00:00", "4 00:00"},
		{"06:00-06:00 UTC", "3 05:00", "2 06:00", "3 06:00"},
	} {
		w, err := ParseWindow(test.window)
		if err != nil {
			t.Fatal(err)
		}
		begin, end, open := w.At(at(test.now))
		if open != (test.begin != "") || open && (!begin.Equal(at(test.begin)) || !end.Equal(at(test.end))) {
			t.Errorf("%s at %s: %v to %v, %v", test.window, test.now, begin, end, open)
		}
	}
	local, err := ParseWindow("01:00-05:00")
	if err != nil {
		t.Fatal(err)
	}
	local.zone = time.FixedZone("", 2*3600)
	if _, _, open := local.At(at("2 23:30")); !open {
		t.Error("23:30 UTC is not 01:30 two hours east")
	}
	for _, text := range []string{"", "01:00", "01:00-25:00", "1-5", "01:00-05:00 CET", "01:00 - 05:00"} {
		if _, err := ParseWindow(text); err == nil {
			t.Errorf("%q is a window", text)
		}
	}
}
