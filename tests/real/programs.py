# Starts real programs on free loopback ports, waits until they answer, stops them by process id.
from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
import yaml

TOKEN = "a-token-of-the-tests"
OUTAGE_WINDOW = Path(sys.executable).with_name("outage-window")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_for(what: Callable[[], Any], seconds: float, name: str) -> Any:
    """Ask until the answer is true; a connection that is refused is no answer yet."""
    deadline = time.monotonic() + seconds
    answer: Any = None
    while time.monotonic() < deadline:
        try:
            answer = what()
        except requests.ConnectionError:
            answer = None
        if answer:
            return answer
        time.sleep(0.25)
    raise AssertionError(f"after {seconds:.0f} s still no {name}; the last answer: {answer!r}")


class Program:
    """One running program; what it said is in `log`."""

    def __init__(self, name: str, command: list[str | Path], folder: Path, port: int) -> None:
        self.name = name
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
        try:
            wait_for(self._ready, 60, f"answer from {name}")
        except BaseException:
            self.stop()
            raise

    def _ready(self) -> bool:
        if self._process.poll() is not None:
            pass_on = self.log.read_text("utf-8", "replace")[-3000:]
            raise AssertionError(f"{self.name} ended with {self._process.returncode}: {pass_on}")
        return requests.get(f"{self.url}/-/ready", timeout=5).ok

    def get(self, path: str, **params: str) -> Any:
        return self._got(path, params).json()

    def text(self, path: str) -> str:
        return self._got(path, {}).text

    def _got(self, path: str, params: dict[str, str]) -> requests.Response:
        answer = requests.get(f"{self.url}{path}", params=params, timeout=30)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer

    def post(self, path: str, body: bytes) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        answer = requests.post(f"{self.url}{path}", data=body, headers=headers, timeout=120)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text[:500]}"

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """At once, without a chance to tidy up."""
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        self._process.terminate()
        try:
            return self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def write_yaml(path: Path, content: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    return path


def prometheus(
    programs: dict[str, str],
    folder: Path,
    config: dict[str, Any],
    data: Path | None = None,
    flags: tuple[str, ...] = (),
) -> Program:
    port = free_port()
    return Program(
        "prometheus",
        [
            programs["prometheus"],
            f"--config.file={write_yaml(folder / 'prometheus.yml', config)}",
            f"--storage.tsdb.path={data or folder / 'prometheus-data'}",
            "--storage.tsdb.retention.time=20y",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
            *flags,
        ],
        folder,
        port,
    )


def victoria(
    programs: dict[str, str], folder: Path, flags: tuple[str, ...] = (), data: Path | None = None
) -> Program:
    """A VictoriaMetrics that keeps all that it is sent."""
    port = free_port()
    return Program(
        "victoria-metrics",
        [
            programs["victoria-metrics"],
            f"-storageDataPath={data or folder / 'victoria-data'}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=100y",
            "-loggerLevel=WARN",
            *flags,
        ],
        folder,
        port,
    )


def fill(programs: dict[str, str], openmetrics: Path, data: Path) -> None:
    """Put the samples of a file into blocks that Prometheus will find in `data`; drop the file."""
    subprocess.run(
        [programs["promtool"], "tsdb", "create-blocks-from", "--max-block-duration=768h",
         "--quiet", "openmetrics", openmetrics, data],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    openmetrics.unlink()


def alertmanager(
    programs: dict[str, str],
    folder: Path,
    config: dict[str, Any],
    name: str = "alertmanager",
    cluster: tuple[str, ...] = ("--cluster.listen-address=",),
) -> Program:
    port = free_port()
    return Program(
        name,
        [
            programs["alertmanager"],
            f"--config.file={write_yaml(folder / f'{name}.yml', config)}",
            f"--storage.path={folder / f'{name}-data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            *cluster,
            "--log.level=warn",
        ],
        folder,
        port,
    )


def cluster(programs: dict[str, str], folder: Path, config: dict[str, Any]) -> list[Program]:
    """Two Alertmanagers that know each other; stop both."""
    gossip = [f"127.0.0.1:{free_port()}" for _ in range(2)]
    started: list[Program] = []
    for number, own in enumerate(gossip):
        port, name = free_port(), f"alertmanager-{number}"
        started.append(
            Program(
                name,
                [
                    programs["alertmanager"],
                    f"--config.file={write_yaml(folder / f'{name}.yml', config)}",
                    f"--storage.path={folder / f'{name}-data'}",
                    f"--web.listen-address=127.0.0.1:{port}",
                    f"--cluster.listen-address={own}",
                    f"--cluster.peer={gossip[1 - number]}",
                    "--cluster.settle-timeout=2s",
                    "--cluster.peer-timeout=2s",
                    "--log.level=warn",
                ],
                folder,
                port,
            )
        )
    return started


def serve(folder: Path, port: int, settings: dict[str, Any], name: str = "serve") -> Program:
    whole = {
        "web": {"listen": f"127.0.0.1:{port}", "token": TOKEN},
        "storage": {"url": f"sqlite:///{folder / name}.db"},
        **settings,
    }
    file = write_yaml(folder / f"{name}.yml", whole)
    command: list[str | Path] = [OUTAGE_WINDOW, "serve", "--config.file", file]
    return Program(name, command, folder, port)


def incidents(served: Program, service: str) -> list[dict[str, Any]]:
    """The incidents of one service, each as its own page of the API tells it."""
    found = served.get("/api/v1/incidents")["incidents"]
    return [
        served.get(f"/api/v1/incidents/{one['id']}") for one in found if one["service"] == service
    ]


def routed_to(
    *receivers: Program | str, matchers: list[list[str]] | None = None, token: str = TOKEN
) -> dict[str, Any]:
    """A configuration of Alertmanager that posts every alert to each of the receivers, quickly."""
    urls = [one if isinstance(one, str) else one.url for one in receivers]
    routes: list[dict[str, Any]] = []
    for number, _ in enumerate(urls):
        route: dict[str, Any] = {"receiver": f"r{number}", "continue": True}
        if matchers is not None:
            route["matchers"] = matchers[number]
        routes.append(route)
    return {
        "route": {
            "receiver": "r0",
            "group_by": ["alertname", "service"],
            "group_wait": "1s",
            "group_interval": "2s",
            "repeat_interval": "1h",
            "routes": routes,
        },
        "receivers": [
            {
                "name": f"r{number}",
                "webhook_configs": [
                    {
                        "url": f"{url}/api/v1/webhooks/alertmanager",
                        "send_resolved": True,
                        "http_config": {"authorization": {"type": "Bearer", "credentials": token}},
                    }
                ],
            }
            for number, url in enumerate(urls)
        ],
    }
