"""Filing a complaint over the API, against the least that is durable at all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from statistics import median

from bench.measure import Goal, Row, less, pairs
from bench.world import Load, World

# Every request another text from another network: neither limit nor duplicate shortens the way.
_FILING = """
local refs = %s
math.randomseed(os.time())
local said = {"课件最后一页的二维码打开后不是教学内容", "第三个视频从中间开始没有声音",
  "练习题的答案和课本对不上", "插图里的地图画错了", "评论区有人留下奇怪的链接"}
function request()
  local text = said[math.random(#said)] .. "，请核实。编号" .. math.random(1000000000)
  local body = '{"text":"' .. text .. '","resource":{"id":"' .. refs[math.random(#refs)]
    .. '"},"locators":[]}'
  local from = "10." .. math.random(0, 255) .. "." .. math.random(0, 255) .. "."
    .. math.random(1, 254)
  return wrk.format("POST", nil,
    {["Content-Type"] = "application/json", ["X-Forwarded-For"] = from}, body)
end
"""


def run(world: World) -> Iterator[Row]:
    """``POST /api/v1/complaints`` at 16 clients."""
    refs = json.dumps(world.resources()).replace("[", "{").replace("]", "}")
    script, span = _FILING % refs, world.pick(1, 5)
    data = world.data("intake")
    seen: list[Load] = []
    with world.web(data) as ours, world.bare("insert", data) as bare:

        def filed() -> float:
            seen.append(world.wrk(f"{ours}/api/v1/complaints", span, script=script))
            return seen[-1].rate

        def inserted() -> float:
            return world.wrk(f"{bare}/", span, script=script).rate

        both = pairs(filed, inserted, world.pairs)
    yield both.row(
        "intake", "intake: durable POST (sealed, audited, receipt)", Goal(0.35, 0.7),
        baseline="bare one-insert endpoint, same server, database and lock", unit="req/s",
    )  # fmt: skip
    counted = seen[1:]
    tails = [load.p99 / load.p50 for load in counted]
    yield Row(
        "intake", "intake: p99 / p50", median(tails), min(tails), max(tails), less(10, 3),
        made_of=f"p50 {median(x.p50 for x in counted):.0f} ms, "
        f"p99 {median(x.p99 for x in counted):.0f} ms, 16 clients",
        n=len(tails),
    )  # fmt: skip
