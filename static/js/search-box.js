// Completes what is typed into the search box. Without it the box is a plain field.

const WAIT_MS = 120;

const box = document.querySelector("[data-search-box]");
const input = box.querySelector("[data-search]");
const list = box.querySelector("[role=listbox]");
const count = box.querySelector("[data-search-count]");
const mistakes = document.getElementById("search-mistakes");

input.setAttribute("role", "combobox");
input.setAttribute("aria-autocomplete", "list");
input.setAttribute("aria-controls", list.id);
input.setAttribute("aria-expanded", "false");

let start = 0; // where the completions take the place of what is typed
let asking; // the AbortController of the last request
let timer;

function active() {
  return list.querySelector("[aria-selected=true]");
}

function close() {
  clearTimeout(timer);
  asking?.abort();
  list.hidden = true;
  list.replaceChildren();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
  count.textContent = "";
}

async function complete() {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const before = input.value.slice(0, input.selectionStart);
  const address = `${box.dataset.completions}?${new URLSearchParams({ before })}`;
  try {
    const response = await fetch(address, { signal, headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(response.status);
    const found = await response.json();
    if (signal.aborted || document.activeElement !== input) return;
    start = found.start;
    show(found.candidates);
  } catch {
    // Nothing is offered; what is typed is searched for all the same.
    if (!signal.aborted) close();
  }
}

function show(candidates) {
  if (candidates.length === 0) {
    close();
    return;
  }
  const chosen = active()?.dataset.text;
  list.replaceChildren(...candidates.map(option));
  list.hidden = false;
  list.scrollTop = 0;
  input.setAttribute("aria-expanded", "true");
  // An answer that comes late does not take back what was chosen meanwhile.
  activate([...list.children].find((item) => item.dataset.text === chosen));
  count.textContent = candidates.length === 1 ? "1 completion" : `${candidates.length} completions`;
}

function option({ text, label, note }, number) {
  const item = document.createElement("li");
  item.id = `search-option-${number}`;
  item.setAttribute("role", "option");
  item.setAttribute("aria-selected", "false");
  item.dataset.text = text;
  const name = document.createElement("span");
  name.textContent = label;
  item.append(name);
  if (note) {
    const aside = document.createElement("span");
    aside.className = "quiet";
    aside.textContent = note;
    item.append(" ", aside);
  }
  return item;
}

function activate(item) {
  active()?.setAttribute("aria-selected", "false");
  if (!item) {
    input.removeAttribute("aria-activedescendant");
    return;
  }
  item.setAttribute("aria-selected", "true");
  item.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", item.id);
}

function take(item) {
  const caret = input.selectionStart;
  const after = input.value.slice(caret);
  const { text } = item.dataset;
  const put = after.startsWith(" ") ? text.trimEnd() : text;
  const end = start + put.length + (put === text ? 0 : 1);
  input.setRangeText(put, start, caret, "end");
  input.setSelectionRange(end, end);
  close();
  input.focus();
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

input.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(complete, WAIT_MS);
});

input.addEventListener("keydown", (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  const options = [...list.children];
  const at = options.indexOf(active());
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list.hidden) {
      complete();
    } else {
      // Past either end lies the text itself.
      const places = options.length + 1;
      const step = event.key === "ArrowDown" ? 1 : -1;
      activate(options[((at + 1 + step + places) % places) - 1]);
    }
  } else if (event.key === "Enter" || event.key === "Tab") {
    if (at >= 0 && !event.shiftKey) {
      event.preventDefault();
      take(options[at]);
    } else {
      close();
    }
  } else if (event.key === "Escape" && !list.hidden) {
    event.preventDefault();
    event.stopPropagation();
    close();
  }
});

// A press on an option must not take the focus from the box, which would close the list under the pointer.
list.addEventListener("pointerdown", (event) => event.preventDefault());
list.addEventListener("mousedown", (event) => event.preventDefault());
list.addEventListener("click", (event) => {
  const item = event.target.closest("[role=option]");
  if (item) take(item);
});
input.addEventListener("blur", close);

// What is wrong with the search comes with its results.
new MutationObserver(() => {
  if (mistakes.firstElementChild) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}).observe(mistakes, { childList: true });
