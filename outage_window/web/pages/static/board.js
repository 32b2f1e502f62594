// Keeps the board up to date, and searches it while somebody types.

import { exchanged, fetched, follow } from "./live.js";
import { refresh } from "./times.js";

const NOW = "[data-board=now]";
const RECENT = "[data-board=recent]";
const form = document.querySelector("[data-filters]");
const said = document.querySelector("[data-announce]");
let asking = false;
let again = false;

function address() {
  const wanted = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...wanted]) if (!value) wanted.delete(name);
  const text = wanted.toString();
  return text ? `?${text}` : location.pathname;
}

/** Show what the address asks for now. What changes meanwhile is asked for once the answer is there:
 * nobody waits for a pause, and a slow server has one question at a time. */
async function update() {
  again = asking;
  if (asking) return;
  asking = true;
  try {
    do {
      again = false;
      show(await fetched(location.href));
    } while (again);
  } finally {
    asking = false;
  }
}

function show(found) {
  if (!found) return;
  const before = document.querySelectorAll(`${NOW} tr[data-incident]`).length;
  for (const part of [NOW, RECENT]) refresh(exchanged(part, found) ?? document);
  document.title = found.title;
  const now = document.querySelectorAll(`${NOW} tr[data-incident]`).length;
  if (now !== before) said.textContent = now === 1 ? "One incident is going on" : `${now} incidents are going on`;
}

function search() {
  history.replaceState(null, "", address());
  update();
}

form.addEventListener("input", search);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});

follow("/api/v1/stream", "board", ({ version }) => {
  if (version !== document.querySelector(NOW).dataset.version) update();
});
