"""The web process asks the classifier beside it; it never loads the model and never waits long."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from app.classifier import beside


@pytest.fixture(scope="module")
def folder():
    with tempfile.TemporaryDirectory(prefix="ck") as name:  # a socket's path must be short
        beside.answer_in_background(Path(name))
        until = time.monotonic() + 60
        while (
            not beside.propose(Path(name), "二维码是赌博网站", within=5)
            and time.monotonic() < until
        ):
            time.sleep(0.1)
        yield Path(name)


def test_the_worker_beside_proposes(folder):
    found = beside.propose(folder, "最后一页的二维码是赌博网站")
    assert found[0][0] == "legal"
    assert found[0][1] > 0.5


def test_the_socket_is_private(folder):
    assert (folder / beside.NAME).stat().st_mode & 0o077 == 0


def test_nobody_there_is_no_proposal_and_no_wait(tmp_path):
    began = time.monotonic()
    assert beside.propose(tmp_path, "地图错误") == []
    assert time.monotonic() - began < 0.2


def test_one_who_never_answers_is_not_waited_for():
    import socket

    with tempfile.TemporaryDirectory(prefix="ck") as name, socket.socket(socket.AF_UNIX) as mute:
        mute.bind(f"{name}/{beside.NAME}")
        mute.listen()
        began = time.monotonic()
        assert beside.propose(Path(name), "地图错误", within=0.2) == []
        assert time.monotonic() - began < 1.0


def test_the_web_process_does_not_load_the_model():
    code = (
        "import sys; from app.factory import create_app; import app.intake.dialogue; "
        "print('spacy' in sys.modules, 'thinc' in sys.modules)"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert found.stdout.split() == ["False", "False"]


def test_answering_beside_and_classifying_in_one_process_do_not_disturb_each_other():
    """The stop worker classifies complaints in one thread and answers dialogues in another."""
    from concurrent.futures import ThreadPoolExecutor

    from app import classifier

    texts = [
        f"第{n}页的{what}"
        for n in range(120)
        for what in ("地图错了", "二维码是赌博网站", "字太小")
    ]
    alone = [one.as_dict() for one in classifier.suggest_many(texts)]
    with ThreadPoolExecutor(2) as pool:
        together = list(
            pool.map(lambda _: [classifier.suggest(t).as_dict() for t in texts], range(2))
        )
    assert together == [alone, alone]
