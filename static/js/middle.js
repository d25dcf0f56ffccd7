// A name cut in the middle is two boxes, between which the clipboard would get a line break: one line while it is copied.
document.addEventListener("copy", () => {
  document.documentElement.classList.add("is-copied");
  setTimeout(() => document.documentElement.classList.remove("is-copied"));
});
