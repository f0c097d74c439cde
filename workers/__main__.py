"""``python -m workers --queues stop,default``: a preloaded worker that answers rings."""

from __future__ import annotations

import argparse
import time

import redis
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer

from app import classifier
from app.classifier import beside
from app.core import bell
from app.core.log import Log
from app.core.web import settings
from workers.readiness import say_ready
from workers.run import application, drain_here

_log = Log(__name__)


def main() -> None:
    """Work the named queues until SIGTERM; reconnect for ever when Redis is gone."""
    parser = argparse.ArgumentParser(prog="workers")
    parser.add_argument("--queues", default=",".join(bell.QUEUES))
    queues = parser.parse_args().queues.split(",")
    app = application()
    with app.app_context():
        url = settings().redis_url
        if "stop" in queues:  # the model is loaded before the first ring, not by it
            classifier.load()
            beside.answer_in_background(settings().folder)
        for queue in queues:
            drain_here(queue)
    say_ready()
    while True:
        connection = redis.Redis.from_url(url, socket_timeout=15, socket_connect_timeout=2)
        try:
            worker = SimpleWorker(
                [Queue(q, connection=connection, serializer=JSONSerializer) for q in queues],
                connection=connection,
                serializer=JSONSerializer,
                maintenance_interval=60,
                worker_ttl=30,
            )
            worker.work(logging_level="WARNING")
        except redis.RedisError as error:
            _log.warning("worker.redis_gone", error=type(error).__name__)
            time.sleep(1)
        else:
            return


if __name__ == "__main__":
    main()
