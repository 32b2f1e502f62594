// The draft: rendered and checked while it is written, saved only over what its writer has seen.

import { send, tell } from "./api.js";

const PAUSE = 200;
const page = document.querySelector("[data-page]");
const address = page.dataset.base;
const section = () => document.getElementById("draft");
const source = () => section().querySelector("[data-source]");
let saved = source()?.value;
let timer;

/** Whether something is written that is not saved. */
export function written() {
  return source() !== null && source().value !== saved;
}

/** What is in the page now is what is saved. */
export function settled() {
  saved = source()?.value;
}

async function show() {
  const done = await send("POST", `/incidents/${encodeURIComponent(page.dataset.page)}/preview`, source().value, { "Content-Type": "text/markdown" });
  if (!done.ok) return;
  const { html, findings, todos } = done.body;
  section().querySelector("[data-preview]").innerHTML = html; // escaped by the server, and scripts are forbidden
  const open = section().querySelector("[data-open]");
  open.className = todos ? "notice" : "calm";
  open.textContent = todos ? `${todos} blank${todos === 1 ? "" : "s"} for people to fill.` : "No blank is open.";
  const box = section().querySelector("[data-findings]");
  box.hidden = !findings.length;
  box.querySelector("[data-count]").textContent = String(findings.length);
  box.querySelector("[data-list]").replaceChildren(...findings.map(line));
}

function line(found) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "quiet", textContent: `Line ${found.line}` });
  button.dataset.line = found.line;
  item.className = found.severity;
  item.append(button, ` ${found.message}`);
  return item;
}

async function save(form, match) {
  const body = { draft: source().value, by: form.elements.by.value };
  const done = await send("PATCH", address, body, { "If-Match": match });
  if (done.status === 412) { disputed(form); return; }
  if (!done.ok) { tell(form, done.said, false); return; }
  saved = body.draft; // more may have been typed since, on top of what was saved
  section().dataset.etag = done.body.etag;
  document.dispatchEvent(new CustomEvent("saved", { detail: { words: "The draft is saved.", form: "[data-edit]" } }));
}

/** Others wrote meanwhile: whose text stays is for people to say. */
function disputed(form) {
  tell(form, "Others have written in the draft since. ", false);
  const choose = (words, act) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "quiet", textContent: words });
    button.addEventListener("click", act);
    return button;
  };
  form.querySelector("[data-said]").append(
    choose("Put mine in its place", () => save(form, "*")), " ",
    choose("Show theirs", () => { settled(); document.dispatchEvent(new CustomEvent("saved", { detail: { words: "This is the draft as it stands.", form: "[data-edit]" } })); }),
  );
}

function goTo(number) {
  const field = source();
  const lines = field.value.split("\n");
  const at = lines.slice(0, number - 1).join("\n").length + (number > 1 ? 1 : 0);
  field.focus();
  field.setSelectionRange(at, at + lines[number - 1].length);
  field.scrollTop = (field.scrollHeight / lines.length) * Math.max(number - 8, 0);
}

document.addEventListener("input", (event) => {
  if (!event.target.matches?.("[data-source]")) return;
  clearTimeout(timer);
  timer = setTimeout(show, PAUSE);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-line]");
  if (button) goTo(Number(button.dataset.line));
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-edit]")) return;
  event.preventDefault();
  save(event.target, section().dataset.etag);
});
addEventListener("beforeunload", (event) => { if (written()) event.preventDefault(); });
