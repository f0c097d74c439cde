"""``chuku officer`` and ``chuku key``: accounts and machines' keys."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict
from typing import Any

import click

from app.accounts import queries, service
from app.authorities import queries as authorities
from app.cli.context import with_app
from app.core import clock
from app.core.errors import ConflictError, NotFoundError
from app.core.transaction import reading, transaction


def _platform(code: str) -> int:
    with reading() as session:
        found = authorities.platform(session, code)
    if found is None:
        raise NotFoundError("There is no platform %(code)s.", code=code)
    return int(found.id)


def _account(login: str) -> int:
    with reading() as session:
        found = queries.by_login(session, login)
    if found is None:
        raise NotFoundError("There is no account %(login)s.", login=login)
    return found[0]


@click.group()
def officer() -> None:
    """Accounts of people."""


@officer.command()
@click.argument("login")
@click.option("--name", required=True)
@click.option("--role", required=True, help="e.g. officer, supervisor")
@click.option("--platform", required=True, help="platform code")
@with_app
def add(login: str, name: str, role: str, platform: str) -> None:
    """Add LOGIN; prints the first password and the TOTP secret once."""
    password = secrets.token_urlsafe(15)
    where = _platform(platform)
    with transaction() as tx:
        _id, secret = service.add_account(
            tx,
            login=login,
            name=name,
            password=password,
            memberships=[(where, role)],
            at=clock.now(),
        )
    click.echo(f"login {login}\npassword {password}\ntotp {secret}")


@officer.command()
@click.argument("login")
@click.argument("role")
@click.option("--platform", required=True, help="platform code")
@with_app
def role(login: str, role: str, platform: str) -> None:
    """Give LOGIN a ROLE on a platform."""
    account, where = _account(login), _platform(platform)
    with transaction() as tx:
        service.give_role(
            tx, account_id=account, platform_id=where, role=role, at=clock.now(), by="system:cli"
        )
    click.echo(f"{login} is {role} on {platform}")


@officer.command()
@click.argument("login")
@with_app
def disable(login: str) -> None:
    """End LOGIN with every session and key."""
    with transaction() as tx:
        service.disable(tx, login=login, at=clock.now(), by="system:cli")
    click.echo(f"{login} is disabled")


@click.group()
def key() -> None:
    """Keys of machines."""


@key.command()
@click.option("--scope", type=click.Choice(service.SCOPES), required=True)
@click.option("--name", default="", help="what it is for")
@click.option("--account", help="login a desk key acts as")
@click.option("--platform", help="platform code")
@with_app
def create(scope: str, name: str, account: str | None, platform: str | None) -> None:
    """Create a key; it is printed once."""
    account_id = _account(account) if account else None
    platform_id = _platform(platform) if platform else None
    with transaction() as tx:
        token = service.create_key(
            tx,
            name=name or scope,
            scope=scope,
            at=clock.now(),
            account_id=account_id,
            platform_id=platform_id,
        )
    click.echo(token)


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines")
@with_app
def list_keys(*, as_json: bool) -> None:
    """Every key that may still be used, and when it last was; never the key itself."""
    at = clock.now()
    with reading() as session:
        found = [k for k in queries.api_keys(session) if k.usable(at)]
    for one in found:
        if as_json:
            click.echo(json.dumps(asdict(one), ensure_ascii=False, default=_moment))
        else:
            used = f"used {one.last_used_at:%Y-%m-%d %H:%M}Z" if one.last_used_at else "never used"
            click.echo(f"{one.id:>5}  {one.scope:<9}  {used:<22}  {one.name}")


def _moment(value: Any) -> str:
    return str(value.isoformat())


@key.command()
@click.argument("key_id", metavar="ID", type=int)
@with_app
def revoke(key_id: int) -> None:
    """End the key ID (see: chuku key list); its next request is refused."""
    at = clock.now()
    with transaction() as tx:
        one = next((k for k in queries.api_keys(tx) if k.id == key_id), None)
        if one is None:
            raise NotFoundError("There is no key %(id)s.", id=key_id)
        if one.revoked_at is not None:
            raise ConflictError("The key %(id)s was ended before.", id=key_id)
        service.revoke_key(tx, key_id=key_id, at=at, by="system:cli")
    click.echo(f"key {key_id} ({one.scope}, {one.name}) is ended")


COMMANDS = (officer, key)
