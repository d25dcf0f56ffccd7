// Makes the copy buttons copy.
const CONFIRMED_MS = 1500;

// The clipboard is there on HTTPS and on the own machine only; elsewhere the text can be selected at a click.
function hideButtons(part) {
  for (const button of part.querySelectorAll("[data-copy]")) button.hidden = true;
}

if (!navigator.clipboard) {
  hideButtons(document);
  document.addEventListener("htmx:load", (event) => hideButtons(event.detail.elt));
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  button.dataset.copied = "";
  setTimeout(() => delete button.dataset.copied, CONFIRMED_MS);
});
