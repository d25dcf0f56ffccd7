// One session on its time axis: a playhead that everything follows, and everything with a moment seeks.
// Without it each moment is a link, and the server shows the page at that moment.

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
const pictures = [...replay.querySelectorAll(".film-picture[data-t]")];

// Nothing happens for this long: time that may be skipped, up to a second before what comes next.
const IDLE_SECONDS = 4;
const DRAG_PIXELS = 4;
const RELOAD_MS = 200;

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
replay.querySelector("[data-controls]").hidden = false;

function clock(seconds) {
  const whole = Math.floor(Math.round(Math.abs(seconds) * 1e6) / 1e3);
  const minutes = Math.floor(whole / 60000) % 60;
  const hours = Math.floor(whole / 3600000);
  const rest = `${String(Math.floor(whole / 1000) % 60).padStart(2, "0")}.${String(whole % 1000).padStart(3, "0")}`;
  const sign = seconds < 0 ? "−" : "";
  return hours ? `${sign}${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${sign}${minutes}:${rest}`;
}

const percent = (seconds) => `${(Math.min(Math.max(seconds / length, 0), 1) * 100).toFixed(3)}%`;

// What is shown at the moment: the playhead, the time, the row of the panel, the picture.

function show(follow, meant) {
  const x = percent(t);
  playhead.setAttribute("x1", x);
  playhead.setAttribute("x2", x);
  clockText.textContent = clock(t);
  select([...panel.querySelectorAll("[data-t]")], follow, meant);
  select(pictures, follow);
  for (const stage of stages) {
    const inside = Math.max(t - Number(stage.dataset.stageStarts), 0);
    stage.querySelector("[data-recording]").dispatchEvent(new CustomEvent("stage:seek", { detail: { t: inside } }));
  }
}

// The last row at or before the moment; `meant` is the one of several at once that was pressed.
function select(rows, follow, meant) {
  const times = rows.map((row) => Number(row.dataset.t));
  let found = -1;
  times.forEach((time, place) => {
    if (time <= t + 0.0005 && (found < 0 || time >= times[found])) found = place;
  });
  if (rows.includes(meant)) found = rows.indexOf(meant);
  rows.forEach((row, place) => {
    if (place !== found) row.removeAttribute("aria-current");
    else if (!row.hasAttribute("aria-current")) {
      row.setAttribute("aria-current", "true");
      if (follow) reveal(row);
    }
  });
}

// Within its own box only: the page does not move under who reads it.
function reveal(row) {
  let box = row.parentElement;
  while (box && box !== document.body && box.scrollHeight <= box.clientHeight + 1 && box.scrollWidth <= box.clientWidth + 1) box = box.parentElement;
  if (!box || box === document.body || box === document.documentElement) return;
  const inside = row.getBoundingClientRect();
  const outside = box.getBoundingClientRect();
  if (inside.top < outside.top || inside.bottom > outside.bottom) box.scrollTop += inside.top - outside.top - outside.height / 3;
  if (inside.left < outside.left || inside.right > outside.right) box.scrollLeft += inside.left - outside.left - outside.width / 3;
}

function seek(seconds, { keepVideo = false, follow = true, meant = null } = {}) {
  t = Math.min(Math.max(seconds, 0), length);
  if (video && !keepVideo) video.currentTime = Math.max(t - starts, 0);
  show(follow, meant);
  if (!keepVideo || !playing) remember();
}

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
  const rows = [...panel.querySelectorAll("[data-t]")];
  const box = panel.querySelector("[data-panel]");
  if (!box || !rows.length) return;
  const times = rows.map((row) => Number(row.dataset.t));
  const isBefore = t < Math.min(...times) && panel.querySelector("[data-earlier]");
  const isAfter = t > Math.max(...times) && panel.querySelector("[data-later]");
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
  const inVideo = video && t >= starts && t - starts < video.duration - 0.05;
  if (inVideo) {
    video.playbackRate = Number(speed.value);
    if (video.paused) video.play().catch(() => {});
    t = Math.max(video.currentTime + starts, 0);
  } else {
    if (video && !video.paused) video.pause();
    t += passed;
    if (video && t >= starts && t - starts < video.duration - 0.05) video.currentTime = t - starts;
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
  if (replay.dataset.t !== "0.000") video.currentTime = Math.max(t - starts, 0);
});

const isFull = () => document.fullscreenElement === video;

// The axis: a press seeks, a drag chooses a stretch of time.

let pressed = null;

lanes.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || event.target.closest("button")) return;
  pressed = event.clientX;
  lanes.setPointerCapture(event.pointerId);
});
lanes.addEventListener("pointermove", (event) => {
  if (pressed === null || Math.abs(event.clientX - pressed) < DRAG_PIXELS) return;
  drawRange(...[at(pressed), at(event.clientX)].sort((one, other) => one - other));
});
lanes.addEventListener("pointerup", (event) => {
  if (pressed === null) return;
  const from = pressed;
  pressed = null;
  if (Math.abs(event.clientX - from) < DRAG_PIXELS) seek(nearest(event.clientX));
  else choose(...[at(from), at(event.clientX)].sort((one, other) => one - other));
});
lanes.addEventListener("pointercancel", () => {
  pressed = null;
});
lanes.addEventListener("click", (event) => event.preventDefault());

function at(x) {
  const box = lanes.getBoundingClientRect();
  return Math.min(Math.max((x - box.left) / box.width, 0), 1) * length;
}

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
  replay.querySelector("[data-range-words]").textContent = `${clock(first)} to ${clock(last)}`;
  const address = new URL(location.href);
  address.searchParams.set("range", `${first.toFixed(3)}-${last.toFixed(3)}`);
  history.pushState({}, "", address);
  shownRange = rangeOf();
  load();
  replay.querySelector("[data-clear-range]").closest("p").hidden = false;
}

function clearRange() {
  drawRange(0, 0);
  const address = new URL(location.href);
  address.searchParams.delete("range");
  history.pushState({}, "", address);
  shownRange = rangeOf();
  load();
  replay.querySelector("[data-clear-range]").closest("p").hidden = true;
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
  const onControl = event.target.closest("button, summary, a");
  const actions = {
    " ": () => play(!playing),
    ArrowLeft: () => turn(-1),
    ArrowRight: () => turn(1),
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

document.body.addEventListener("htmx:configRequest", (event) => {
  if (!panel.contains(event.detail.target)) return;
  const address = new URL(event.detail.path, location.href);
  const here = new URL(location.href).searchParams;
  const own = event.detail.parameters;
  for (const name of ["t", "range"]) {
    const value = here.get(name);
    address.searchParams.delete(name);
    delete own[name];
    if (value && !address.searchParams.has("after") && !address.searchParams.has("before")) own[name] = value;
  }
  event.detail.path = address.pathname + address.search;
});

document.body.addEventListener("htmx:oobAfterSwap", (event) => {
  // htmx says it of each element that it has swapped so far, for each one that it swaps.
  if (event.detail.target.id !== "lanes" || event.target.id !== "lanes") return;
  readLanes();
  show(false);
  // A log that is followed shows its new end.
  if (new URL(location.href).searchParams.get("at") === "end") load();
});

document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === panel && !panel.contains(document.activeElement)) panel.scrollTop = 0;
  select([...panel.querySelectorAll("[data-t]")], true);
});

const current = panel.querySelector("[aria-current]");
if (current) reveal(current);
if (video && video.readyState >= 1 && t) video.currentTime = Math.max(t - starts, 0);
