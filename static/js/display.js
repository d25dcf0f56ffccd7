// Columns change places at once, and are kept when the form is sent. Without this script each move sends the form.

const form = document.querySelector("[data-display]");

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  if (!button) return;
  event.preventDefault();
  const item = button.closest("li");
  if (button.dataset.move === "-1") item.previousElementSibling?.before(item);
  else item.nextElementSibling?.after(item);
  button.focus();
});

// The list may have been filtered anew since the page came.
form.addEventListener("submit", () => {
  form.querySelector("[data-from]").value = location.search.slice(1);
});
