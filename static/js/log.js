// Wraps lines without asking the server, and goes from match to match with n and p.
const log = document.querySelector("[data-log]");
const wrap = document.querySelector("[data-wrap]");

wrap?.addEventListener("click", (event) => {
  if (!log) return;
  event.preventDefault();
  wrap.setAttribute("aria-pressed", String(log.classList.toggle("log-wrapped")));
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select")) return;
  if (event.key === "n") document.querySelector("[data-next]")?.click();
  if (event.key === "p") document.querySelector("[data-previous]")?.click();
});

// The line that was found is in sight; a line named by the address is the browser's to show.
if (!location.hash) document.querySelector(".line-found")?.scrollIntoView({ block: "center" });
