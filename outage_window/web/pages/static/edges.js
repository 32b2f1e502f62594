// The onset and the recovery as handles: moved by pointer or keys, measured anew at once, declared.

import { read, send, tell } from "./api.js";
import { shown } from "./times.js";

const NAMES = { start: "Onset", end: "Recovery" };
const ROOM = 70; // pixels that a handle takes beside its line
const MEASURED = ["duration_seconds", "affected_users", "time_to_detect", "error_budget"];

/** `1 h 15 min`, as the server writes a duration. */
export function span(seconds) {
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return [hours && `${hours} h`, minutes && `${minutes} min`, (rest || !whole) && `${rest} s`].filter(Boolean).join(" ");
}

export class Edges {
  constructor(chart, form, base) {
    Object.assign(this, { chart, form, base });
    this.handles = {};
    this.span = document.createElement("div"); // over the chart: drawing it anew for each move is slow
    this.span.className = "proposed";
    chart.root.append(this.span);
    for (const edge of ["start", "end"]) this.handles[edge] = this.handle(edge);
    form.addEventListener("submit", (event) => { event.preventDefault(); this.save(); });
    form.querySelector("[data-discard]").addEventListener("click", () => this.reset());
    this.reset();
  }

  /** The edges as they are measured. */
  measured() {
    const { start, until } = this.chart.data;
    return { start: start[0], end: until };
  }

  reset() {
    this.at = this.measured();
    this.form.hidden = true;
    tell(this.form, "");
    this.place();
  }

  /** Other facts: what is being proposed stays as it is. */
  renewed() {
    const known = this.measured();
    if (this.form.hidden) this.at = known;
    this.place();
  }

  handle(edge) {
    const made = document.createElement("div");
    made.className = "handle";
    made.dataset.edge = edge;
    made.dataset.name = NAMES[edge];
    made.tabIndex = 0;
    made.setAttribute("role", "slider");
    made.setAttribute("aria-label", `${NAMES[edge]}: propose another time`);
    made.setAttribute("aria-orientation", "horizontal");
    made.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      made.focus();
      made.setPointerCapture(event.pointerId);
      this.grip = event.clientX - this.chart.root.getBoundingClientRect().left - this.chart.place(this.at[edge]);
    });
    made.addEventListener("pointermove", (event) => {
      if (made.hasPointerCapture(event.pointerId)) this.move(edge, this.chart.timeAt(event.clientX - this.grip));
    });
    made.addEventListener("keydown", (event) => this.key(edge, event));
    this.chart.root.append(made);
    return made;
  }

  key(edge, event) {
    const { start, end } = this.chart.fine;
    const step = Math.max(Math.round((end[0] ?? 60) - (start[0] ?? 0)), 1) * (event.shiftKey ? 10 : 1);
    const by = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -10 * step, PageUp: 10 * step }[event.key];
    if (event.key === "Escape") this.reset();
    else if (event.key === "Home") this.move(edge, this.chart.view[0]);
    else if (event.key === "End") this.move(edge, this.chart.view[1]);
    else if (by) this.move(edge, this.at[edge] + by);
    else return;
    event.preventDefault();
  }

  move(edge, time) {
    const { begin, end } = this.chart.data;
    const bounds = edge === "start" ? [begin, this.at.end - 1] : [this.at.start + 1, end];
    this.at[edge] = Math.round(Math.min(Math.max(time, bounds[0]), bounds[1]));
    this.form.hidden = false;
    this.place();
    this.tell("start", shown(this.at.start), this.moved("start") ? "moved" : "as measured");
    this.tell("end", shown(this.at.end), this.moved("end") ? "moved" : "as measured");
    this.tell("duration_seconds", span(this.at.end - this.at.start), "");
    this.measure();
  }

  moved(edge) {
    return Math.abs(this.at[edge] - this.measured()[edge]) >= 1;
  }

  tell(name, value, note) {
    this.form.querySelector(`[data-proposed=${name}]`).textContent = value;
    this.form.querySelector(`[data-proposed-note=${name}]`).textContent = note;
  }

  /** Ask what it would amount to; while an answer is on its way only the last move counts. */
  async measure() {
    if (this.asking) { this.again = true; return; }
    this.asking = true;
    const wanted = new URLSearchParams();
    for (const edge of ["start", "end"]) if (this.moved(edge)) wanted.set(edge, this.text(edge));
    const found = await read(`${this.base}/measure?${wanted}`);
    this.asking = false;
    if (this.again) { this.again = false; this.measure(); return; }
    for (const name of MEASURED) {
      const [estimate, said] = [found?.[name], found?.shown?.[name]];
      if (estimate?.status === "not_derivable") this.tell(name, "not derivable", estimate.reason);
      else if (said) this.tell(name, said.value, said.interval);
      else if (name !== "duration_seconds") this.tell(name, "unknown", found ? "no objective is set" : "the server does not answer");
    }
  }

  text(edge) {
    return new Date(this.at[edge] * 1000).toISOString().replace(".000Z", "Z");
  }

  async save() {
    const body = { by: this.form.elements.by.value };
    for (const edge of ["start", "end"]) if (this.moved(edge)) body[`declared_${edge}`] = this.text(edge);
    if (!body.declared_start && !body.declared_end) { tell(this.form, "Neither edge is moved.", false); return; }
    const done = await send("PATCH", this.base, body);
    if (!done.ok) { tell(this.form, done.said, false); return; }
    this.reset();
    document.dispatchEvent(new CustomEvent("saved", { detail: { words: "Saved as declared, beside what is measured." } }));
  }

  place() {
    if (!this.at) return;
    const [first, last] = this.chart.between(this.at.start, this.at.end);
    this.span.hidden = this.form.hidden || last <= first;
    Object.assign(this.span.style, { left: `${first}px`, width: `${last - first}px` });
    for (const [edge, handle] of Object.entries(this.handles ?? {})) {
      const left = this.chart.place(this.at[edge]);
      handle.hidden = left === null;
      if (left === null) continue;
      handle.style.left = `${left}px`;
      handle.classList.toggle("moved", this.moved(edge));
      handle.classList.toggle("inward", edge === "end" && left > this.chart.width - ROOM);
      handle.setAttribute("aria-valuemin", Math.round(this.chart.data.begin));
      handle.setAttribute("aria-valuemax", Math.round(this.chart.data.end));
      handle.setAttribute("aria-valuenow", Math.round(this.at[edge]));
      handle.setAttribute("aria-valuetext", shown(this.at[edge]));
    }
  }
}
