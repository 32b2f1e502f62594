// Keeps the board up to date, and searches it while somebody types.

import { exchanged, fetched, follow } from "./live.js";
import { refresh } from "./times.js";

const NOW = "[data-board=now]";
const RECENT = "[data-board=recent]";
const PAUSE = 80; // milliseconds after a key
const form = document.querySelector("[data-filters]");
const said = document.querySelector("[data-announce]");
let asked = 0;

function address() {
  const wanted = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...wanted]) if (!value) wanted.delete(name);
  const text = wanted.toString();
  return text ? `?${text}` : location.pathname;
}

async function update(where) {
  const mine = ++asked;
  const found = await fetched(where);
  if (!found || mine !== asked) return; // another answer is on its way
  const before = document.querySelectorAll(`${NOW} tr[data-incident]`).length;
  for (const part of [NOW, RECENT]) refresh(exchanged(part, found) ?? document);
  document.title = found.title;
  const now = document.querySelectorAll(`${NOW} tr[data-incident]`).length;
  if (now !== before) said.textContent = now === 1 ? "One incident is going on" : `${now} incidents are going on`;
}

let timer;
form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => {
    history.replaceState(null, "", address());
    update(location.href);
  }, PAUSE);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  history.replaceState(null, "", address());
  update(location.href);
});

follow("/api/v1/stream", "board", ({ version }) => {
  if (version !== document.querySelector(NOW).dataset.version) update(location.href);
});
