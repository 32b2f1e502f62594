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

/** Put what another document has in place of what is here, and leave the focus where it was. */
export function exchanged(selector, found) {
  const [old, fresh] = [document.querySelector(selector), found.querySelector(selector)];
  if (!old || !fresh) return null;
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  const opened = [...old.querySelectorAll("details[open][id]")].map((one) => one.id);
  for (const id of opened) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  old.replaceWith(fresh);
  if (focused) document.getElementById(focused)?.focus();
  return fresh;
}
