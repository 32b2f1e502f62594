// Draws the series of an incident with uPlot: error ratio, lanes of marks, attempts, on one time axis.

import { local } from "./times.js";

const LEFT = 104; // pixels for names and values
const LANE = 22;
const RATIO = 250;
const ATTEMPTS = 90;
const AXIS = 46;
const HAIR = 1e-3; // seconds: where a column ends and none follows

const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Columns as uPlot wants them: steps, and nothing where there is no column. */
function steps(series, names) {
  const { start, end } = series;
  const found = [[], ...names.map(() => [])];
  const push = (time, index) => {
    found[0].push(time);
    names.forEach((name, at) => found[at + 1].push(index < 0 ? null : series[name][index]));
  };
  for (let i = 0; i < start.length; i++) {
    push(start[i], i);
    if (i + 1 === start.length || start[i + 1] > end[i] + HAIR) {
      push(end[i], i);
      push(end[i] + HAIR, -1);
    }
  }
  return found;
}

const axisOfTime = (shown) => ({
  stroke: () => css("--muted"), grid: { stroke: () => css("--line"), width: 1 }, ticks: { stroke: () => css("--line"), width: 1 },
  font: "12px system-ui, sans-serif", size: shown ? AXIS : 0, space: 90,
  values: shown ? timesOf : () => [],
});

const two = (n) => String(n).padStart(2, "0");

/** Hours and minutes, the day where it changes. */
function timesOf(_, splits, __, ___, incr) {
  const here = local();
  let before = "";
  return splits.map((at) => {
    const moment = new Date(at * 1000);
    const [y, m, d, h, min, s] = here
      ? [moment.getFullYear(), moment.getMonth(), moment.getDate(), moment.getHours(), moment.getMinutes(), moment.getSeconds()]
      : [moment.getUTCFullYear(), moment.getUTCMonth(), moment.getUTCDate(), moment.getUTCHours(), moment.getUTCMinutes(), moment.getUTCSeconds()];
    const day = `${y}-${two(m + 1)}-${two(d)}`;
    const clock = incr < 60 ? `${two(h)}:${two(min)}:${two(s)}` : `${two(h)}:${two(min)}`;
    const text = day === before ? clock : incr >= 86400 ? day : `${clock}\n${day}`;
    before = day;
    return text;
  });
}

const axisOfValues = (more) => ({
  stroke: () => css("--muted"), grid: { stroke: () => css("--line"), width: 1 }, ticks: { show: false },
  font: "12px system-ui, sans-serif", size: LEFT, ...more,
});

export const percent = (value, level) => (value === null || value === undefined ? "no data" : level ? short(value) : `${Number((100 * value).toPrecision(3))} %`);
export const short = (value) => Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 }).format(value);

/** uPlot's options that all panels share. */
function base(width, height, key, hooks, timeShown, scales) {
  return {
    width, height, padding: [7, 8, 6, 0], legend: { show: false },
    tzDate: (at) => (local() ? new Date(at * 1000) : uPlot.tzDate(new Date(at * 1000), "Etc/UTC")),
    cursor: { y: false, sync: { key }, drag: { x: true, y: false, setScale: true }, points: { show: false } },
    scales: { x: { time: true, auto: false }, ...scales },
    hooks,
  };
}

/** The panels of an incident from top to bottom, drawn into `root`. */
export function panels(root, data, view, hooks) {
  const width = Math.max(root.clientWidth, 280);
  const key = "incident";
  const stepped = uPlot.paths.stepped({ align: 1 });
  const line = (name, more) => ({ label: name, paths: stepped, points: { show: false }, spanGaps: false, ...more });
  const top = (u, low, high) => [0, high > 0 ? high * 1.08 : 1];
  const found = [];
  const make = (options, columns) => {
    const made = new uPlot(options, columns, root);
    made.setScale("x", { min: view[0], max: view[1] });
    found.push(made);
    return made;
  };
  const counted = data.series.per_minute.some((value) => value !== null);
  make({
    ...base(width, RATIO, key, hooks, false, { y: { range: top } }),
    axes: [axisOfTime(!counted && !data.lanes.length), axisOfValues({ values: (_, ticks) => ticks.map((v) => percent(v, data.level)) })],
    series: [{}, line("usual low", { width: 0 }), line("usual high", { width: 0 }),
      line("expected", { stroke: () => css("--expected"), width: 1.2, dash: [5, 4] }),
      line("low", { width: 0 }), line("high", { stroke: () => css("--ratio"), width: 1.4 })],
    bands: [{ series: [2, 1], fill: () => css("--band") }, { series: [5, 4], fill: () => css("--ratio") }],
  }, ratioOf(data.series));
  if (data.lanes.length) make(lanesOptions(base, width, key, hooks, data, !counted), [view, [null, null]]);
  if (counted) {
    make({
      ...base(width, ATTEMPTS + AXIS, key, hooks, true, { y: { range: top } }),
      axes: [axisOfTime(true), axisOfValues({ values: (_, ticks) => ticks.map((v, i) => (i === ticks.length - 1 ? `${short(v)} a minute` : short(v))), space: 26 })],
      series: [{}, line("attempts", { stroke: () => css("--muted"), width: 1.2 })],
    }, attemptsOf(data.series));
  }
  return found;
}

export const ratioOf = (series) => steps(series, ["usual_low", "usual_high", "expected", "low", "high"]);
export const attemptsOf = (series) => steps(series, ["per_minute"]);

function lanesOptions(base, width, key, hooks, data, timeShown) {
  const n = data.lanes.length;
  const draw = (u) => data.lanes.forEach((lane, row) => drawLane(u, lane, row));
  return {
    ...base(width, n * LANE + 8 + (timeShown ? AXIS : 0), key, { ...hooks, draw: [draw] }, timeShown, { y: { range: () => [0, n] } }),
    axes: [axisOfTime(timeShown), axisOfValues({
      grid: { show: false }, splits: () => data.lanes.map((_, row) => n - row - 0.5),
      values: () => data.lanes.map((lane) => (lane.marks.length > 1 ? `${lane.name} (${lane.marks.length})` : lane.name)),
    })],
    series: [{}, { points: { show: false } }],
  };
}

function drawLane(u, lane, row) {
  const { ctx } = u;
  const ratio = devicePixelRatio;
  const y = u.valToPos(u.scales.y.max - row - 0.5, "y", true);
  const size = 4.5 * ratio;
  const [left, right] = [u.bbox.left, u.bbox.left + u.bbox.width];
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  ctx.fillStyle = css("--ink");
  ctx.strokeStyle = css("--field");
  for (const [time, end, open] of lane.marks) {
    const x = u.valToPos(time, "x", true);
    const stop = open ? right : end === null ? x : u.valToPos(end, "x", true);
    if (stop < left - size || x > right + size) continue;
    if (stop > x) {
      ctx.fillStyle = css("--band");
      ctx.fillRect(x, y - 4 * ratio, Math.max(stop - x, 1), 8 * ratio);
      ctx.fillStyle = css("--ink");
    }
    mark(ctx, lane.marker, x, y, size);
  }
  ctx.restore();
}

function mark(ctx, kind, x, y, s) {
  const points = {
    v: [[-s, -s], [s, -s], [0, s]], "^": [[-s, s], [s, s], [0, -s]], D: [[-s, 0], [0, -s], [s, 0], [0, s]],
    s: [[-s, -s], [s, -s], [s, s], [-s, s]], "|": [[-s / 4, -1.4 * s], [s / 4, -1.4 * s], [s / 4, 1.4 * s], [-s / 4, 1.4 * s]],
    P: [[-s / 3, -s], [s / 3, -s], [s / 3, -s / 3], [s, -s / 3], [s, s / 3], [s / 3, s / 3], [s / 3, s], [-s / 3, s], [-s / 3, s / 3], [-s, s / 3], [-s, -s / 3], [-s / 3, -s / 3]],
  }[kind];
  ctx.beginPath();
  if (points) points.forEach(([dx, dy], i) => (i ? ctx.lineTo(x + dx, y + dy) : ctx.moveTo(x + dx, y + dy)));
  else ctx.arc(x, y, s, 0, 2 * Math.PI);
  ctx.fill();
}

/** Shade the window and its phases, hatch what has no data, and mark how far the edges may be off. */
export function backdrop(u, data) {
  const { ctx, bbox } = u;
  const at = (time) => Math.min(Math.max(u.valToPos(time, "x", true), bbox.left), bbox.left + bbox.width);
  const area = (from, to, fill) => {
    const [x, end] = [at(from), at(to)];
    if (end <= x) return;
    ctx.fillStyle = fill;
    ctx.fillRect(x, bbox.top, Math.max(end - x, 1), bbox.height);
  };
  ctx.save();
  for (const [from, to] of data.phases) area(from, to, css("--shade"));
  for (const [from, to] of data.gaps) area(from, to, hatch(ctx, css("--field"), 1));
  for (const edge of [data.start, data.recovery]) {
    if (edge && edge[1] !== null && edge[2] > edge[1]) area(edge[1], edge[2], hatch(ctx, css("--edge"), 0));
  }
  ctx.restore();
}

function hatch(ctx, color, slant) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  pen.strokeStyle = color;
  pen.globalAlpha = slant ? 0.35 : 0.5;
  pen.beginPath();
  if (slant) { pen.moveTo(0, 8); pen.lineTo(8, 0); } else { pen.moveTo(2, 0); pen.lineTo(2, 8); pen.moveTo(6, 0); pen.lineTo(6, 8); }
  pen.stroke();
  return ctx.createPattern(tile, "repeat");
}
