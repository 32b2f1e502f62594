"""Stretches of lost traffic in many rows at once, with their edges."""

from __future__ import annotations

from detector.evidence import local_hours
from detector.search import cell_zones, elevated
from detector.settle import penalties
from detector.stack import Stack
from detector.stretches import Stretch, stretches_of
from detector.traffic import LEFT, screen_traffic, traffic_of, usual_traffic


def losses(stack: Stack, zone: str) -> dict[int, list[Stretch]]:
    """Find the stretches whose attempts are far below the usual, by row, for those that have any.

    Cells without attempts count, time without cells does not: no data is not the same as no
    traffic.
    """
    penalty = penalties(stack.cells, len(LEFT))
    usual = usual_traffic(stack)
    found: dict[int, list[Stretch]] = {}
    for row, zones in screen_traffic(stack, usual, penalty).items():
        grid = stack.rows[row].grid
        hours = local_hours(grid, 0, grid.size, int(stack.origin[row]), zone)
        traffic = traffic_of(stack, usual, row, hours)
        own = cell_zones(zones, stack.cell[stack.blocks(row)], grid.size)
        lost = elevated(traffic.part, own, 1 - LEFT, float(penalty[row]))
        stretches = []
        for one in lost:
            beside = traffic.around(one.start, one.stop)
            stretches += stretches_of([one], beside, float(penalty[row]), "traffic_loss")
        if stretches:
            found[row] = stretches
    return found
