// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/kcidb-go/kcidb/internal/testing/eventually"
)

// do runs an action of the browser.
func (b *Tab) do(what string, action chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTime)
	defer cancel()
	if err := chromedp.Do(ctx, action); err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// call calls a command of the DevTools protocol.
func call[P, R any](b *Tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTime)
	defer cancel()
	result, err := chromedp.Call(ctx, command, params)
	if err != nil {
		b.t.Fatalf("%T: %v", params, err)
	}
	return result
}

// Evaluate returns the value of a JavaScript expression in the page. It waits for a promise.
func Evaluate[T any](b *Tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTime)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// Becomes waits until a JavaScript expression is true.
func (b *Tab) Becomes(expression string) {
	b.t.Helper()
	eventually.Succeeds(b.t, func() error {
		// An evaluation fails while the browser replaces the page.
		is, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		if err == nil && !is {
			err = errors.New("not true: " + expression)
		}
		return err
	})
}

// Visit goes to a URL and waits until the page is loaded.
func (b *Tab) Visit(url string) {
	b.t.Helper()
	b.forget()
	b.do("visit "+url, chromedp.Navigate(url))
}

// Go does something that leads to another page, and waits until that page is loaded.
func (b *Tab) Go(do func()) {
	b.t.Helper()
	b.moves++
	left := fmt.Sprintf("window.browserLeft == %d", b.moves)
	Evaluate[int](b, fmt.Sprintf("window.browserLeft = %d", b.moves))
	b.forget()
	do()
	b.Becomes("!(" + left + ") && document.readyState == 'complete'")
}

// Follow clicks the first element that a selector matches, and waits until the page to
// which it leads is loaded.
func (b *Tab) Follow(selector string) {
	b.t.Helper()
	b.Go(func() { b.Click(selector) })
}

// Click clicks the first element that a selector matches, as soon as it is visible. A page
// without such an element fails the test at once.
func (b *Tab) Click(selector string) {
	b.t.Helper()
	if b.Count(selector) == 0 {
		b.t.Fatalf("%s has no %s", b.Path(), selector)
	}
	b.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// keys are the keys that have names.
var keys = map[string]string{
	"Enter": kb.Enter, "Escape": kb.Escape, "Tab": kb.Tab, "Backspace": kb.Backspace,
	"ArrowUp": kb.ArrowUp, "ArrowDown": kb.ArrowDown, "ArrowLeft": kb.ArrowLeft, "ArrowRight": kb.ArrowRight,
	"Home": kb.Home, "End": kb.End, "PageUp": kb.PageUp, "PageDown": kb.PageDown,
}

// Press presses keys, one after the other: a named key such as Enter, Escape, Tab or
// ArrowDown, or each character of any other text.
func (b *Tab) Press(texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		if key, ok := keys[text]; ok {
			text = key
		}
		for _, r := range text {
			b.press(r)
		}
	}
}

// press presses a key as a keyboard does: a page that handles the key can keep its letter
// from the field that it moves the focus to. chromedp.KeyEvent sends the letter apart, in any case.
func (b *Tab) press(r rune) {
	b.t.Helper()
	events := kb.Encode(r)
	down, up := events[0], events[len(events)-1]
	if len(events) == 3 {
		down.Text, down.UnmodifiedText = events[1].Text, events[1].UnmodifiedText
	}
	call(b, input.DispatchKeyEvent, *down)
	call(b, input.DispatchKeyEvent, *up)
}

// Text returns the text of the first element that a selector matches, as a reader sees it.
func (b *Tab) Text(selector string) string {
	b.t.Helper()
	text := Evaluate[*string](b, fmt.Sprintf("document.querySelector(%s)?.innerText ?? null", quote(selector)))
	if text == nil {
		b.t.Fatalf("%s has no %s", b.Path(), selector)
	}
	return *text
}

// Count returns the number of elements that a selector matches.
func (b *Tab) Count(selector string) int {
	b.t.Helper()
	return Evaluate[int](b, fmt.Sprintf("document.querySelectorAll(%s).length", quote(selector)))
}

// Title returns the title of the page.
func (b *Tab) Title() string {
	b.t.Helper()
	return Evaluate[string](b, "document.title")
}

// Path returns the path of the page with its query and fragment.
func (b *Tab) Path() string {
	b.t.Helper()
	return Evaluate[string](b, "location.pathname + location.search + location.hash")
}

// Fits fails the test if the page is wider than the window.
func (b *Tab) Fits() {
	b.t.Helper()
	if wider := Evaluate[int](b, "document.documentElement.scrollWidth - window.innerWidth"); wider > 0 {
		b.t.Errorf("%s is %d pixels wider than the window", b.Path(), wider)
	}
}

// quote returns a string of JavaScript.
func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err) // any string can be marshalled
	}
	return string(quoted)
}
