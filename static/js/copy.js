// Shows the copy buttons, which do nothing without this script, and makes them copy.
const CONFIRMED_MS = 1500;

function showButtons(part) {
  for (const button of part.querySelectorAll("[data-copy]")) {
    // The clipboard is there on HTTPS and on the own machine only; elsewhere the text can be selected at a click.
    button.hidden = !navigator.clipboard;
  }
}

showButtons(document);
document.addEventListener("htmx:load", (event) => showButtons(event.detail.elt));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, CONFIRMED_MS);
});
