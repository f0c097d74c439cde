"""The doorbell: tells workers that a queue has due rows. It may ring twice or never.

Redis and RQ carry no truth: a lost ring is repaired by the sweeper. Hence 0.2 s, no retry,
failure ignored (design: the only module of ``app``, beside limits.py, that knows Redis).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from uuid import uuid4

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.serializers import JSONSerializer

QUEUES = ("stop", "default", "slow")
DRAIN = "workers.run.drain"

_client: redis.Redis | None = None


def connect(url: str, *, timeout: float = 0.2) -> redis.Redis:
    """A client that gives up at once; callers treat Redis as absent then."""
    return redis.Redis.from_url(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),
    )


def configure(url: str | None) -> None:
    """Ring at this Redis from now on; None keeps silent (tests of pure parts)."""
    global _client  # noqa: PLW0603 - one bell per process
    _client = connect(url) if url else None


def ring(queues: Iterable[str]) -> bool:
    """Ring each queue once; True if all rings went out.

    A ring that is still unanswered is not repeated (key ``chuku:rung:<queue>``, 2 s).
    """
    heard = True
    for queue in queues:
        heard = _ring(queue) and heard
    return heard


def _ring(queue: str) -> bool:
    if _client is None:
        return False
    try:
        if not _client.set(f"chuku:rung:{queue}", 1, nx=True, ex=2):
            return True
        Queue(queue, connection=_client, serializer=JSONSerializer).enqueue_call(
            DRAIN,
            args=(queue,),
            job_id=f"drain-{queue}-{uuid4().hex}",
            result_ttl=0,
            failure_ttl=300,
            timeout=600,
        )
    except redis.RedisError:
        return False
    return True


def answered(queue: str) -> None:
    """A worker has begun to drain: the next ring must go out again."""
    if _client is not None:
        with contextlib.suppress(redis.RedisError):
            _client.delete(f"chuku:rung:{queue}")


def alive() -> bool:
    """Whether Redis answers within the bell's own patience."""
    if _client is None:
        return False
    try:
        return bool(_client.ping())
    except redis.RedisError:
        return False
