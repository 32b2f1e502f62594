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
let last = Promise.resolve();

const chartData = (root) => {
  const found = root.querySelector("[data-chart-data]");
  return found && JSON.parse(found.textContent);
};

function drawn() {
  chart?.end();
  [chart, edges] = [null, null];
  const data = chartData(document);
  const root = document.querySelector("[data-chart]");
  if (!data || !root) return;
  root.replaceChildren();
  chart = new Chart(root, data, address, document.querySelector("[data-readout]"), () => edges?.place());
  if (data.start) edges = new Edges(chart, document.querySelector("[data-proposal]"), address);
  for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => chart.zoom(button.dataset.zoom));
}

/** Bring everything up to date but what somebody is writing; one time after another. */
function update(also = []) {
  last = last.then(() => renew(also));
  return last;
}

async function renew(also) {
  const found = await fetched(location.href);
  if (!found) return;
  page.dataset.changed = found.querySelector("[data-page]").dataset.changed;
  for (const part of ["facts", "timeline", "detection", "evidence", ...also]) {
    const fresh = exchanged(`[data-live=${part}]`, found);
    if (fresh) refresh(fresh);
  }
  document.title = found.title;
  if (!written()) {
    const by = document.querySelector("[data-edit] [data-by]")?.value;
    const field = exchanged("[data-live=draft]", found)?.querySelector("[data-by]");
    if (field && by) field.value = by;
    settled();
    rememberBy();
  }
  redrawn(found);
}

/** The chart of other facts: another one where a window or metrics came or went meanwhile. */
function redrawn(found) {
  const data = chartData(found);
  if (Boolean(data) !== Boolean(chart) || Boolean(data?.start) !== Boolean(edges)) {
    exchanged("[data-live=chart]", found);
    refresh();
    drawn();
  } else if (data) {
    chart.update(data);
    edges?.renewed();
  }
}

/** Let the form for the timeline begin with a moment, written as all times are shown. */
function begin(moment) {
  const field = document.querySelector("[data-add] [name=time]");
  if (!field) return;
  const zone = local() ? Intl.DateTimeFormat().resolvedOptions().timeZone : "UTC";
  document.querySelector("[data-when]").textContent = `When (${zone})`;
  if (Number.isNaN(moment.getTime())) return;
  const moved = new Date(moment.getTime() - (local() ? moment.getTimezoneOffset() * 60000 : 0));
  field.value = moved.toISOString().slice(0, 19);
}

/** The moment of the form, of which zone it was written in. */
const told = (field, here) => new Date(here ? field.value : `${field.value}Z`);

function rezoned() {
  const field = document.querySelector("[data-add] [name=time]");
  if (field) begin(told(field, !local()));
}

async function add(form) {
  const { time, type, text, team } = form.elements;
  const moment = told(time, local());
  if (Number.isNaN(moment.getTime())) { tell(form, "Not saved. When: expected a time.", false); return; }
  const event = { time: moment.toISOString(), type: type.value, service: page.dataset.service, text: text.value, team: team.value };
  const done = await send("POST", "/api/v1/events", event);
  tell(form, done.ok ? "Added; it is in the timeline in a moment." : done.said, done.ok);
  if (!done.ok) return;
  text.value = "";
  begin(new Date());
}

async function correct(form) {
  const body = Object.fromEntries(new FormData(form));
  const done = await send("PATCH", address, body);
  if (!done.ok) { tell(form, done.said, false); return; }
  await update(["actions"]);
  said.textContent = "Saved.";
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
document.addEventListener("saved", async ({ detail }) => {
  await update();
  said.textContent = detail.words;
  const form = detail.form && document.querySelector(detail.form);
  if (form) tell(form, detail.words);
});
document.addEventListener("zonechange", rezoned);
rememberBy();
begin(new Date());
drawn();
if ("follow" in page.dataset) follow(`/api/v1/stream?incident=${encodeURIComponent(identity)}`, "incident", ({ changed_at }) => {
  if (String(changed_at) !== page.dataset.changed) update();
});
