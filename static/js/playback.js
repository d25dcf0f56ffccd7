// The clock of a recording: plays, pauses, and tells the stage which moment it is.

import { clock } from "./clock.js";

for (const controls of document.querySelectorAll("[data-playback]")) play(controls);

function play(controls) {
  const stage = document.querySelector("[data-recording]");
  const moment = controls.querySelector("[data-moment]");
  const now = controls.querySelector("[data-now]");
  const button = controls.querySelector("[data-play]");
  const word = controls.querySelector("[data-play-word]");
  const speed = controls.querySelector("[data-speed]");
  const skips = controls.querySelector("[data-skip-idle]");
  const length = Number(controls.dataset.length);
  const idle = JSON.parse(controls.dataset.idle);
  let t = Number(stage.dataset.t);
  let before; // when the last frame was drawn; undefined while it stands still

  button.hidden = controls.querySelector("[data-choices]").hidden = false;
  controls.querySelector("[data-plain]").hidden = true;
  controls.addEventListener("submit", (event) => event.preventDefault());
  button.addEventListener("click", () => (before === undefined ? start() : stop()));
  moment.addEventListener("input", () => seek(Number(moment.value)));
  moment.addEventListener("change", remember);

  // Whatever has a moment leads there without a new page.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-t]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    seek(Number(link.dataset.t));
    remember();
  });

  function seek(to) {
    t = Math.min(Math.max(to, 0), length);
    moment.value = t;
    now.value = clock(t, 1);
    moment.setAttribute("aria-valuetext", now.value);
    stage.dispatchEvent(new CustomEvent("stage:seek", { detail: { t } }));
  }

  function start() {
    if (t >= length) seek(0);
    before = performance.now();
    say("Pause", true);
    requestAnimationFrame(tick);
  }

  function stop() {
    before = undefined;
    say("Play", false);
    remember();
  }

  function say(text, isPlaying) {
    word.textContent = text;
    button.setAttribute("aria-pressed", String(isPlaying));
  }

  function tick(time) {
    if (before === undefined) return;
    let to = t + (Math.max(time - before, 0) / 1000) * Number(speed.value);
    before = time;
    const still = skips.checked && idle.find(([from, until]) => to > from + 0.5 && to < until - 0.5);
    if (still) to = still[1] - 0.5;
    seek(to);
    if (t >= length) stop();
    else requestAnimationFrame(tick);
  }

  // The address of the moment, to be copied or loaded again.
  function remember() {
    const address = new URL(location.href);
    address.searchParams.set("t", t.toFixed(3).replace(/\.?0+$/, "") || "0");
    history.replaceState(history.state, "", address);
  }
}
