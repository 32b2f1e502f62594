// Tells a page when what it shows has changed on the server.

import { TOKEN } from "./api.js";

const LATER = 3000; // milliseconds until a server is asked again that gave no stream
const LONGEST = 20000; // milliseconds that an answer may take

/** Call `changed(version)` whenever the server names another version, and first with that of now.
 *
 * A tab that nobody sees does not listen: browsers hold few connections to one server, and the first
 * word after it is seen again tells whether anything has changed.
 */
export function follow(address, name, changed) {
  let source = null;
  const close = () => { source?.close(); source = null; };
  const open = () => {
    if (source || document.hidden) return;
    source = new EventSource(address);
    source.addEventListener(name, (event) => changed(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      // A browser gives up where the answer is no stream, such as while the server starts.
      if (source?.readyState === EventSource.CLOSED) { close(); setTimeout(open, LATER); }
    });
  };
  open();
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
}

/** The page of an address as a document, as it is now; null where it cannot be had. */
export async function fetched(address) {
  try {
    const headers = { Accept: "text/html", "X-CSRFToken": TOKEN };
    const answer = await fetch(address, { headers, signal: AbortSignal.timeout(LONGEST) });
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}

/** Put what another document has in place of what is here; what is open, scrolled or focused stays. */
export function exchanged(selector, found) {
  const [old, fresh] = [document.querySelector(selector), found.querySelector(selector)];
  if (!old || !fresh) return null;
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const kept = [...old.querySelectorAll("[id]")].map(({ id, open, scrollTop }) => ({ id, open, scrollTop }));
  old.replaceWith(fresh);
  for (const { id, open, scrollTop } of kept) {
    const same = open || scrollTop ? document.getElementById(id) : null;
    if (same && open) same.open = true;
    if (same && scrollTop) same.scrollTop = scrollTop;
  }
  if (focused?.id) refocused(focused);
  return fresh;
}

/** Go on where somebody was before an element was exchanged. */
function refocused({ id, selectionStart, selectionEnd }) {
  const same = document.getElementById(id);
  same?.focus({ preventScroll: true });
  if (same && typeof selectionStart === "number") same.setSelectionRange(selectionStart, selectionEnd);
}
