// Selecting rows in ranges and all at once. Without this script each row has its box, and the bar its buttons.

const form = document.querySelector("[data-selection]");
const count = form.querySelector("[data-selection-count]");
const compare = form.querySelector("[data-compare]");
const boxes = () => [...document.querySelectorAll("[data-select]")];
const selected = new Set();
let last; // the row's id that was clicked last, from which Shift selects on

start();
document.body.addEventListener("htmx:load", start);

// Rows come again, by themselves or because of a filter. Those that are still there stay selected.
function start() {
  for (const box of boxes()) box.checked = selected.has(box.value);
  const all = document.querySelector("[data-select-page]");
  if (all) all.hidden = false;
  show();
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("[data-select]");
  if (!box) return;
  if (event.shiftKey && last) {
    const rows = boxes();
    const ends = [rows.findIndex((row) => row.value === last), rows.indexOf(box)].sort((one, other) => one - other);
    if (ends[0] >= 0) for (const row of rows.slice(ends[0], ends[1] + 1)) mark(row, box.checked);
  }
  mark(box, box.checked);
  last = box.value;
  show();
});

document.addEventListener("change", (event) => {
  if (!event.target.closest("[data-select-page]")) return;
  for (const box of boxes()) mark(box, event.target.checked);
  show();
});

form.addEventListener("reset", (event) => {
  event.preventDefault();
  for (const box of boxes()) mark(box, false);
  show();
});

// The list may have been filtered anew since the page came.
form.addEventListener("submit", () => {
  form.querySelector("[data-from]").value = location.search.slice(1);
});

function mark(box, isSelected) {
  box.checked = isSelected;
  if (isSelected) selected.add(box.value);
  else selected.delete(box.value);
}

function show() {
  const rows = boxes();
  const number = rows.filter((box) => box.checked).length;
  count.textContent = `${number} selected`;
  compare.disabled = number !== 2;
  const all = document.querySelector("[data-select-page] input");
  if (!all) return;
  all.checked = number > 0 && number === rows.length;
  all.indeterminate = number > 0 && number < rows.length;
}
