// The chart of an incident: zoomed by dragging, finer the closer one looks, told in words on pointing.

import { read } from "./api.js";
import { attemptsOf, backdrop, panels, percent, ratioOf, short } from "./panels.js";
import { shown } from "./times.js";

const PAUSE = 60; // milliseconds before a finer series is asked for
const LEAST = 30; // seconds that can be looked at

/** A chart in `root`. `moved()` is called whenever what is seen has changed. */
export class Chart {
  constructor(root, data, base, readout, moved) {
    Object.assign(this, { root, data, base, readout, moved, hint: readout.textContent });
    this.fine = data.series;
    this.view = [data.begin, data.end];
    this.draw();
    this.over = new AbortController();
    const { signal } = this.over;
    this.sized = new ResizeObserver(() => this.resize());
    this.sized.observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw(), { signal });
    document.addEventListener("zonechange", () => this.draw(), { signal });
    root.addEventListener("mouseleave", () => { readout.textContent = this.hint; });
  }

  draw() {
    for (const one of this.plots ?? []) one.destroy();
    this.width = this.root.clientWidth;
    const drawn = { ...this.data, series: this.fine };
    const places = () => queueMicrotask(() => this.moved());
    this.plots = panels(this.root, drawn, this.view, {
      drawClear: [(u) => backdrop(u, this.data)],
      setScale: [(u, key) => key === "x" && this.scaled(u)],
      setCursor: [(u) => this.pointed(u)],
      setSize: [places], // where the plot begins is known only then
      ready: [places],
    });
  }

  /** It is not in the page any more. */
  end() {
    this.over.abort();
    this.sized.disconnect();
    for (const one of this.plots) one.destroy();
  }

  resize() {
    if (Math.abs(this.root.clientWidth - this.width) < 2) return;
    this.width = this.root.clientWidth;
    for (const one of this.plots) one.setSize({ width: Math.max(this.width, 280), height: one.height });
    this.moved();
  }

  /** Other facts of the same incident; what is looked at stays. */
  update(data) {
    const whole = this.view[0] <= this.data.begin && this.view[1] >= this.data.end;
    this.data = data;
    if (whole) {
      this.view = [data.begin, data.end];
      this.fine = data.series;
    }
    this.draw();
    if (!whole) this.refine();
  }

  scaled(from) {
    const { min, max } = from.scales.x;
    if (!this.plots || this.busy || min === undefined || (min === this.view[0] && max === this.view[1])) return;
    this.look(min, max);
  }

  /** Show [from, to] in all panels, as far as there is anything. */
  look(from, to) {
    const { begin, end } = this.data;
    const span = Math.min(Math.max(to - from, LEAST), end - begin);
    const first = Math.min(Math.max(from, begin), end - span);
    this.view = [first, first + span];
    this.busy = true;
    for (const one of this.plots) one.setScale("x", { min: this.view[0], max: this.view[1] });
    this.busy = false;
    queueMicrotask(() => this.moved()); // a plot takes on its scale only then
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refine(), PAUSE);
  }

  zoom(how) {
    const [from, to] = this.view;
    const [middle, half] = [(from + to) / 2, (to - from) / 2];
    if (how === "in") this.look(middle - half / 2, middle + half / 2);
    else if (how === "out") this.look(middle - 2 * half, middle + 2 * half);
    else if (how === "left") this.look(from - half, to - half);
    else if (how === "right") this.look(from + half, to + half);
    else this.look(this.data.begin, this.data.end);
  }

  /** Ask for the stretch that is looked at in as many columns as there are pixels. */
  async refine() {
    const [from, to] = this.view;
    let found = this.data.series;
    if (from > this.data.begin || to < this.data.end) {
      this.asking?.abort();
      this.asking = new AbortController();
      const wanted = new URLSearchParams({
        from: new Date(from * 1000).toISOString(), to: new Date(to * 1000).toISOString(),
        columns: String(Math.min(Math.max(Math.round(this.width), 100), 4000)),
      });
      found = await read(`${this.base}/series?${wanted}`, this.asking.signal);
      if (!found || from !== this.view[0] || to !== this.view[1]) return;
    }
    this.fine = found;
    this.busy = true;
    this.plots[0].setData(ratioOf(found), false);
    const last = this.plots[this.plots.length - 1];
    if (last.series[1].label === "attempts") last.setData(attemptsOf(found), false);
    for (const one of this.plots) one.setScale("x", { min: from, max: to });
    this.busy = false;
    this.root.dataset.columns = String(found.start.length);
  }

  /** Say what there is where somebody points. */
  pointed(u) {
    const { left, top } = u.cursor;
    if (left === undefined || left < 0 || !this.plots) return;
    const time = u.posToVal(left, "x");
    const near = this.mark(u, left, top);
    const { series, level } = { series: this.fine, level: this.data.level };
    let i = series.start.findIndex((start, at) => start <= time && time < series.end[at]);
    const said = [shown(time)];
    if (near) said.push(near);
    else if (i < 0) said.push("no data");
    else {
      const [low, high] = [series.low[i], series.high[i]];
      const range = low === high || low === null ? percent(high, level) : `${percent(low, level)} to ${percent(high, level)}`;
      said.push(`${level ? "errors" : "error ratio"} ${range}`, `expected ${percent(series.expected[i], level)}`);
      if (series.per_minute[i] !== null) said.push(`${short(series.per_minute[i])} attempts/min`);
    }
    this.readout.textContent = said.join(" · ");
  }

  mark(u, left, top) {
    if (!this.data.lanes.length || u !== this.plots[1]) return null;
    const lane = this.data.lanes[Math.floor((top / u.over.clientHeight) * this.data.lanes.length)];
    let [best, reach] = [null, 9];
    for (const [time, end, open, text] of lane?.marks ?? []) {
      const from = u.valToPos(time, "x");
      const to = open ? Infinity : end === null ? from : u.valToPos(end, "x");
      const off = left < from ? from - left : left > to ? left - to : Math.min(3, left - from);
      if (off < reach) [best, reach] = [`${text} (${shown(time)}${end === null ? "" : ` to ${shown(end)}`}${open ? ", goes on" : ""})`, off];
    }
    return best;
  }

  /** The time, or the end of what is seen that is nearest to it. */
  seen(time) {
    return Math.min(Math.max(time, this.view[0]), this.view[1]);
  }

  /** Pixels from the left of the chart to a time; null where it is not seen. */
  place(time) {
    const seen = this.seen(time);
    if (Math.abs(seen - time) >= 1) return null; // an edge is of whole seconds, the view is not
    const [plot] = this.plots;
    return plot.bbox.left / devicePixelRatio + plot.valToPos(seen, "x");
  }

  /** The pixels between which a stretch is seen. */
  between(from, to) {
    return [this.place(this.seen(from)), this.place(this.seen(to))];
  }

  /** The time below a place on the screen. */
  timeAt(clientX) {
    const [plot] = this.plots;
    const left = clientX - plot.over.getBoundingClientRect().left;
    return this.seen(plot.posToVal(left, "x"));
  }
}
