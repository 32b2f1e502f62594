"""How quick a page is to who looks at it: its first content, and the frames after what they do."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Error, Page

LONGEST = 30_000
"""Milliseconds that a page may take to show what is waited for."""

_FIRST_CONTENT = """longest => new Promise((done, failed) => {
  setTimeout(() => failed(new Error(`nothing was painted in ${longest} ms`)), longest);
  new PerformanceObserver(list => {
    const [first] = list.getEntriesByName("first-contentful-paint");
    if (first) done(first.startTime);
  }).observe({type: "paint", buffered: true});
})"""

# What people do reaches a page as events, stamped when the browser got them: from there on counts,
# so neither the way from this process nor its waiting for a button to hold still is part of it. A
# frame has been handed over when a message that was sent from within it arrives.
_LISTEN = """() => {
  const kinds = ["pointerdown", "pointermove", "pointerup", "click", "keydown", "input", "change",
                 "wheel"];
  const heard = {began: null, open: 0, longest: 0, came: !UNTIL_GIVEN};
  const shown = then => requestAnimationFrame(() => {
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => { port1.close(); then(performance.now()); };
    port2.postMessage(null);
  });
  const took = since => now => { heard.longest = Math.max(heard.longest, now - since); };
  const watch = () => {
    if (heard.came) return;
    if (!UNTIL) return requestAnimationFrame(watch);
    shown(now => { heard.came = true; took(heard.began)(now); });
  };
  const hear = event => {
    heard.open += 1;
    if (heard.began === null) { heard.began = event.timeStamp; requestAnimationFrame(watch); }
    shown(now => { heard.open -= 1; took(event.timeStamp)(now); });
  };
  const how = {capture: true, passive: true};
  for (const kind of kinds) addEventListener(kind, hear, how);
  heard.stop = () => { for (const kind of kinds) removeEventListener(kind, hear, how); };
  window.heardFrames = heard;
}"""

_ANSWER = """longest => new Promise((done, failed) => {
  setTimeout(() => failed(new Error(`it was not shown in ${longest} ms`)), longest);
  const heard = window.heardFrames;
  if (!heard) return done("the action left the page");
  heard.stop();
  if (heard.began === null) return done("no input came to the page");
  const look = () => heard.open || !heard.came ? requestAnimationFrame(look) : done(heard.longest);
  look();
})"""


def first_content(page: Page) -> float:
    """Milliseconds from asking for the page that is open to the first of it that was painted."""
    return float(page.evaluate(_FIRST_CONTENT, LONGEST))


def interaction(page: Page, action: Callable[[], object], until: str | None = None) -> float:
    """Milliseconds from an input of the action to the frame after it, of the slowest of them.

    `until` is an expression in the page, false before: then it is the time from the first input to
    the frame that shows it to be true, if that is longer. The action must stay on the page.
    """
    given = "false" if until is None else "true"
    listen = _LISTEN.replace("UNTIL_GIVEN", given).replace("UNTIL", f"({until or 'true'})")
    page.evaluate(listen)
    action()
    try:
        answer = page.evaluate(_ANSWER, LONGEST)
    except Error as error:
        raise AssertionError(f"the action cannot be timed: {error.message}") from None
    assert not isinstance(answer, str), answer
    return float(answer)
