"""Baselines under the product's own server: one insert, or a greeting, and nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import sqlalchemy as sa
import waitress
from flask import Flask, request

from app.core import bell, clock, db, settings
from app.core.transaction import transaction


def inserting(app: Flask, file: Path) -> None:
    """``POST /``: JSON in, one durable row, 201; the product's engine, pragmas and write lock."""
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{file}"
    db.init_app(app)
    table = sa.Table(
        "said",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("text", sa.Text),
        sa.Column("at", sa.Text),
    )
    with app.app_context():
        table.create(db.db.engine)

    @app.post("/")
    def insert() -> tuple[dict[str, int], int]:
        text = request.get_json()["text"]
        with transaction() as tx:
            row = sa.insert(table).values(text=text, at=clock.now().isoformat())
            made = tx.execute(row.returning(table.c.id)).scalar_one()
        return {"id": made}, 201


def main() -> None:
    """``python -m bench.bare insert|hello PORT``."""
    what, port = sys.argv[1], int(sys.argv[2])
    chosen = settings.load()
    bell.configure(None)
    app = Flask(__name__)
    if what == "insert":
        inserting(app, chosen.folder / "bare.db")

    @app.get("/")
    def hello() -> str:
        return "hello"

    waitress.serve(
        app,
        host="127.0.0.1",
        port=port,
        threads=chosen.web_threads,
        connection_limit=2000,
        channel_timeout=75,
        ident=None,
        clear_untrusted_proxy_headers=False,
    )


if __name__ == "__main__":
    main()
