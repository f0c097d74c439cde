"""A small catalogue through the import, as an operator would bring it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.authorities.service import ROWS
from app.catalogue import queries
from app.catalogue.service import import_lines
from app.catalogue.values import ImportReport, ResourceView

HOST = "127.0.0.1"
PORT = 8090


def platform_row(code: str = "yunchuan", **more: Any) -> dict[str, Any]:
    return {
        "type": "platform",
        "code": code,
        "name": "云川省智慧教育平台（演示）",
        "name_en": "Yunchuan",
        "parent": None,
        "level": "provincial",
        "region": "云川省",
        "operated": True,
        "letter_prefix": "云智资",
        "hosts": [HOST],
        **more,
    }


def body_row(code: str, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "body",
        "code": code,
        "name": f"{code}（演示）",
        "kind": kind,
        "parent": None,
        "region": "云川省",
        "responsible_person": "欧阳诚" if kind == "provider" else None,
        **more,
    }


def address_row(ref: str, name: str, role: str, **more: Any) -> dict[str, Any]:
    return {
        "url": f"http://{HOST}:{PORT}/r/{ref}/{name}",
        "role": role,
        "hosting": "own",
        "mode": "prefix" if name.endswith("/") else "exact",
        **more,
    }


def resource_row(ref: str = "R0001", *, digit: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "type": "resource",
        "ref": ref,
        "platform": "yunchuan",
        "provider": "zhongxin",
        "title": f"函数的单调性与最值 {ref}",
        "kind": "course",
        "subject": "数学",
        "grade": "高中一年级",
        "description": "单调区间的判断。",
        "thumbnail": f"/r/{ref}/cover.png",
        "views_30d": 100,
        "addresses": [
            address_row(ref, "index.html", "page"),
            address_row(ref, "video.webm", "media", digest=(digit + ref[-1]) * 32),
            address_row(ref, "hls/", "segment", digest=("b" + ref[-1]) * 32),
        ],
        **more,
    }


def bodies() -> list[dict[str, Any]]:
    """Every role of one provincial platform below a national office."""
    rows = [
        platform_row(),
        body_row("reg_root", "regulator"),
        body_row("reg", "regulator", parent="reg_root"),
        body_row("auth", "authority", parent="reg"),
        body_row("op", "operator", parent="auth"),
        body_row("cac", "cac"),
        body_row("police", "police"),
        body_row("zhongxin", "provider"),
    ]
    holders = {
        "authority": "auth",
        "regulator": "reg",
        "operator": "op",
        "local_cac": "cac",
        "police": "police",
    }
    rows += [
        {"type": "role", "platform": "yunchuan", "role": role, "body": body}
        for role, body in holders.items()
    ]
    for body in ("reg_root", "reg", "auth", "op", "cac", "police", "zhongxin"):
        rows += [
            {"type": "contact", "body": body, "name": name, "channel": "email", "hours": "全天",
             "address": f"{login}@{body.replace('_', '-')}.example", "rank": rank,
             "exercise": exercise}
            for name, login, rank, exercise in (
                ("值班员", "first", 1, False), ("备班员", "second", 2, False),
                ("演练联系人", "drill", 1, True))
        ]  # fmt: skip
        rows.append(
            {
                "type": "contact",
                "body": body,
                "name": "备班员",
                "channel": "phone",
                "address": "000-0000",
                "rank": 3,
            }
        )
    return rows


def bring(tx: Session, rows: list[Any], at: datetime) -> ImportReport:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    return import_lines(tx, lines, at, others=ROWS)


def make_catalogue(
    tx: Session, at: datetime, *, refs: tuple[str, ...] = ("R0001", "R0002")
) -> list[ResourceView]:
    """A platform with every body, and these resources; no line may be refused."""
    report = bring(tx, bodies() + [resource_row(ref) for ref in refs], at)
    assert not report.errors
    return [queries.resource(tx, ref) for ref in refs]
