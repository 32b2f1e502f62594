"""Stops a waitress server so that whoever has sent a request gets its answer."""

from __future__ import annotations

import contextlib
import ctypes
import select
import socket
import struct
import sys
import time

from waitress.wasyncore import dispatcher  # type: ignore[import-untyped]

from outage_window.serving.channel import Channel
from outage_window.serving.server import Server

SO_ATTACH_FILTER = 26
"""Of Linux; Python has no name for it."""
PATIENCE = 10.0
GRACE = 0.5
"""Seconds for which a connection without a request stays: one may be on its way."""


def drain(server: Server, patience: float = PATIENCE) -> None:
    """Take no more connections, answer what came, for at most `patience` seconds.

    Everything is done in the server's own thread, whose loop must not see sockets vanish.
    """
    until = time.monotonic() + patience
    server.trigger.pull_trigger(lambda: _stop_listening(server))
    time.sleep(GRACE)
    while server.active_channels and time.monotonic() < until:
        server.trigger.pull_trigger(lambda: _close_idle(server))
        time.sleep(0.02)
    remaining = max(until - time.monotonic(), 0.1)
    server.task_dispatcher.shutdown(cancel_pending=False, timeout=remaining)


def _stop_listening(server: Server) -> None:
    """Let in whoever is connected already, then nobody."""
    _connect_no_more(server.socket)
    known = -1
    while known != len(server.active_channels):
        known = len(server.active_channels)
        server.handle_accept()
    dispatcher.close(server)
    # Only now: who is told to connect anew must find nobody, rather than one who is leaving.
    server.draining = True
    for channel in list(server.active_channels.values()):
        channel.leave()


def _connect_no_more(listening: socket.socket) -> None:
    """Let the kernel drop what asks for a connection: a second later it finds nobody.

    Without it, whoever connects between the last accept and the close is cut off, as often as one
    stop in eight under load. Elsewhere than on Linux that remains.
    """
    if sys.platform == "linux":
        # The smallest classic BPF program: one instruction, return 0, which keeps no byte.
        drop = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
        program = struct.pack("HP", 1, ctypes.addressof(drop))
        with contextlib.suppress(OSError):
            listening.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def _close_idle(server: Server) -> None:
    """Let connections go that have been silent for a while, with nothing in them to be read."""
    silent = time.time() - GRACE
    for channel in list(server.active_channels.values()):
        channel.leave()  # of those that have only just begun to listen
        under_way = channel.requests or channel.request is not None or channel.total_outbufs_len
        if not under_way and channel.last_activity < silent and not _readable(channel):
            channel.will_close = True


def _readable(channel: Channel) -> bool:
    poll = select.poll()
    poll.register(channel.socket, select.POLLIN)
    return bool(poll.poll(0))
