// SPDX-License-Identifier: Apache-2.0

package shell

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCanonical(t *testing.T) {
	for _, test := range []struct{ url, to, refused string }{
		{"/tree/next/master", "", ""},
		{"/tree/next/master?arch=arm64&lab=a", "", ""},
		{"/tree/next/master?", "/tree/next/master", ""},
		{"/tree/next/master?lab=a&arch=arm64", "/tree/next/master?arch=arm64&lab=a", ""},
		{"/tree/next/master?lab=b&lab=a&lab=b", "/tree/next/master?lab=a&lab=b", ""},
		{"/tree/next/master?lab=&arch=arm64", "/tree/next/master?arch=arm64", ""},
		{"/tree/next/master?utm_source=x&fbclid=y", "/tree/next/master", ""},
		{"/tree/a%2Fb/c?lab=", "/tree/a%2Fb/c", ""},
		{"/tree/next/master?platfrom=x", "", `This page has no parameter "platfrom"`},
		{"/tree/next/master?arch=%zz", "", "The address has a damaged parameter"},
	} {
		t.Run(test.url, func(t *testing.T) {
			u, err := url.ParseRequestURI(test.url)
			if err != nil {
				t.Fatal(err)
			}
			var to, refused string
			switch err := canonical(u, []string{"arch", "lab"}).(type) {
			case *Redirect:
				to = err.To
			case *Refusal:
				refused = err.Title
			}
			if to != test.to || refused != test.refused {
				t.Errorf("leads to %q, refused: %q", to, refused)
			}
		})
	}
}

func filterOf(t *testing.T, target string) Filter {
	t.Helper()
	return FilterOf(httptest.NewRequest(http.MethodGet, target, nil))
}

func TestFilterURLs(t *testing.T) {
	f := filterOf(t, "/tree/a%2Fb/c?after=9&arch=arm64&lab=-x&lab=a")
	for name, test := range map[string]struct{ got, want string }{
		"with":            {f.With("arch", "riscv"), "/tree/a%2Fb/c?arch=riscv&lab=-x&lab=a"},
		"with a cursor":   {f.With("after", "10"), "/tree/a%2Fb/c?after=10&arch=arm64&lab=-x&lab=a"},
		"without":         {f.With("arch"), "/tree/a%2Fb/c?lab=-x&lab=a"},
		"plus":            {f.Plus("lab", "b"), "/tree/a%2Fb/c?arch=arm64&lab=-x&lab=a&lab=b"},
		"plus the same":   {f.Plus("lab", "a"), "/tree/a%2Fb/c?arch=arm64&lab=-x&lab=a"},
		"minus":           {f.Minus("lab", "-x"), "/tree/a%2Fb/c?arch=arm64&lab=a"},
		"minus the last":  {f.Minus("arch", "arm64"), "/tree/a%2Fb/c?lab=-x&lab=a"},
		"carried":         {f.Carried("/revision/x?verdict=new", "arch", "platform"), "/revision/x?arch=arm64&verdict=new"},
		"carried to none": {f.Carried("", "arch"), ""},
	} {
		if test.got != test.want {
			t.Errorf("%s: %s, want %s", name, test.got, test.want)
		}
	}
	if f.URL() != "/tree/a%2Fb/c?after=9&arch=arm64&lab=-x&lab=a" {
		t.Error("the filter changed: ", f.URL())
	}
}

func TestFilterMatches(t *testing.T) {
	for _, test := range []struct {
		query, value string
		want         bool
	}{
		{"", "a", true},
		{"lab=a", "a", true},
		{"lab=a", "b", false},
		{"lab=a&lab=b", "b", true},
		{"lab=-a", "a", false},
		{"lab=-a", "", true},
		{"lab=a&lab=-a", "a", false},
	} {
		if got := filterOf(t, "/?"+test.query).Matches("lab", test.value); got != test.want {
			t.Errorf("%q of %q: %t", test.query, test.value, got)
		}
	}
	for _, test := range []struct {
		query, path string
		want        bool
	}{
		{"path=ltp", "ltp", true},
		{"path=ltp", "ltp.syscalls.fork01", true},
		{"path=ltp", "ltpx.a", false},
		{"path=ltp.*.fork01", "ltp.syscalls.fork01", true},
		{"path=*.net", "kselftest.net.tls", true},
		{"path=-ltp", "ltp.syscalls", false},
		{"path=-ltp", "boot", true},
	} {
		if got := filterOf(t, "/?"+test.query).MatchesPath("path", test.path); got != test.want {
			t.Errorf("%q of %q: %t", test.query, test.path, got)
		}
	}
}

func TestOfAPI(t *testing.T) {
	for query, want := range map[string]int{"": 2, "verdict=new": 2, "verdict=ok": 1, "verdict=new&verdict=skip": 1, "verdict=-new": 1, "lab=a": 2} {
		if got := filterOf(t, "/?"+query).OfAPI("lab", "verdict"); len(got) != want {
			t.Errorf("%q: %q", query, got)
		}
	}
}

func TestBar(t *testing.T) {
	f := filterOf(t, "/x?after=1&arch=arm64&arch=riscv&lab=odd&open=ltp&sort=name")
	got := f.Bar(Field{Label: "Architecture", Name: "arch"}, Field{Label: "Lab", Name: "lab", Options: Options("a")})
	want := FilterBar{
		Action: "/x",
		Fields: []Field{
			{Label: "Architecture", Name: "arch", Value: "arm64"},
			{Label: "Lab", Name: "lab", Options: Options("a", "odd"), Value: "odd"},
		},
		Kept: []Kept{{"arch", "riscv"}, {"open", "ltp"}, {"sort", "name"}},
		Chosen: []Chosen{
			{"arch", "arm64", "/x?arch=riscv&lab=odd&open=ltp&sort=name"},
			{"arch", "riscv", "/x?arch=arm64&lab=odd&open=ltp&sort=name"},
			{"lab", "odd", "/x?arch=arm64&arch=riscv&open=ltp&sort=name"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
