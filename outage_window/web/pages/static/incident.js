// The page of an incident: its chart, what people do on it, and what changes meanwhile.

import { rememberBy, send, tell } from "./api.js";
import { Chart } from "./chart.js";
import { settled, written } from "./draft.js";
import { Edges } from "./edges.js";
import { exchanged, fetched, follow } from "./live.js";
import { local, refresh } from "./times.js";

const page = document.querySelector("[data-page]");
const identity = page.dataset.page;
const address = page.dataset.base;
const said = document.querySelector("[data-announce]");
let chart, edges;

const chartData = (root) => {
  const found = root.querySelector("[data-chart-data]");
  return found && JSON.parse(found.textContent);
};

function drawn() {
  const data = chartData(document);
  const root = document.querySelector("[data-chart]");
  if (!data || !root) return;
  root.replaceChildren();
  chart = new Chart(root, data, address, document.querySelector("[data-readout]"), () => edges?.place());
  if (data.start) edges = new Edges(chart, document.querySelector("[data-proposal]"), address);
  for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => chart.zoom(button.dataset.zoom));
}

/** Bring everything up to date but what somebody is writing. */
async function update(words = "") {
  const found = await fetched(location.href);
  if (!found) return;
  page.dataset.changed = found.querySelector("[data-page]").dataset.changed;
  for (const part of ["facts", "timeline", "evidence"]) {
    const fresh = exchanged(`[data-live=${part}]`, found);
    if (fresh) refresh(fresh);
  }
  if (!written()) {
    exchanged("[data-live=draft]", found);
    settled();
    rememberBy();
  }
  const data = chartData(found);
  if (data && chart) {
    chart.update(data);
    edges?.renewed();
  } else if (data) location.reload(); // a window has been measured meanwhile
  if (words) said.textContent = words;
}

function now() {
  const field = document.querySelector("[data-add] [name=time]");
  const label = document.querySelector("[data-when]");
  if (!field) return;
  const zone = local() ? Intl.DateTimeFormat().resolvedOptions().timeZone : "UTC";
  label.textContent = `When (${zone})`;
  const moment = new Date(Math.floor(Date.now() / 1000) * 1000);
  const moved = new Date(moment.getTime() - (local() ? moment.getTimezoneOffset() * 60000 : 0));
  field.value = moved.toISOString().slice(0, 19);
}

async function add(form) {
  const { time, type, text, team } = form.elements;
  const moment = new Date(local() ? time.value : `${time.value}Z`);
  if (Number.isNaN(moment.getTime())) { tell(form, "Not saved. When: expected a time.", false); return; }
  const event = { time: moment.toISOString(), type: type.value, service: page.dataset.service, text: text.value, team: team.value };
  const done = await send("POST", "/api/v1/events", event);
  tell(form, done.ok ? "Added; it is in the timeline in a moment." : done.said, done.ok);
  if (!done.ok) return;
  text.value = "";
  now();
}

async function correct(form) {
  const body = Object.fromEntries(new FormData(form));
  const done = await send("PATCH", address, body);
  tell(form, done.ok ? "Saved." : done.said, done.ok);
  if (done.ok) location.reload();
}

async function publish(form) {
  const done = await send("POST", `/incidents/${encodeURIComponent(identity)}/publish`, { target: form.elements.target.value });
  tell(form, done.ok ? `Published${done.body.url ? `: ${done.body.url}` : "."}` : done.said, done.ok);
}

const ACTS = { "[data-add]": add, "[data-correct]": correct, "[data-publish]": publish };
document.addEventListener("submit", async (event) => {
  const act = Object.entries(ACTS).find(([selector]) => event.target.matches(selector))?.[1];
  if (!act) return;
  event.preventDefault();
  const button = event.submitter;
  if (button) button.disabled = true;
  await act(event.target);
  if (button) button.disabled = false;
});
document.addEventListener("saved", (event) => update(event.detail));
document.addEventListener("zonechange", now);
rememberBy();
now();
drawn();
if ("follow" in page.dataset) follow(`/api/v1/stream?incident=${encodeURIComponent(identity)}`, "incident", ({ changed_at }) => {
  if (String(changed_at) !== page.dataset.changed) update();
});
