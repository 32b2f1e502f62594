# The visitor itself: each fault that a page can have is caught, and a page without one is clean.
from __future__ import annotations

import subprocess
import sys

import pytest

from tests.browser.serving import serving

pytestmark = pytest.mark.browser
POLICY = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'"
HEAD = (
    "<!doctype html><html lang=en><head><meta charset=utf-8>"
    f'<meta http-equiv=Content-Security-Policy content="{POLICY}"><title>Page</title></head>'
)


def html(main: str, head: str = HEAD) -> str:
    return f"{head}<body><main><h1>Page</h1>{main}</main></body></html>"


@pytest.fixture(scope="module")
def server():
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def other():
    with serving() as running:
        yield running


@pytest.fixture
def see(visit, server):
    """Open a page of this, and what its server also has by path."""

    def opened(text, seen_as=None, **files):
        server.show(text, {f"/{name}.js": script for name, script in files.items()})
        return visit(f"{server.url}/", **(seen_as or {}))

    return opened


def complaint(visitor) -> str:
    with pytest.raises(AssertionError) as caught:
        visitor.assert_clean()
    return str(caught.value)


FORM = "<form><label>Name <input></label><button type=button>Go</button></form>"


def test_a_page_without_fault_is_clean(see, server):
    script = "fetch('/more.js').then(() => { document.querySelector('h1').textContent = 'Came' })"
    visitor = see(html(f"{FORM}<script src=/a.js></script>"), a=script, more="")
    visitor.assert_clean()
    assert visitor.value("document.querySelector('h1').textContent") == "Came"
    assert visitor.requests == [f"{server.url}{path}" for path in ("/", "/a.js", "/more.js")]
    found = visitor.axe()
    assert (found.grave, found.lesser, found.practices, found.unsure) == ([], [], [], [])
    visitor.assert_clean()  # looking for barriers asks nothing and breaks no policy
    assert len(visitor.requests) == 3


def test_an_error_on_the_console_is_told_and_a_warning_kept(see):
    visitor = see(html("<script src=/a.js></script>"), a="console.error('woe'); console.warn('hm')")
    assert "errors on the console: woe (" in complaint(visitor)
    assert [(kind, text.split()[0]) for kind, text in visitor.console] == [
        ("error", "woe"),
        ("warning", "hm"),
    ]


@pytest.mark.parametrize("script", ["nothing.there()", "Promise.reject(new Error('late'))"])
def test_an_error_in_a_script_is_told(see, script):
    visitor = see(html("<script src=/a.js></script>"), a=script)
    assert "errors in scripts: " in complaint(visitor)


def test_a_script_that_the_policy_blocks_is_told(see):
    visitor = see(html("<script>document.title = 'ran'</script>"))
    assert "forbidden by the policy: script-src-elem forbids inline" in complaint(visitor)
    assert visitor.value("document.title") == "Page"


@pytest.mark.parametrize(
    "main",
    [
        "<img src={url}/a.png alt=x>",
        "<iframe title=x src={url}/></iframe>",
        "<script src=/a.js></script>",
    ],
)
def test_a_request_to_another_port_is_told(see, other, main):
    other.show("<!doctype html>", {"/a.png": "x"})
    plain = html(main.format(url=other.url), head="<!doctype html><title>x</title>")
    visitor = see(plain, a=f"new WebSocket('{other.url.replace('http', 'ws')}/socket')")
    assert f"requests to others: {other.url}".replace("http", "ws" if "js" in main else "http") in (
        complaint(visitor)
    )


def test_a_file_that_is_not_there_is_told(see):
    assert "404" in complaint(see(html("<script src=/gone.js></script>")))


def test_what_happened_on_an_earlier_page_is_forgotten(see, server):
    visitor = see(html("<script src=/a.js></script>"), a="console.error('woe')")
    server.show(html(FORM), {})
    visitor.open(f"{server.url}/")
    visitor.assert_clean()


def test_barriers_are_told_with_their_element(see):
    found = see(html("<input id=search><h4>Far below</h4>")).axe()
    (label,) = found.grave
    assert label.startswith("critical label: Form elements must have labels; #search: <input id=")
    assert [one.split(":")[0] for one in found.practices] == ["moderate heading-order"]


def test_a_barrier_of_one_scheme_alone_is_found_there(see):
    style = "<style>@media (prefers-color-scheme: dark) { p { color: #eee } }</style>"
    text = html(f"{style}<p>Hard to read")
    assert see(text).axe().grave == []
    (contrast,) = see(text, {"scheme": "dark"}).axe().grave
    assert contrast.startswith("serious color-contrast")


def test_it_sees_as_it_was_told_to(see, tmp_path):
    seen_as = {"size": (360, 640), "zone": "America/Bogota", "locale": "de-DE"}
    visitor = see(html(FORM), seen_as)
    assert visitor.value("innerWidth") == 360
    assert visitor.value("new Date(0).getHours()") == 19
    assert visitor.value("(1.5).toLocaleString()") == "1,5"
    assert visitor.screenshot(tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


BUSY = """
const busy = ms => { const end = performance.now() + ms; while (performance.now() < end); };
document.querySelector("button").onclick = () => busy(WORK);
document.querySelector("input").oninput = () => setTimeout(() => {
  document.querySelector("h1").textContent = "Found"; }, WORK);"""


def busy(ms: int) -> str:
    return BUSY.replace("WORK", str(ms))


def test_a_slow_answer_to_a_click_takes_its_time_and_a_quick_one_does_not(see):
    text = html(f"{FORM}<script src=/a.js></script>")

    def click(visitor):
        return visitor.interaction(lambda: visitor.page.get_by_role("button").click())

    slow, quick = see(text, a=busy(400)), see(text, a=busy(0))
    assert click(slow) >= 400
    assert min(click(quick) for _ in range(5)) < 400


def test_what_comes_later_is_waited_for(see):
    visitor = see(html(f"{FORM}<script src=/a.js></script>"), a=busy(400))
    box = visitor.page.get_by_label("Name")
    assert visitor.interaction(lambda: box.press("a")) < 400
    found = "document.querySelector('h1').textContent === 'Found'"
    visitor.page.reload()
    assert visitor.interaction(lambda: box.press("a"), until=found) >= 400


def test_what_cannot_be_timed_is_no_time(see):
    visitor = see(html("<p>Nothing here"))
    with pytest.raises(AssertionError, match="no input came to the page"):
        visitor.interaction(lambda: None)
    with pytest.raises(AssertionError, match="left the page"):
        visitor.interaction(lambda: visitor.page.reload())


def test_the_first_content_is_painted_after_it_came(see):
    visitor = see(html(FORM))
    assert 0 < visitor.first_content() < visitor.value("performance.now()")


def test_nothing_of_a_browser_is_left_once_it_ends():
    """A loop that still ran would keep every later test of this process from running its own."""
    code = (
        "import asyncio, gc\n"
        "from benchmarks.lab.chromium import running\n"
        "for _ in range(2):\n"
        "    with running() as browser:\n"
        "        browser.new_context().new_page()\n"
        "async def nothing(): pass\n"
        "asyncio.run(nothing())\n"
        "gc.collect()\n"
    )
    # Not -X dev: a loop that it watches also says which steps were slow, which is the machine's.
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
