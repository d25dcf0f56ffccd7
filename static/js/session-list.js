// Rows by pointer and keyboard. Without this script each row has its links.

const rowsOf = (page) => [...page.querySelectorAll(".session-table tbody tr")];

// A row opens wherever it is clicked, unless text in it was selected. Like a link, it opens a new tab by Ctrl,
// Cmd, Shift or the middle button.
for (const type of ["click", "auxclick"]) {
  document.addEventListener(type, (event) => {
    const row = event.target.closest(".session-table tbody tr");
    if (!row || event.defaultPrevented || event.button > 1) return;
    if (event.target.closest("a, button, input, label, summary, details") || String(getSelection())) return;
    const link = row.querySelector(".row-link");
    if (event.button === 1 || event.ctrlKey || event.metaKey || event.shiftKey) open(link.href, "_blank", "noopener");
    else link.click();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  if (event.key === "/") {
    event.preventDefault();
    document.querySelector("[data-search]").focus();
  }
  if (event.key === "j") focusRow(1);
  if (event.key === "k") focusRow(-1);
  if (event.key === "x") document.activeElement.closest(".session-table tbody tr")?.querySelector("[data-select]")?.click();
});

// The next row after what has the focus, or the one before it. The list ends at its ends.
function focusRow(step) {
  const rows = rowsOf(document);
  const from = document.activeElement;
  const current = from.closest(".session-table tbody tr");
  let next;
  if (current) {
    next = rows[rows.indexOf(current) + step];
  } else if (from === document.body) {
    next = step > 0 ? rows[0] : undefined;
  } else {
    const lies = step > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
    const side = rows.filter((row) => from.compareDocumentPosition(row) & lies);
    next = step > 0 ? side[0] : side.at(-1);
  }
  next?.querySelector(".row-link").focus();
}
