// What makes the list quicker. Without it the same filters are a form with buttons.

const form = document.querySelector("[data-filters]");
document.documentElement.classList.add("is-live");

// An empty field is no filter, so it does not stand in the address.
document.body.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.elt !== form) return;
  const parameters = event.detail.formData;
  for (const [name, value] of [...parameters.entries()]) {
    if (value === "") parameters.delete(name);
  }
});

// Filters that nobody answered stand above rows that are not theirs: say so, until an answer comes.
const unanswered = document.querySelector("[data-unanswered]");
unanswered.setAttribute("role", "alert");
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout", "htmx:afterSwap"]) {
  document.body.addEventListener(name, (event) => {
    if (event.detail.requestConfig.elt !== form) return;
    unanswered.querySelector("a").href = event.detail.pathInfo.finalRequestPath;
    unanswered.hidden = name === "htmx:afterSwap";
  });
}

// A list that takes part in the keyboard: "/" searches, arrows of the pager, Escape closes a panel.
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select");
  if (event.key === "Escape") {
    const open = document.querySelector("details.filter[open]");
    if (open) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector("[data-search]").focus();
  }
  if (event.key === "j" || event.key === "k") moveBetweenRows(event.key === "j" ? 1 : -1);
});

function moveBetweenRows(step) {
  const links = [...document.querySelectorAll(".row-link")];
  const next = links[links.indexOf(document.activeElement) + step] ?? (step > 0 ? links[0] : null);
  next?.focus();
}

// The link of a row covers all of it but what has a tooltip, which opens the row as well.
document.addEventListener("click", (event) => {
  const row = event.target.closest(".session-table tbody tr");
  if (!row || event.target.closest("a") || String(getSelection())) return;
  row.querySelector(".row-link").dispatchEvent(new MouseEvent("click", event));
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

// A panel closes when one clicks elsewhere.
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.filter[open]")) {
    if (!open.contains(event.target)) open.open = false;
  }
});

// Long lists of checkboxes can be searched; lists too long for the page ask the server.
for (const find of document.querySelectorAll("[data-find]")) {
  const input = find.querySelector("input");
  const panel = find.closest(".filter-panel");
  find.hidden = false;
  let timer;
  input.addEventListener("input", (event) => {
    event.stopPropagation();
    if (input.dataset.more) {
      clearTimeout(timer);
      timer = setTimeout(() => askForOptions(input, panel), 250);
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

function askForOptions(input, panel) {
  const address = new URL(input.dataset.more, location.href);
  address.searchParams.set("search", input.value.trim());
  for (const box of panel.querySelectorAll("input[type=checkbox]:checked")) {
    address.searchParams.append(box.name, box.value);
  }
  htmx.ajax("GET", address.pathname + address.search, { target: panel.querySelector(".options"), swap: "innerHTML" });
}
