// Times go on while a page is open: how long ago something was, and how long something has been going on.
// The words are those of presenters/times.py.
const EVERY_MS = 1000;
const MONTH = 31 * 86400;
const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

function ago(seconds) {
  if (Math.abs(seconds) < 10) return "just now";
  const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length);
  const count = Math.floor(Math.abs(seconds) / length);
  const words = `${count} ${unit}${count === 1 ? "" : "s"}`;
  return seconds > 0 ? `${words} ago` : `in ${words}`;
}

function span(seconds) {
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h ${two((seconds / 60) % 60)}m`;
  return `${Math.floor(seconds / 86400)}d ${two((seconds / 3600) % 24)}h`;
}

// Only a text that changes is written, so that what is selected or read aloud stays.
function write(node, words) {
  if (node && node.data !== words) node.data = words;
}

function tick() {
  const now = Date.now();
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const seconds = (now - Date.parse(time.dateTime)) / 1000;
    // What is older says its date.
    if (Math.abs(seconds) < MONTH) write(time.firstChild, ago(seconds));
  }
  for (const time of document.querySelectorAll("time[data-since]")) {
    write(time.firstChild, span(Math.max((now - Date.parse(time.dateTime)) / 1000, 0)));
  }
}

setInterval(tick, EVERY_MS);
