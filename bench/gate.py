"""The gate's question, asked at every content request of a host that has its own nginx."""

from __future__ import annotations

from collections.abc import Iterator

from bench.measure import Goal, Row, pairs
from bench.world import World

_ASK = """
math.randomseed(os.time())
function request()
  return wrk.format("GET", nil, {["X-Original-Host"] = "127.0.0.1",
    ["X-Original-URI"] = "/r/R" .. math.random(1000, 9999) .. "/video.webm"})
end
"""


def run(world: World) -> Iterator[Row]:
    """``/gate/v1/check`` of the product's web process against Flask saying hello."""
    data, span = world.data("gate"), world.pick(1, 3)
    with world.web(data) as ours, world.bare("hello", data) as bare:
        both = pairs(
            lambda: world.wrk(f"{ours}/gate/v1/check", span, script=_ASK).rate,
            lambda: world.wrk(f"{bare}/", span, script=_ASK).rate,
            world.pairs,
        )
    yield both.row(
        "gate", "gate check, allowed", Goal(0.6, 0.9), baseline="bare Flask hello, same server",
        unit="req/s",
    )  # fmt: skip
