// Sends what people do to the server's API, and says in words what came of it.

// Sent with every request: the server tells a script from a program by it, and asks for no password.
const given = (page) => page.querySelector("meta[name=csrf-token]")?.content ?? "";
export let TOKEN = given(document);

/** `{ok, status, said, body}`; never throws. `said` is a sentence for people when it is not ok. */
export async function send(method, address, body, headers = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const ask = () => fetch(address, { method, headers: { "Content-Type": "application/json", "X-CSRFToken": TOKEN, ...headers }, body: text });
  try {
    let answer = await ask();
    if (answer.status === 403 && await renewed()) answer = await ask();
    const found = await answer.json().catch(() => ({}));
    const said = answer.ok ? "" : words(answer.status, found);
    return { ok: answer.ok, status: answer.status, said, body: found };
  } catch {
    return { ok: false, status: 0, said: "The server does not answer. Nothing was saved.", body: {} };
  }
}

/** Take on the token of another session, where somebody signed in again in another tab. */
async function renewed() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-CSRFToken": TOKEN } });
  if (!answer.ok || answer.redirected) return false;
  const before = TOKEN;
  TOKEN = given(new DOMParser().parseFromString(await answer.text(), "text/html"));
  return TOKEN !== before;
}

function words(status, found) {
  if (status === 401) return "You are signed out. Sign in again in another tab, then try again.";
  const field = found.field && !found.field.startsWith("/") ? `${found.field}: ` : "";
  return `Not saved. ${field}${found.error ?? `The server answered ${status}.`}`;
}

/** Read something as JSON; null where that fails. */
export async function read(address, signal) {
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json", "X-CSRFToken": TOKEN }, signal });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

/** Write below a form what came of it. */
export function tell(form, text, good = true) {
  const place = form.querySelector("[data-said]");
  place.textContent = text;
  place.classList.toggle("bad", !good);
}

const KEY = "outage-window.by";

/** Let every field for a team or role begin with what was written there last. */
export function rememberBy(root = document) {
  let known = "";
  try { known = localStorage.getItem(KEY) ?? ""; } catch { /* a private window */ }
  for (const field of root.querySelectorAll("[data-by]")) {
    if (!field.value) field.value = known;
  }
}
document.addEventListener("change", (event) => {
  if (!event.target.matches?.("[data-by]")) return;
  try { localStorage.setItem(KEY, event.target.value); } catch { /* a private window */ }
  for (const field of document.querySelectorAll("[data-by]")) field.value = event.target.value;
});
