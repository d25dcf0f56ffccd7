// One session on its time axis: a playhead that everything follows, and everything with a moment seeks.
// Without it each moment is a link, and the server shows the page at that moment.

import { clock } from "./clock.js";

const replay = document.querySelector("[data-replay]");
const lanes = replay.querySelector("[data-lanes]");
const panel = document.getElementById("panel");
const video = replay.querySelector("[data-video]");
const starts = video ? Number(video.dataset.starts) : 0;
let length = 0;
let marks = [];
let activity = [];
const playhead = replay.querySelector("[data-playhead]");
const rangeBox = replay.querySelector("[data-range]");
const clockText = replay.querySelector("[data-clock]");
const playButton = replay.querySelector("[data-play]");
const speed = replay.querySelector("[data-speed]");
const skipIdle = replay.querySelector("[data-skip-idle]");
const stages = [...replay.querySelectorAll("[data-stage-starts]")];
const pictures = inTime(replay.querySelectorAll(".film-picture[data-t]"));
const rangeNote = replay.querySelector(".range-note");
let rows = null; // those of the panel, once they are asked for

// Nothing happens for this long: time that may be skipped, up to a second before what comes next.
const IDLE_SECONDS = 4;
const STEP_SECONDS = 5;
const DRAG_PIXELS = 4;
const RELOAD_MS = 200;
const NEAR_END_PIXELS = 40;

let t = Number(replay.dataset.t);
let playing = false;
let frame = 0;
let wasFrameAt = 0;
let reload = 0;

document.documentElement.classList.add("is-scripted");
readLanes();

// Again when an open session has grown.
function readLanes() {
  length = Number(document.getElementById("lanes").dataset.length);
  replay.querySelector("[data-end]").textContent = clock(length);
  marks = [...replay.querySelectorAll("[data-mark]")].map((mark) => ({
    t: Number(mark.dataset.mark),
    bad: "bad" in mark.dataset,
  }));
  marks.sort((one, other) => one.t - other.t);
  const active = [...replay.querySelectorAll("[data-activity]")].map((box) => Number(box.dataset.activity));
  activity = [...marks.map((mark) => mark.t), ...active].sort((one, other) => one - other);
}

const percent = (seconds) => `${(Math.min(Math.max(seconds / length, 0), 1) * 100).toFixed(3)}%`;

// What is shown at the moment: the playhead, the time, the row of the panel, the picture.

function show(follow, meant) {
  playhead.setAttribute("x", percent(t));
  clockText.textContent = clock(t);
  select(rowsOfPanel(), follow, meant);
  select(pictures, follow);
  for (const stage of stages) {
    const inside = Math.max(t - Number(stage.dataset.stageStarts), 0);
    stage.querySelector("[data-recording]").dispatchEvent(new CustomEvent("stage:seek", { detail: { t: inside } }));
  }
}

// Elements with a moment, in the order of their moments: they are read once, and looked through for each frame.
function inTime(elements) {
  const found = [...elements].map((row) => ({ row, t: Number(row.dataset.t) }));
  return found.sort((one, other) => one.t - other.t);
}

const rowsOfPanel = () => (rows ??= inTime(panel.querySelectorAll("[data-t]")));
new MutationObserver(() => (rows = null)).observe(panel, { childList: true, subtree: true });

// The last row at or before the moment; `meant` is the one of several at once that was pressed.
function select(among, follow, meant) {
  const found = among.find(({ row }) => row === meant) ?? among.findLast((one) => one.t <= t + 0.0005);
  for (const { row } of among) if (row !== found?.row && row.hasAttribute("aria-current")) row.removeAttribute("aria-current");
  if (!found || found.row.hasAttribute("aria-current")) return;
  found.row.setAttribute("aria-current", "true");
  if (follow) reveal(found.row);
}

// Within its own box only: the page does not move under who reads it.
function reveal(row) {
  const box = scrollingBox(row);
  if (!box) return;
  const inside = row.getBoundingClientRect();
  const outside = box.getBoundingClientRect();
  if (inside.top < outside.top || inside.bottom > outside.bottom) box.scrollTop += inside.top - outside.top - outside.height / 3;
  if (inside.left < outside.left || inside.right > outside.right) box.scrollLeft += inside.left - outside.left - outside.width / 3;
}

// The nearest box around an element that can be scrolled, if it is not the page.
function scrollingBox(element) {
  let box = element?.parentElement;
  while (box && box.scrollHeight <= box.clientHeight + 1 && box.scrollWidth <= box.clientWidth + 1) box = box.parentElement;
  return box && !box.contains(panel.parentElement) ? box : null;
}

function seek(seconds, { keepVideo = false, follow = true, meant = null } = {}) {
  move(seconds, { keepVideo, follow, meant });
  if (!keepVideo || !playing) remember();
}

// Without an address of its own: for what goes on to the next moment at once.
function move(seconds, { keepVideo = false, follow = true, meant = null } = {}) {
  t = Math.min(Math.max(seconds, 0), length);
  if (video && !keepVideo) seekVideo(inVideo());
  show(follow, meant);
}

// The moment, in seconds of the video; its first frame before that is there.
const inVideo = () => Math.max(t - starts, 0);
const isInVideo = () => video && t >= starts && t - starts < video.duration - 0.05;

// A video that looks for a frame is not sent after another one until it has it: it would come to show none.
let wantedFrame = null;

function seekVideo(seconds) {
  wantedFrame = seconds;
  if (!video.seeking) seekOn();
}

function seekOn() {
  if (wantedFrame !== null) video.currentTime = wantedFrame;
  wantedFrame = null;
}

video?.addEventListener("seeked", seekOn);

// The address is that of the moment, without a step in the history for each.
function remember() {
  const address = new URL(location.href);
  address.searchParams.set("t", t.toFixed(3));
  // The line that was named, or the end of the log, is left with the moment.
  address.searchParams.delete("at");
  address.hash = "";
  history.replaceState(history.state, "", address);
  clearTimeout(reload);
  reload = setTimeout(loadAround, RELOAD_MS);
}

// Of a long panel only a window is here: when the moment lies outside it, the server is asked for the one around it.
function loadAround() {
  const [first, last] = [rowsOfPanel()[0], rowsOfPanel().at(-1)];
  if (!first) return;
  const isBefore = t < first.t && panel.querySelector("[data-earlier]");
  const isAfter = t > last.t && panel.querySelector("[data-later]");
  if (isBefore || isAfter) load();
}

function load() {
  const address = new URL(location.href);
  for (const name of ["after", "before"]) address.searchParams.delete(name);
  htmx.ajax("GET", address.pathname + address.search, { target: "#panel", swap: "innerHTML" });
}

// Playing: by the video where it has a frame for the moment, else by the clock.

function play(on) {
  playing = on;
  playButton.setAttribute("aria-pressed", String(playing));
  playButton.querySelector(".visually-hidden").textContent = playing ? "Pause" : "Play";
  cancelAnimationFrame(frame);
  if (!playing) {
    video?.pause();
    remember();
    return;
  }
  if (t >= length - 0.01) seek(0);
  wasFrameAt = performance.now();
  frame = requestAnimationFrame(step);
}

function step(now) {
  const passed = ((now - wasFrameAt) / 1000) * Number(speed.value);
  wasFrameAt = now;
  if (isInVideo()) {
    video.playbackRate = Number(speed.value);
    if (video.paused) video.play().catch(() => {});
    t = Math.max(video.currentTime + starts, 0);
  } else {
    if (video && !video.paused) video.pause();
    t += passed;
    if (isInVideo()) video.currentTime = inVideo();
  }
  if (skipIdle.checked) skip();
  if (t >= length) {
    t = length;
    show(true);
    play(false);
    return;
  }
  show(true);
  frame = requestAnimationFrame(step);
}

function skip() {
  const last = activity.findLast((moment) => moment <= t);
  const next = activity.find((moment) => moment > t);
  if (next !== undefined && next - t > IDLE_SECONDS && (last === undefined || t - last > 1)) seek(next - 1, { follow: false });
}

video?.addEventListener("loadedmetadata", () => {
  if (replay.dataset.t !== "0.000") video.currentTime = inVideo();
});

const isFull = () => document.fullscreenElement === video;

// The axis: a press seeks, a drag chooses a stretch of time, and a drag of the playhead moves it.

let pressed = null;
let dragsPlayhead = false;
let draggedTo = null; // drawn with the next frame, however often the pointer moves until then

lanes.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || event.target.closest("button")) return;
  pressed = event.clientX;
  dragsPlayhead = event.target.closest("[data-playhead]") !== null;
  if (dragsPlayhead && playing) play(false);
  lanes.setPointerCapture(event.pointerId);
});
lanes.addEventListener("pointermove", (event) => {
  if (pressed === null) return;
  if (dragsPlayhead) {
    if (draggedTo === null) requestAnimationFrame(drag);
    draggedTo = event.clientX;
  } else if (Math.abs(event.clientX - pressed) >= DRAG_PIXELS) {
    drawRange(...between(pressed, event.clientX));
  }
});

function drag() {
  if (pressed !== null && draggedTo !== null) move(at(draggedTo));
  draggedTo = null;
}

lanes.addEventListener("pointerup", (event) => {
  if (pressed === null) return;
  const from = pressed;
  pressed = null;
  if (Math.abs(event.clientX - from) < DRAG_PIXELS) seek(nearest(event.clientX));
  else if (dragsPlayhead) seek(at(event.clientX));
  else choose(...between(from, event.clientX));
});
lanes.addEventListener("pointercancel", () => {
  pressed = null;
});
lanes.addEventListener("click", (event) => event.preventDefault());
// Or else the browser drags a link, or the text that is selected, and takes the pointer away.
lanes.addEventListener("dragstart", (event) => event.preventDefault());

function at(x) {
  const box = lanes.getBoundingClientRect();
  return Math.min(Math.max((x - box.left) / box.width, 0), 1) * length;
}

const between = (x, other) => [at(Math.min(x, other)), at(Math.max(x, other))];

// A mark that is within reach of the pointer is meant.
function nearest(x) {
  const moment = at(x);
  const reach = (6 / lanes.getBoundingClientRect().width) * length;
  const close = marks.filter((mark) => Math.abs(mark.t - moment) <= reach);
  close.sort((one, other) => Number(other.bad) - Number(one.bad) || Math.abs(one.t - moment) - Math.abs(other.t - moment));
  return close.length ? close[0].t : moment;
}

function drawRange(first, last) {
  rangeBox.setAttribute("x", percent(first));
  rangeBox.setAttribute("width", `${(((last - first) / length) * 100).toFixed(3)}%`);
}

// The ranges that somebody goes back and on to with the browser's buttons are shown by the server.
const rangeOf = () => new URL(location.href).searchParams.get("range");
let shownRange = rangeOf();
window.addEventListener("popstate", () => {
  if (rangeOf() !== shownRange) location.reload();
});

function choose(first, last) {
  drawRange(first, last);
  rangeNote.querySelector("[data-range-words]").textContent = `${clock(first)} to ${clock(last)}`;
  showRange(`${first.toFixed(3)}-${last.toFixed(3)}`);
}

function clearRange() {
  drawRange(0, 0);
  showRange(null);
}

function showRange(range) {
  const address = new URL(location.href);
  if (range) address.searchParams.set("range", range);
  else address.searchParams.delete("range");
  history.pushState({}, "", address);
  shownRange = range;
  load();
  rangeNote.hidden = !range;
}

// Whatever has a moment seeks: its time always, its row where nothing else was meant.

document.addEventListener("click", (event) => {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.target.closest("[data-clear-range]")) {
    event.preventDefault();
    clearRange();
    return;
  }
  const row = event.target.closest("[data-t]");
  if (!row || row === replay || !replay.contains(row)) return;
  const moment = event.target.closest(".moment, .line-time");
  const other = event.target.closest("a, button, input, select, label, pre, summary");
  if (moment) event.preventDefault();
  else if ((other && other.tagName !== "SUMMARY") || String(getSelection())) return;
  seek(Number(row.dataset.t), { meant: row });
});

playButton.addEventListener("click", () => play(!playing));
if (video) {
  // The page's own controls move all of it, so the video needs none.
  video.controls = false;
  video.addEventListener("click", () => play(!playing));
  replay.querySelector("[data-full-screen]").addEventListener("click", () => video.requestFullscreen());
  // There is nothing but the video in full screen: it has its own controls then, which the page follows.
  document.addEventListener("fullscreenchange", () => (video.controls = isFull()));
  video.addEventListener("play", () => !playing && isFull() && play(true));
  video.addEventListener("pause", () => playing && isFull() && !video.ended && play(false));
  video.addEventListener("seeked", () => isFull() && !playing && seek(video.currentTime + starts, { keepVideo: true }));
}
speed.addEventListener("change", () => {
  if (video) video.playbackRate = Number(speed.value);
});
replay.querySelector("[data-previous-event]").addEventListener("click", () => turn(-1));
replay.querySelector("[data-next-event]").addEventListener("click", () => turn(1));
replay.querySelector("[data-next-error]").addEventListener("click", nextError);

function turn(way) {
  const next = way > 0 ? marks.find((mark) => mark.t > t + 0.0005) : marks.findLast((mark) => mark.t < t - 0.0005);
  if (next) seek(next.t);
}

function nextError() {
  const next = marks.find((mark) => mark.bad && mark.t > t + 0.0005) ?? marks.find((mark) => mark.bad);
  if (next) seek(next.t);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, textarea, select, video, [contenteditable]")) return;
  if (event.key.startsWith("Arrow") && scrollsSideways(event.target)) return;
  const onControl = event.target.closest("button, summary, a");
  const actions = {
    " ": () => play(!playing),
    ArrowLeft: () => (event.shiftKey ? seek(t - STEP_SECONDS) : turn(-1)),
    ArrowRight: () => (event.shiftKey ? seek(t + STEP_SECONDS) : turn(1)),
    e: nextError,
    f: () => replay.querySelector("[data-full-screen]")?.click(),
    "[": () => document.querySelector("[data-previous-session]")?.click(),
    "]": () => document.querySelector("[data-next-session]")?.click(),
    g: () => document.querySelector("[data-go-to-trouble]")?.click(),
  };
  const tab = /^[1-9]$/.test(event.key) && document.querySelectorAll("#tabs .panel-tab")[Number(event.key) - 1];
  const action = tab ? () => tab.click() : actions[event.key];
  if (!action || (event.key === " " && onControl)) return;
  event.preventDefault();
  action();
});

// Such a box has the arrow keys for itself.
function scrollsSideways(element) {
  return element.scrollWidth > element.clientWidth && /auto|scroll/.test(getComputedStyle(element).overflowX);
}

// Links to the page and to the moment.

for (const [selector, withMoment] of [["[data-copy-link]", false], ["[data-copy-moment]", true]]) {
  const button = document.querySelector(selector);
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const address = new URL(location.href);
    address.hash = "";
    address.searchParams.delete("from");
    if (withMoment) address.searchParams.set("t", t.toFixed(3));
    else address.searchParams.delete("t");
    await navigator.clipboard.writeText(address.href);
    const words = button.querySelector("span");
    const before = words.textContent;
    words.textContent = "Copied";
    setTimeout(() => (words.textContent = before), 1500);
  });
}

// Leaving a search field changes nothing: what was typed has been asked already, and an answer now would move what one is
// about to press.
panel.addEventListener(
  "change",
  (event) => {
    if (event.target.matches("input[type=search]")) event.stopPropagation();
  },
  true,
);

// A panel that comes is asked for at this moment and in this range, and shows it at once.

// Whether an address asks for certain rows, wherever the playhead is.
const namesPlace = ({ searchParams }) => searchParams.has("after") || searchParams.has("before") || searchParams.get("at") === "end";

document.body.addEventListener("htmx:configRequest", (event) => {
  if (!panel.contains(event.detail.target)) return;
  const address = new URL(event.detail.path, location.href);
  const here = new URL(location.href).searchParams;
  const own = event.detail.parameters;
  for (const name of ["t", "range"]) {
    const value = here.get(name);
    address.searchParams.delete(name);
    delete own[name];
    if (value && !namesPlace(address)) own[name] = value;
  }
  event.detail.path = address.pathname + address.search;
});

document.body.addEventListener("htmx:oobAfterSwap", (event) => {
  // htmx says it of each element that it has swapped so far, for each one that it swaps.
  if (event.detail.target.id !== "lanes" || event.target.id !== "lanes") return;
  readLanes();
  show(false);
  if (panel.querySelector("[data-log]") && (isFollowing() ? isAtEnd() : endsHere())) growLog();
});

// The log of an open session grows where its end is shown, and what one reads stays where it is. A log that is followed
// shows its new end instead, unless one has scrolled up to read.
let grownAt = null; // where its box was scrolled to

function growLog() {
  grownAt = scroller()?.scrollTop ?? 0;
  load();
}

const endsHere = () => !panel.querySelector("[data-later]") && !panel.contains(document.activeElement) && !String(getSelection());
const isFollowing = () => new URL(location.href).searchParams.get("at") === "end";
const scroller = () => scrollingBox(panel.querySelector(".line"));

function isAtEnd() {
  const box = scroller();
  return !box || box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PIXELS;
}

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === panel && !panel.contains(document.activeElement)) panel.scrollTop = 0;
  rows = null; // the observer comes later
  select(rowsOfPanel(), !isFollowing() && grownAt === null);
  if (isFollowing()) showEnd();
  else if (grownAt !== null && scroller()) scroller().scrollTop = grownAt;
  // Whoever has just asked for the end is led to it; for the log that grows by itself the page stays.
  if (isFollowing() && grownAt === null) panel.querySelector(".line:last-child")?.scrollIntoView({ block: "nearest" });
  grownAt = null;
});

function showEnd() {
  const box = scroller();
  if (box) box.scrollTop = box.scrollHeight;
}

const current = panel.querySelector("[aria-current]");
if (isFollowing()) showEnd();
else if (current) reveal(current);
if (video && video.readyState >= 1 && t) video.currentTime = inVideo();
