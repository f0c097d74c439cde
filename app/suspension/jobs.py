"""What workers run: telling targets, looking, calling people about what lags."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from flask import current_app

from app.core import clock
from app.core.failpoint import failpoint
from app.core.http import networks
from app.core.keystore import keys
from app.core.log import Log
from app.core.settings import Settings
from app.core.transaction import reading, transaction
from app.suspension import (
    enforcement,
    generation,
    observation,
    probe,
    queries,
    service,
    target,
)
from app.suspension.target import Means, TargetError

_log = Log(__name__)


def _settings() -> Settings:
    value = current_app.config["CHUKU"]
    assert isinstance(value, Settings)
    return value


def push(*, target_id: int, resource_id: int) -> None:
    """Tell one target today's state of one resource until it has it.

    Raises:
        TargetError: it did not accept; the outbox calls again, for ever.
    """
    holder = uuid4().hex
    nets = networks(_settings().probe_nets)
    while True:
        with transaction() as tx:
            sending = enforcement.begin_push(
                tx, target_id=target_id, resource_id=resource_id, holder=holder, at=clock.now()
            )
        if sending is None:
            return
        means = Means(
            name=sending.target,
            config=sending.config,
            secret=keys().secret(sending.secret_name) if sending.secret_name else b"",
            allow_private=nets,
            at=clock.now(),
        )
        try:
            receipt = target.kind(sending.kind).push(sending.wanted, means)
        except TargetError as error:
            with transaction() as tx:
                enforcement.settle_push(
                    tx, sending, holder=holder, at=clock.now(), error=str(error)
                )
            raise
        failpoint("suspension.told")
        with transaction() as tx:
            more = enforcement.settle_push(tx, sending, holder=holder, at=clock.now())
        _log.info("target.told", target=sending.target, receipt=receipt)
        if not more:
            return


def look(*, resource_id: int, epoch: int, generation: int, n: int, chain: bool = True) -> None:
    """One round of the probe under this generation; a chain's round promises the next."""
    with reading() as session:
        state = queries.stop_state(session, resource_id)
        if (state.epoch, state.generation) != (epoch, generation):
            return  # a newer generation has its own chain
        addresses = queries.addresses(session, resource_id)
        refs = queries.block_refs(session, resource_id)
    chosen = _settings()
    sights = probe.look_at_all(
        addresses,
        ours=refs,
        nets=networks(chosen.probe_nets),
        identity=f"Chuku-Probe/1 (+{chosen.public_url})",
    )
    at = clock.now()
    with transaction() as tx:
        row = observation.record_round(
            tx,
            resource_id=resource_id,
            epoch=epoch,
            generation_seen=generation,
            sights=sights,
            at=at,
        )
        if chain and (row.epoch, row.generation) == (epoch, generation):
            observation.promise_next(tx, row, n=n, at=at)


def late(**_: object) -> None:
    """Call a person about must targets that lag."""
    with transaction() as tx:
        enforcement.page_late(tx, at=clock.now())


def reconcile(**_: object) -> None:
    """Hold what the catalogue moved: a new address of a stopped resource is dark too."""
    with reading() as session:
        moved = [
            resource_id
            for resource_id in queries.dark_resources(session)
            if generation.drifted(session, resource_id)
        ]
    for resource_id in moved:
        with transaction() as tx:
            service.recover(tx, resource_id=resource_id, at=clock.now())
        _log.warning("hold.recovered", resource_id=resource_id)


JOBS: dict[str, Callable[..., None]] = {
    "suspension.push": push,
    "suspension.probe": look,
    "suspension.late": late,
    "suspension.reconcile": reconcile,
}
PERIODIC: dict[str, int] = {"suspension.late": 15, "suspension.reconcile": 30}
