"""Clients of ours follow no redirect: it would carry the token to another host."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from outage_window.publish.model import PublishFailed
from outage_window.publish.sending import REAL, Call, Client
from outage_window.sources.pull import PrometheusClient, PullFailed


class Server:
    """Answers everything alike, and keeps the headers of what it was asked."""

    def __init__(self, status, location=None):
        self.headers = []
        kept = self.headers

        class Handler(BaseHTTPRequestHandler):
            def parse_request(self):
                if super().parse_request():
                    kept.append(dict(self.headers))
                    self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    if location is not None:
                        self.send_header("Location", location)
                    self.end_headers()
                self.close_connection = True
                return False

            def log_message(self, *_):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_token_goes_to_another_host(status):
    with Server(200) as other, Server(status, f"{other.url}/stolen") as asked:
        pulling = PrometheusClient(asked.url, 5, {"Authorization": "Bearer s3cret"})
        with pytest.raises(PullFailed, match=str(status)):
            pulling.samples("a", 0, 10**9)
        pulling.close()
        sending = Client("target", asked.url, "s3cret", 5, REAL)
        with pytest.raises(PublishFailed, match="redirects are not followed"):
            sending.settle(lambda _: sending.send(Call("POST", "/x", "send", body={})))
        assert [one["Authorization"] for one in asked.headers] == ["Bearer s3cret"] * 2
        assert other.headers == []


def test_the_servers_would_be_followed_by_others():
    """Else the test above would pass with servers that redirect nobody."""
    with Server(200) as other, Server(302, f"{other.url}/x") as asked:
        assert requests.get(asked.url, timeout=5).url == f"{other.url}/x"
