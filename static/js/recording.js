// The stage of a recording shows the moment that a `stage:seek` event on it names, in seconds from the start.

for (const stage of document.querySelectorAll("[data-recording]")) {
  const show = stage.dataset.recording === "terminal" ? terminal(stage) : page(stage);
  stage.addEventListener("stage:seek", (event) => {
    stage.dataset.t = event.detail.t;
    show(event.detail.t);
  });
}

// A terminal: frames for some seconds ahead are fetched, of which each holds the rows that it changes.
function terminal(stage) {
  const screen = stage.querySelector("[data-screen]");
  let wanted = 0;
  let chunk = { frames: [], from: 0, until: -1 };
  let next; // the chunk behind this one
  let shown = -1; // how many frames of the chunk are on the screen, less one
  let isFetching = false;

  return (t) => {
    wanted = Math.max(t, 0);
    if (!holds(chunk, wanted) && next && holds(next, wanted)) take(next);
    if (!holds(chunk, wanted)) {
      fetchFrom(wanted, take);
      return;
    }
    draw(wanted);
    const isBehindTheMiddle = wanted > (chunk.from + chunk.until) / 2;
    if (!next && isBehindTheMiddle && chunk.until < Infinity) fetchFrom(chunk.until, (found) => { next = found; });
  };

  function holds(some, t) {
    return t >= some.from && t <= some.until;
  }

  function take(found) {
    chunk = found;
    next = undefined;
    shown = -1;
    if (holds(chunk, wanted)) draw(wanted);
  }

  async function fetchFrom(t, use) {
    if (isFetching) return;
    isFetching = true;
    let hasComeNearer = false;
    try {
      const answer = await fetch(`${stage.dataset.moments}?t=${t.toFixed(3)}`);
      if (answer.ok) {
        const found = await answer.json();
        found.from = Math.min(t, found.frames[0].t);
        if (found.is_last) found.until = Infinity;
        hasComeNearer = found.until >= t || found.until > chunk.until;
        use(found);
      }
    } catch {
      // Whoever goes on playing asks again.
    } finally {
      isFetching = false;
    }
    // Another moment was sought meanwhile, or the server gets to this one in steps.
    if (hasComeNearer && !holds(chunk, wanted) && !(next && holds(next, wanted))) fetchFrom(wanted, take);
  }

  function draw(t) {
    let last = chunk.frames.findLastIndex((frame) => frame.t <= t);
    last = Math.max(last, 0);
    if (last < shown) shown = -1;
    const rows = {};
    for (const frame of chunk.frames.slice(shown + 1, last + 1)) {
      resize(frame, rows);
      Object.assign(rows, frame.rows);
    }
    shown = last;
    for (const [number, row] of Object.entries(rows)) line(number).innerHTML = row;
    screen.setAttribute("aria-label", `The terminal at ${t.toFixed(1)} seconds`);
  }

  function resize(frame, rows) {
    const size = `0 0 ${frame.width} ${frame.height}`;
    if (screen.getAttribute("viewBox") === size) return;
    screen.setAttribute("viewBox", size);
    const ground = screen.querySelector("[data-ground]");
    ground.setAttribute("width", frame.width);
    ground.setAttribute("height", frame.height);
    for (const row of screen.querySelectorAll("[data-row]")) row.remove();
    for (const number of Object.keys(rows)) delete rows[number];
  }

  function line(number) {
    const found = screen.querySelector(`[data-row="${number}"]`);
    if (found) return found;
    const made = document.createElementNS("http://www.w3.org/2000/svg", "g");
    made.dataset.row = number;
    screen.append(made);
    return made;
  }
}

// A page: each moment is a document of its own, which takes the place of the one before it when it is there.
function page(stage) {
  const sizes = JSON.parse(stage.dataset.sizes);
  const view = stage.querySelector("[data-window]");
  let current = view.querySelector("foreignObject");
  let shown = Number(stage.dataset.t);
  let wanted = shown;
  let isLoading = false;

  return (t) => {
    wanted = t;
    load();
  };

  function load() {
    if (isLoading || wanted === shown) return;
    isLoading = true;
    const t = wanted;
    const coming = current.cloneNode(true);
    const frame = coming.querySelector("iframe");
    const [, width, height] = sizes.findLast((size) => size[0] <= t) ?? sizes[0] ?? [0, 1280, 800];
    for (const element of [coming, frame]) {
      element.setAttribute("width", width);
      element.setAttribute("height", height);
    }
    coming.dataset.waiting = "";
    frame.title = `The page at ${t.toFixed(1)} seconds`;
    frame.src = `${stage.dataset.moments}?t=${t.toFixed(3)}#${stage.dataset.fragment}`;
    frame.addEventListener("load", () => {
      view.setAttribute("viewBox", `0 0 ${width} ${height}`);
      delete coming.dataset.waiting;
      current.remove();
      current = coming;
      shown = t;
      // Ten moments in a second are enough for an eye, and for the server.
      setTimeout(() => { isLoading = false; load(); }, 100);
    }, { once: true });
    view.append(coming);
  }
}
