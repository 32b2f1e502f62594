"""Connections that stay open while nothing is asked: held beside the loop, which they cost nothing.

The loop asks each connection in its map what it wants whenever anything happens on any. So those
that seldom want anything are watched by an epoll of their own, which is one entry of that map.
"""

from __future__ import annotations

import logging
import select
from typing import Any

from waitress import wasyncore  # type: ignore[import-untyped]

log = logging.getLogger(__name__)


class Held:
    """The connections that are held. All is done in the loop's own thread.

    Where there is no epoll, which is elsewhere than on Linux, they stay in the map of the loop.
    """

    accepting = False

    def __init__(self, among: dict[int, Any]) -> None:
        self._map = among
        self._flags: dict[int, int] = {}
        self._channels: dict[int, Any] = {}
        self._epoll = select.epoll() if hasattr(select, "epoll") else None
        if self._epoll is not None:
            among[self._epoll.fileno()] = self

    def settle(self, channel: Any) -> None:
        """Hold a connection, and watch it for what it wants now."""
        fd = channel._fileno
        if self._epoll is None or fd is None:
            return
        flags = (select.EPOLLIN if channel.readable() else 0) | (
            select.EPOLLOUT if channel.writable() else 0
        )
        if fd not in self._channels:
            self._map.pop(fd, None)
            self._epoll.register(fd, flags)
        elif flags != self._flags[fd]:
            self._epoll.modify(fd, flags)
        self._channels[fd], self._flags[fd] = channel, flags

    def forget(self, fd: int | None) -> None:
        """The connection is about to be closed, which ends the watch."""
        if fd is not None:
            self._channels.pop(fd, None)
            self._flags.pop(fd, None)

    def readable(self) -> bool:
        """Whether the loop is to look for something that happened on any of them."""
        return bool(self._channels)

    def writable(self) -> bool:
        """Nothing is written here."""
        return False

    def handle_read_event(self) -> None:
        """Something happened on some of them."""
        if self._epoll is None:
            return
        for fd, flags in self._epoll.poll(0):
            channel = self._channels.get(fd)
            if channel is not None:
                wasyncore.readwrite(channel, flags)
                self.settle(channel)

    def handle_expt_event(self) -> None:
        """Nothing of the kind happens here."""

    def handle_error(self) -> None:
        """What must not happen; the loop goes on."""
        log.exception("connections that are held cannot be looked after")

    def close(self) -> None:
        """Close them all."""
        for channel in list(self._channels.values()):
            channel.handle_close()
        if self._epoll is not None and not self._epoll.closed:
            self._map.pop(self._epoll.fileno(), None)
            self._epoll.close()
