// Filters apply as they are chosen. Without this script the same filters are a form with buttons.

const TYPING_MS = 300;
const BUSY_MS = 150;
const UNANSWERED_MS = 20_000;
// A tap's click comes a while after the finger has left.
const CLICK_MS = 60;

const form = document.querySelector("[data-filters]");
const search = form.querySelector("[data-search]");
const results = document.getElementById("results");
const unanswered = document.querySelector("[data-unanswered]");
unanswered.setAttribute("role", "alert");
document.documentElement.classList.add("is-live");
const kept = (form.dataset.kept ?? "").split(" ").filter(Boolean);

let asked = question(); // what the results answer, or will
let typing; // the timer of a search that is being typed
let request; // the AbortController of the last request
let shown = here();

function here() {
  return location.pathname + location.search;
}

// An empty field is no filter, so it does not stand in the address, unless it lifts one of the view that is open.
function question() {
  const fields = new FormData(form);
  const given = new URLSearchParams([...fields].filter(([, value]) => value !== ""));
  for (const name of kept) {
    if (fields.has(name) && !given.has(name)) given.append(name, "");
  }
  return String(given);
}

function addressOf(query) {
  const path = new URL(form.action).pathname;
  return query ? `${path}?${query}` : path;
}

async function ask(isTyping = false) {
  clearTimeout(typing);
  typing = undefined;
  const query = question();
  if (query === asked) return;
  asked = query;
  request?.abort();
  request = new AbortController();
  const { signal } = request;
  const address = addressOf(query);
  const busy = setTimeout(() => setBusy(true), BUSY_MS);
  try {
    const text = await answer(address, "results", signal);
    await pointerIsUp();
    if (signal.aborted) return;
    htmx.swap(results, text, { swapStyle: "innerHTML" });
    remember(address, isTyping);
    unanswered.hidden = true;
    setBusy(false);
  } catch (error) {
    if (signal.aborted) return;
    // The rows of before stay, and are marked as such until an answer comes.
    setBusy(true);
    asked = null;
    unanswered.querySelector("a").href = address;
    unanswered.hidden = false;
  } finally {
    clearTimeout(busy);
  }
}

async function answer(address, target, signal) {
  const given = AbortSignal.any([signal, AbortSignal.timeout(UNANSWERED_MS)]);
  const headers = { "HX-Request": "true", "HX-Target": target, "HX-Current-URL": location.href };
  const response = await fetch(address, { headers, signal: given });
  const elsewhere = response.headers.get("HX-Redirect");
  if (elsewhere) location.assign(elsewhere);
  if (!response.ok || elsewhere) throw new Error(`${response.status}`);
  return response.text();
}

function setBusy(isBusy) {
  results.setAttribute("aria-busy", String(isBusy));
}

// Choosing is a step in the history. All that is typed in one go is one step as well.
function remember(address, isTyping) {
  if (address === here()) return;
  const isSameStep = isTyping && history.state?.isTyping;
  history[isSameStep ? "replaceState" : "pushState"]({ isTyping }, "", address);
  shown = here();
}

addEventListener("popstate", () => {
  if (here() === shown) return;
  request?.abort();
  location.reload();
});

search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => ask(true), TYPING_MS);
});

form.addEventListener("change", (event) => {
  // Of a date that is being typed, the year 2 is there before 2026.
  if (event.target.type === "date" && !event.target.validity.valid) return;
  ask(event.target === search);
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const isTyping = document.activeElement === search;
  const sought = search.value;
  await ask(isTyping);
  // Enter behind the id of a session, or a link to one, goes there.
  const named = results.querySelector("[data-named-session]");
  if (named && isTyping && search.value === sought && question() === asked) location.assign(named.href);
});

// What was typed and is not answered yet goes along with a link to other filters, another order, or the export.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="?"], a#export');
  const typed = search.value.trim();
  const answered = new URLSearchParams(location.search).get("q") ?? "";
  if (!link || typed === answered || link.dataset.chip === "q") return;
  const address = new URL(link.href);
  if (typed) address.searchParams.set("q", typed);
  else if (kept.includes("q")) address.searchParams.set("q", "");
  else address.searchParams.delete("q");
  link.href = address.href;
}, true);

// Nothing is swapped while a pointer is down: what it is released on must be what it was pressed on.
let isDown = false;
let releasing;
const waiting = [];

addEventListener("pointerdown", (event) => {
  clearTimeout(releasing);
  isDown = event.button === 0;
}, true);
for (const type of ["pointerup", "pointercancel", "contextmenu", "dragend"]) {
  addEventListener(type, () => { releasing = setTimeout(release, CLICK_MS); }, true);
}
addEventListener("blur", release); // of the window

function release() {
  isDown = false;
  for (const resolve of waiting.splice(0)) resolve();
}

function pointerIsUp() {
  return isDown ? new Promise((resolve) => { waiting.push(resolve); }) : Promise.resolve();
}

// The rows that update themselves come again in a few seconds.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  if (isDown) event.detail.shouldSwap = false;
});

// A panel that would reach beyond the window opens the other way. What is chosen changes the width of the
// buttons, so that an open one may come to stand elsewhere.
for (const filter of document.querySelectorAll("details.filter")) {
  filter.addEventListener("toggle", () => keepInWindow(filter));
}
document.body.addEventListener("htmx:afterSettle", keepOpenPanelInWindow);
addEventListener("resize", keepOpenPanelInWindow);

function keepOpenPanelInWindow() {
  const open = document.querySelector("details.filter[open]");
  if (open) keepInWindow(open);
}

function keepInWindow(filter) {
  const panel = filter.querySelector(".filter-panel");
  panel.classList.remove("opens-back");
  const beyond = panel.getBoundingClientRect().right > document.documentElement.clientWidth;
  panel.classList.toggle("opens-back", filter.open && beyond);
}

// A panel closes when one clicks elsewhere, and by Escape.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.filter[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.filter[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

// Long lists of checkboxes can be searched; lists too long for the page ask the server.
for (const find of document.querySelectorAll("[data-find]")) {
  const input = find.querySelector("input");
  const panel = find.closest(".filter-panel");
  find.hidden = false;
  let timer;
  input.addEventListener("input", (event) => {
    event.stopPropagation();
    if (panel.querySelector(".more-filters")) {
      narrowFilters(panel, input.value.trim().toLowerCase());
    } else if (input.dataset.more) {
      clearTimeout(timer);
      timer = setTimeout(() => findOptions(input, panel), TYPING_MS);
    } else {
      narrow(panel, input.value.trim().toLowerCase());
    }
  });
  input.addEventListener("change", (event) => event.stopPropagation());
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

function narrow(panel, text) {
  let shown = 0;
  for (const option of panel.querySelectorAll(".option")) {
    option.hidden = !option.textContent.toLowerCase().includes(text);
    if (!option.hidden) shown += 1;
  }
  panel.querySelector("[data-none]").hidden = shown > 0;
}

// The menu of all filters: one stays if its name has the text, with all of its values, or else with those that have it.
function narrowFilters(panel, text) {
  let shown = 0;
  for (const filter of panel.querySelectorAll(".more-filter")) {
    const name = filter.querySelector(".more-filter-label").textContent.toLowerCase();
    narrow(filter, name.includes(text) ? "" : text);
    const has = Boolean(filter.querySelector(".option:not([hidden])"));
    filter.hidden = !has;
    filter.open = has && text !== "";
    if (has) shown += 1;
  }
  panel.querySelector("[data-none-of-all]").hidden = shown > 0;
}

let finding;

async function findOptions(input, panel) {
  finding?.abort();
  finding = new AbortController();
  const { signal } = finding;
  const address = new URL(input.dataset.more, location.href);
  address.searchParams.set("search", input.value.trim());
  for (const box of panel.querySelectorAll("input[type=checkbox]:checked")) {
    address.searchParams.append(box.name, box.value);
  }
  const options = panel.querySelector(".options");
  const text = await answer(address, options.id, signal).catch(() => null);
  await pointerIsUp();
  if (text !== null && !signal.aborted) htmx.swap(options, text, { swapStyle: "innerHTML" });
}
