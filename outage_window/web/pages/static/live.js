// Tells a page when what it shows has changed on the server.

import { TOKEN } from "./api.js";

/** Call `changed(version)` whenever the server names another version; asks again when it is gone. */
export function follow(address, name, changed) {
  let source;
  const open = () => {
    source = new EventSource(address);
    source.addEventListener(name, (event) => changed(JSON.parse(event.data)));
    source.addEventListener("error", () => {
      // A browser gives up where the answer is no stream, such as while the server starts.
      if (source.readyState === EventSource.CLOSED) setTimeout(open, 3000);
    });
  };
  open();
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => { if (event.persisted) open(); }); // back from a browser's cache
}

/** The page of an address as a document, as it is now; null where it cannot be had. */
export async function fetched(address) {
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html", "X-CSRFToken": TOKEN } });
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
