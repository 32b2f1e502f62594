"""What `serve` and `draft` cannot use ends in one line and exit code 2."""

import pytest

from tests.live.process import command


def test_a_name_that_is_no_address(tmp_path):
    file = tmp_path / "s.yml"
    web = "web: {listen: 'no-such-host.invalid:0', allow_anonymous: true}"
    file.write_text(f"{web}\nstorage: {{url: 'sqlite:///{tmp_path / 'ow.db'}'}}\n")
    done = command("serve", "--config.file", str(file))
    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "outage-window: web.listen: no-such-host.invalid:0: expected the address of this machine"
    ]


@pytest.mark.parametrize("url", ["http://[::1", "http://", "ftp://x", "http://a:99999"])
def test_what_is_no_url_of_a_server(url):
    done = command("draft", "x", "--url", url)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "expected" in done.stderr
