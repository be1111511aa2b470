// SPDX-License-Identifier: Apache-2.0

/* The script of the pages. It adds comfort: each page holds the same without it, and if a part of it fails, the page
   stays as it was. It keeps one thing in the browser: whether the reader turned the keys off.

   It reads, besides the classes of the style sheet:

   body[data-live]        the page wants to hear of newer data
   body[data-every]       seconds between two looks for newer data, 60 without it
   input[data-filter=ID]  what is typed here hides rows of the table or list with this ID; Enter submits the form
   table:not(.grid)       can be sorted by each header that holds no link, if it has more than three rows
   td[data-n]             the number that a cell is sorted by; else its time[datetime], or else its text
   pre.cmd                gets a button that copies its text
   [data-copy]            gets a button behind it that copies the value, or the element's text if the value is empty
   time[datetime]         gets the local time as a tooltip, if it has a time of day
   a[data-unfold=NAME]    in a table with an ID: shows the same table of the page that the link leads to, in its place;
                          there, the link of the same NAME gets the focus
   [data-keys]            gets the button that turns the keys off and on
   a[data-go=LETTER]      where "g LETTER" leads
   a[rel=prev|next]       the older and the newer revision, for [ and ]; no pager may use these
   a[rel=help]            the list of keys, for ?
   [role=search] input    the search, for /
   nav.crumb li a         the last one is the way up, for u
   details.filter         the filter, for f
   .cause, tbody tr, .list > li  in main: the items that j and k walk over */

"use strict";

const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const one = (selector, root = document) => root.querySelector(selector);

function make(tag, attributes, text = "") {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
	element.textContent = text;
	return element;
}

// Filter rows as one types.

function setUpFilter(field) {
	const target = document.getElementById(field.dataset.filter);
	if (!target) return;
	const status = make("p", { role: "status" });
	field.form?.append(status);
	field.addEventListener("input", () => {
		const words = field.value.toLowerCase().split(/[\s*]+/).filter(Boolean);
		const rows = all("tbody tr, li", target).filter((row) => !isGroupHead(row));
		for (const row of rows) {
			const text = row.textContent.toLowerCase();
			row.hidden = !words.every((word) => text.includes(word));
		}
		for (const head of all("tbody tr", target).filter(isGroupHead)) {
			head.hidden = ![...head.parentElement.rows].some((row) => !row.hidden && !isGroupHead(row));
		}
		const shown = rows.filter((row) => !row.hidden).length;
		status.textContent = words.length ? `${shown} of ${rows.length} shown here. Enter asks for all.` : "";
	});
}

const isGroupHead = (row) => one("[scope=rowgroup]", row) !== null;

// Sort tables.

function setUpSorting(table) {
	if (all("tbody tr", table).length <= 3) return;
	for (const header of all("thead th", table)) {
		if (!header.textContent.trim() || one("a, button", header)) continue;
		const button = make("button", { type: "button", class: "sort" });
		button.append(...header.childNodes);
		button.addEventListener("click", () => sortBy(table, header));
		header.append(button);
	}
}

function sortBy(table, header) {
	const key = (row) => sortKey(row.cells[header.cellIndex]);
	const rows = all("tbody tr", table).filter((row) => !isGroupHead(row));
	const isNumeric = typeof rows.map(key).find((k) => k !== "") === "number";
	const before = header.getAttribute("aria-sort");
	const ascending = before ? before === "descending" : !isNumeric;
	for (const other of all("[aria-sort]", table)) other.removeAttribute("aria-sort");
	header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
	for (const body of table.tBodies) {
		const heads = [...body.rows].filter(isGroupHead);
		const others = [...body.rows].filter((row) => !isGroupHead(row));
		others.sort((a, b) => compareKeys(key(a), key(b), ascending ? 1 : -1));
		body.append(...heads, ...others);
	}
}

// sortKey returns a number, a text, or "" for a cell without a value.
function sortKey(cell) {
	if (!cell) return "";
	if (cell.dataset.n) return Number(cell.dataset.n);
	const time = one("time[datetime]", cell);
	if (time) return Date.parse(time.dateTime);
	const text = cell.textContent.trim();
	if (/^[-−+]?[\d,]*\.?\d+( ?%)?$/.test(text)) return Number(text.replace("−", "-").replace(/[,%+]/g, ""));
	return text === "–" ? "" : text;
}

// compareKeys puts cells without a value last in both directions.
function compareKeys(a, b, direction) {
	if (a === "" || b === "") return (a === "") - (b === "");
	if (typeof a === "number" && typeof b === "number") return (a - b) * direction;
	return String(a).localeCompare(String(b), "en", { numeric: true }) * direction;
}

// Copy commands and IDs.

function setUpCommands(pre) {
	const box = make("div", { class: "copies" });
	pre.replaceWith(box);
	box.append(pre, copyButton(pre.getAttribute("aria-label") ?? "", () => pre.textContent));
}

function setUpCopy(element) {
	const text = element.dataset.copy || element.textContent.trim();
	element.after(copyButton(text, () => text));
}

function copyButton(name, text) {
	const button = make("button", { type: "button", class: "copy", "aria-label": `Copy ${name}`.trim() }, "Copy");
	button.addEventListener("click", () => copy(button, text()));
	return button;
}

async function copy(button, text) {
	let outcome = "Copied";
	try {
		await toClipboard(text);
	} catch {
		outcome = "Not copied";
	}
	button.textContent = outcome;
	say(outcome);
	setTimeout(() => (button.textContent = "Copy"), 2000);
}

// toClipboard needs the older way if the page came without TLS.
async function toClipboard(text) {
	if (navigator.clipboard) return navigator.clipboard.writeText(text);
	const focused = document.activeElement;
	const area = make("textarea", {}, text);
	document.body.append(area);
	area.select();
	const isCopied = document.execCommand("copy");
	area.remove();
	focused.focus();
	if (!isCopied) throw new Error("the browser does not copy");
}

// say has a screen reader read a text.
function say(text) {
	let status = one("#said");
	if (!status) {
		status = make("p", { id: "said", class: "vh", role: "status" });
		document.body.append(status);
	}
	status.textContent = text;
}

// Show local times.

function setUpTime(time) {
	const date = new Date(time.dateTime);
	if (!time.dateTime.includes("T") || time.title || isNaN(date)) return;
	time.title = date.toLocaleString(undefined, { dateStyle: "full", timeStyle: "long" });
}

// Tell of newer data. The line takes no place until it says something, and then covers the end of the window.

function setUpNews() {
	const { live, every = 60 } = document.body.dataset;
	if (live === undefined) return;
	const pause = Number(every) * 1000;
	const line = make("p", { class: "news", role: "status" });
	one("main").append(line);
	let last = Date.now();
	let known; // the version of the page that is shown
	const look = async () => {
		if (document.hidden || Date.now() - last < pause / 2) return;
		last = Date.now();
		known ??= await versionOf({ cache: "force-cache" }); // the browser has kept the page
		const newest = known && (await versionOf({ method: "HEAD", cache: "no-store", headers: { "If-None-Match": known.tag } }));
		if (!newest || newest.version === known.version) return;
		clearInterval(timer);
		document.removeEventListener("visibilitychange", look);
		showNews(line);
	};
	const timer = setInterval(look, pause);
	document.addEventListener("visibilitychange", look);
}

// versionOf returns the ETag of this page, and its version: when its data changed, or else the ETag. The ages in a page
// change its ETag too. The result is undefined if the page is unchanged, or if the server does not answer.
async function versionOf(request) {
	try {
		const { ok, headers } = await fetch(location.href, request);
		const tag = headers.get("ETag") ?? "";
		return ok ? { tag, version: headers.get("Last-Modified") ?? tag } : undefined;
	} catch {
		return undefined;
	}
}

function showNews(line) {
	const link = make("a", { href: location.pathname + location.search }, "Show them");
	link.addEventListener("click", (event) => {
		event.preventDefault();
		location.reload(); // because a link to the page with a fragment would not load it
	});
	line.replaceChildren("New results came. ", link);
}

// Unfold a group of a grid in place.

function setUpUnfolding() {
	document.addEventListener("click", (event) => {
		const link = event.target.closest("a[data-unfold]");
		if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
		event.preventDefault();
		unfold(link).catch(() => (location.href = link.href));
	});
}

async function unfold(link) {
	const table = link.closest("table");
	if (table.hasAttribute("aria-busy")) return;
	table.setAttribute("aria-busy", "true");
	const answer = await fetch(link.href);
	if (!answer.ok) throw new Error(answer.statusText);
	const page = new DOMParser().parseFromString(await answer.text(), "text/html");
	const fresh = document.adoptNode(page.getElementById(table.id));
	const again = one(`a[data-unfold="${CSS.escape(link.dataset.unfold)}"]`, fresh);
	const wasAt = link.closest(".at");
	table.replaceWith(fresh);
	setUpContent(fresh);
	again?.focus();
	if (wasAt) again?.closest("tr").classList.add("at");
	history.replaceState(null, "", answer.url);
}

// Keys.

function setUpKeys() {
	document.addEventListener("keydown", (event) => {
		const isModified = event.ctrlKey || event.altKey || event.metaKey;
		if (event.defaultPrevented || event.isComposing || areKeysOff()) return;
		if (isModified && !event.getModifierState("AltGraph")) return;
		const isInField = event.target.closest("input, textarea, select, [contenteditable]");
		const action = isInField && event.key !== "Escape" ? undefined : actionOf(event);
		if (!action) return;
		if (event.key !== "Escape") event.preventDefault();
		action();
	});
	document.addEventListener("focusin", (event) => {
		if (!event.target.closest(".at")) one(".at")?.classList.remove("at");
	});
	const place = one("[data-keys]");
	if (place) place.append(keySwitch());
}

const actions = {
	"/": () => focusField(one("[role=search] input")),
	"?": () => one("a[rel=help]")?.click(),
	j: () => step(1),
	k: () => step(-1),
	h: () => stepInRow(-1),
	l: () => stepInRow(1),
	o: unfoldItem,
	"[": () => one("a[rel=prev]")?.click(),
	"]": () => one("a[rel=next]")?.click(),
	n: () => stepToNew(1),
	p: () => stepToNew(-1),
	f: openFilter,
	c: copyHere,
	u: () => all("nav.crumb li a").at(-1)?.click(),
	Escape: leave,
};

let lastG = -Infinity; // when "g" was pressed, if it was the last key

function actionOf(event) {
	const isAfterG = event.timeStamp - lastG < 2000;
	lastG = event.key === "g" ? event.timeStamp : -Infinity;
	if (isAfterG) return () => one(`a[data-go="${CSS.escape(event.key)}"]`)?.click();
	return Object.hasOwn(actions, event.key) ? actions[event.key] : undefined;
}

const isInCause = (element) => element.parentElement.closest(".cause") !== null;

// items returns what j and k walk over. The rows of a cause belong to it.
function items() {
	return all("main .cause, main tbody tr, main .list > li").filter((item) => item.checkVisibility() && !isInCause(item) && !isGroupHead(item));
}

// here returns where the reader is: the focused element, or else the item that was last walked to.
function here() {
	const focused = document.activeElement;
	return focused && focused !== document.body ? focused : one(".at") ?? document.body;
}

const itemHere = () => items().find((item) => item.contains(here()));

function step(by) {
	const list = items();
	const at = list.findIndex((item) => item.contains(here()));
	if (at < 0 && by < 0) return;
	const next = list[at + by];
	if (next) walkTo(next, one("a[href]", next));
}

function stepInRow(by) {
	const row = here().closest(".grid tbody tr");
	const links = row ? all("a[href]", row) : [];
	const next = links[links.indexOf(here()) + by];
	if (next) walkTo(row, next);
}

function stepToNew(by) {
	const side = by > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
	const from = here();
	const places = all("main .m.new, main .c.new")
		.map((mark) => mark.closest(".c, .cause, tr, li:not(.legend li)"))
		.filter((place) => place?.checkVisibility())
		.filter((place) => (from.compareDocumentPosition(place) & (side | Node.DOCUMENT_POSITION_CONTAINS)) === side);
	const next = by > 0 ? places[0] : places.at(-1);
	if (next) walkTo(next.closest(".cause, tr, li"), one("a[href]", next));
}

// walkTo marks an item and moves the focus to its link. An item without a link gets the focus itself.
function walkTo(item, link) {
	one(".at")?.classList.remove("at");
	if (!link) item.tabIndex = -1;
	(link ?? item).focus();
	item.classList.add("at");
}

function unfoldItem() {
	for (const place of [itemHere(), here().closest("details")]) {
		const fold = place && one("a[data-unfold], summary", place);
		if (!fold) continue;
		fold.focus();
		fold.click();
		return;
	}
}

function openFilter() {
	const filter = one("details.filter");
	if (!filter) return;
	filter.open = true;
	focusField(one("input:not([type=hidden]), select", filter));
}

function focusField(field) {
	field?.focus();
	field?.select?.();
}

// copyHere copies the commands or the ID where the reader is, or else all commands of the page, or else its first ID.
function copyHere() {
	const place = here().closest(".copies") ?? itemHere();
	const near = place && one(".copy", place);
	const commands = all("main pre.cmd");
	if (near || commands.length === 0) (near ?? one("main .copy"))?.click();
	else copy(one("main .copies .copy"), commands.map((pre) => pre.textContent.trim() + "\n").join("\n"));
}

function leave() {
	document.activeElement?.blur();
	one(".at")?.classList.remove("at");
}

// Readers who speak to their computer turn the keys off (WCAG 2.1.4).

function areKeysOff() {
	try {
		return localStorage.getItem("keys") === "off";
	} catch {
		return false;
	}
}

function keySwitch() {
	const label = () => (areKeysOff() ? "Turn the keys on" : "Turn the keys off");
	const button = make("button", { type: "button" }, label());
	button.addEventListener("click", () => {
		if (areKeysOff()) localStorage.removeItem("keys");
		else localStorage.setItem("keys", "off");
		button.textContent = label();
	});
	return button;
}

// setUpContent prepares a part of a page, which may have come later than the page.
function setUpContent(root) {
	setUpEach("time[datetime]", setUpTime, root);
	setUpEach("[data-copy]", setUpCopy, root);
	setUpEach("pre.cmd", setUpCommands, root);
	setUpEach("table:not(.grid)", setUpSorting, root);
}

function setUpEach(selector, setUp, root) {
	for (const element of all(selector, root)) attempt(() => setUp(element));
}

// attempt keeps a failure of one part from the others.
function attempt(part) {
	try {
		part();
	} catch (error) {
		console.error(error);
	}
}

setUpContent(document);
setUpEach("input[data-filter]", setUpFilter, document);
for (const part of [setUpUnfolding, setUpKeys, setUpNews]) attempt(part);
