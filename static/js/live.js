// Says when the list stopped being live: its rows are then as old as the last answer.

const SILENT_MS = 30_000;
const CHECK_MS = 5_000;

let heard = Date.now();

document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.requestConfig.elt.id !== "live") return;
  if (event.detail.successful) {
    heard = Date.now();
    show(false);
  } else {
    show(true);
  }
});

// A new answer to the filters is as fresh as one to the live list.
document.body.addEventListener("htmx:load", (event) => {
  if (event.target.closest?.("#results")) heard = Date.now();
});

setInterval(() => {
  if (Date.now() - heard > SILENT_MS) show(true);
}, CHECK_MS);

function show(isStalled) {
  const mark = document.querySelector("[data-live-mark]");
  if (!mark || mark.hasAttribute("data-stalled") === isStalled) return;
  mark.toggleAttribute("data-stalled", isStalled);
  const at = new Date(heard).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  mark.querySelector("[data-live-words]").textContent = isStalled ? `Not live since ${at}` : "Live";
}
