// Ctrl-K lists by name whatever the page can do, to be found by typing; "?" shows the keys. All of it is on the page
// as links, buttons and checkboxes too: the palette presses these.

const MOST_SHOWN = 60;

const palette = document.querySelector("[data-palette]");
const keys = document.querySelector("[data-keys]");
const input = palette.querySelector("input");
const list = palette.querySelector("ul");
let commands = [];
let found = [];
let active = 0;

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "?" && !event.target.matches("input:not([type=checkbox]), textarea, select")) keys.showModal();
});

for (const button of document.querySelectorAll("[data-open-keys]")) {
  button.hidden = false;
  button.addEventListener("click", () => keys.showModal());
}
for (const dialog of [palette, keys]) {
  // A press beside the dialog, on its backdrop, closes it.
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}

function openPalette() {
  keys.close();
  if (palette.open) return;
  commands = commandsOf(document);
  input.value = "";
  show();
  palette.showModal();
}

function commandsOf(page) {
  const named = (group, selector) => [...page.querySelectorAll(selector)].map((element) => ({
    group,
    name: element.getAttribute("aria-label") ?? wordsOf(element),
    element,
  }));
  const options = [...page.querySelectorAll("#filters .option input")].map((box) => ({
    group: wordsOf(box.closest("fieldset").querySelector("legend")),
    name: wordsOf(box.closest("label")),
    element: box,
    isSet: box.checked,
  }));
  return [
    ...named("Filters that are set", ".chip, .chips-clear"),
    ...named("Views", "[data-views] a"),
    ...named("Filter by", "#filters details.filter > summary"),
    ...named("Date", ".presets a"),
    ...named("Sort by", ".heading"),
    ...named("This list", "[data-command]"),
    ...named("Go to", ".sidebar a, .sidebar form button"),
    ...options,
  ].filter((command) => command.name);
}

function wordsOf(element) {
  return element.textContent.replace(/\s+/g, " ").trim();
}

function show() {
  const words = input.value.toLowerCase().split(" ").filter(Boolean);
  const matches = ({ group, name }) => words.every((word) => `${group} ${name}`.toLowerCase().includes(word));
  found = commands.filter(matches).slice(0, MOST_SHOWN);
  list.replaceChildren(...found.map(item));
  palette.querySelector("[data-none]").hidden = found.length > 0;
  activate(0);
}

function item({ group, name, isSet }, place) {
  const option = document.createElement("li");
  option.id = `command-${place}`;
  option.setAttribute("role", "option");
  const quiet = document.createElement("span");
  quiet.className = "quiet";
  quiet.textContent = group;
  option.append(quiet, ` ${name}${isSet ? " ✓" : ""}`);
  option.addEventListener("click", () => run(place));
  return option;
}

function activate(place) {
  list.children[active]?.removeAttribute("aria-selected");
  active = Math.min(Math.max(place, 0), found.length - 1);
  const option = list.children[active];
  option?.setAttribute("aria-selected", "true");
  option?.scrollIntoView({ block: "nearest" });
  if (option) input.setAttribute("aria-activedescendant", option.id);
  else input.removeAttribute("aria-activedescendant");
}

function run(place) {
  const command = found[place];
  if (!command) return;
  palette.close();
  const { element } = command;
  if (element.matches("summary")) {
    // Behind the click that closes whatever is open elsewhere.
    setTimeout(() => {
      element.parentElement.open = true;
      (element.parentElement.querySelector(".filter-panel input, .filter-panel a") ?? element).focus();
    });
  } else {
    element.click();
  }
}

input.addEventListener("input", show);
input.addEventListener("keydown", (event) => {
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
  if (event.key in steps) {
    event.preventDefault();
    activate(active + steps[event.key]);
  }
  if (event.key === "Enter") {
    event.preventDefault();
    run(active);
  }
});
