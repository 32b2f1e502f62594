"""Requests as no library would send them, and what is answered."""

import re
import socket
import time

ALERTS = "/api/v1/webhooks/alertmanager"
PATIENT = 2.0
"""Seconds in which everything hostile must be answered."""


def address(process):
    host, _, port = process.url.rpartition("/")[2].rpartition(":")
    return host, int(port)


def exchange(process, raw, seconds=PATIENT):
    """The status of the first answer to the raw bytes; None: closed without one."""
    began = time.monotonic()
    with socket.create_connection(address(process), timeout=seconds + 1) as sock:
        try:
            sock.sendall(raw)
            answer = sock.recv(65536)
        except (BrokenPipeError, ConnectionResetError):
            answer = b""
    assert time.monotonic() - began < seconds
    status = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    assert status or not answer
    return int(status[1]) if status else None


def head(*lines, path=ALERTS, method="POST", version="1.1"):
    first = f"{method} {path} HTTP/{version}"
    return "\r\n".join((first, "Host: x", *lines, "", "")).encode("latin-1")


def memory(process):
    """Bytes that the process holds."""
    with open(f"/proc/{process.process.pid}/status") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))


def well(process):
    """It answers at once, and has seen no error of its own."""
    began = time.monotonic()
    assert process.get("/-/ready").status_code == 200
    assert time.monotonic() - began < PATIENT
    assert "internal error" not in process.log
    assert "Traceback" not in process.log
    assert "uncaptured" not in process.log
