// Shows every time of a page in UTC or in the viewer's own zone, and the other one on pointing at it.

const KEY = "outage-window.zone";
const own = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const button = document.querySelector("[data-zone]");

/** Whether times are shown in the viewer's zone now. */
export function local() {
  try { return localStorage.getItem(KEY) === "local"; } catch { return false; }
}

const two = (n) => String(n).padStart(2, "0");

function offsetOf(moment) {
  const minutes = -moment.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** `2026-01-31 14:02:10 UTC`, or with the offset of the viewer's zone at that moment. */
export function shown(seconds, here = local(), step = 1) {
  const moment = new Date(Math.round(seconds * 1000));
  const parts = here
    ? [moment.getFullYear(), moment.getMonth(), moment.getDate(), moment.getHours(), moment.getMinutes(), moment.getSeconds()]
    : [moment.getUTCFullYear(), moment.getUTCMonth(), moment.getUTCDate(), moment.getUTCHours(), moment.getUTCMinutes(), moment.getUTCSeconds()];
  const [year, month, day, hour, minute, second] = parts;
  const clock = step >= 60 ? `${two(hour)}:${two(minute)}` : `${two(hour)}:${two(minute)}:${two(second)}`;
  return `${year}-${two(month + 1)}-${two(day)} ${clock} ${here ? offsetOf(moment) : "UTC"}`;
}

/** Write all times below an element anew. */
export function refresh(root = document) {
  const here = local();
  for (const element of root.querySelectorAll("time[datetime][data-step]")) {
    const seconds = Date.parse(element.dateTime) / 1000;
    if (Number.isNaN(seconds)) continue;
    const step = Number(element.dataset.step);
    element.textContent = shown(seconds, here, step);
    element.title = shown(seconds, !here, step);
  }
  if (button) button.textContent = here ? own : "UTC";
}

if (button) {
  button.hidden = false;
  button.title = `Times in UTC or in ${own}`;
  button.setAttribute("aria-label", `Time zone of what is shown: UTC or ${own}`);
  button.addEventListener("click", () => {
    try { localStorage.setItem(KEY, local() ? "utc" : "local"); } catch { /* a private window */ }
    refresh();
    document.dispatchEvent(new CustomEvent("zonechange"));
  });
}
refresh();
