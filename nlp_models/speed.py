"""How fast a version is on this machine, measured in a process of its own.

`python -m nlp_models.speed FOLDER` prints one JSON document; `speed` runs that and reads it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

_ROOT = Path(__file__).parent.parent
_BATCH = 64
_CALLS = 300
_TIMES = 2
_SAMPLE = 2_000  # texts from all over the corpus
_FIRST = "视频没有声音"


def speed(folder: Path) -> dict[str, Any]:
    """Load time, memory, one call, a batch, size on disk; of a fresh process."""
    done = subprocess.run(  # noqa: S603 - our own module, our own interpreter
        [sys.executable, "-m", "nlp_models.speed", str(folder)],
        cwd=_ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def _measure(folder: Path) -> dict[str, Any]:
    began = time.perf_counter()
    from nlp_models.lean import without_spacy_cli  # noqa: PLC0415 - the load is what is timed

    with without_spacy_cli():
        from nlp_models.pipeline import Pipeline  # noqa: PLC0415 - the same
    pipeline = Pipeline.load(folder)
    pipeline.read(_FIRST)  # lists and tables are read at the first text
    loaded = time.perf_counter() - began

    from nlp_models import corpus  # noqa: PLC0415 - not part of the load

    rows = corpus.load()
    texts = [row.text for row in rows[:: max(len(rows) // _SAMPLE, 1)]]
    calls = []
    for text in texts[:: max(len(texts) // _CALLS, 1)]:
        began = time.perf_counter()
        pipeline.read(text)
        calls.append((time.perf_counter() - began) * 1000)
    batch = texts * _TIMES
    began = time.perf_counter()
    for first in range(0, len(batch), _BATCH):
        pipeline.read_many(batch[first : first + _BATCH])
    took = time.perf_counter() - began
    return {
        "load_s": round(loaded, 2),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "one_call_ms": round(median(calls), 2),
        "one_call_p95_ms": round(quantiles(calls, n=20)[-1], 2),
        "batch_texts_per_s": round(len(batch) / took),
        "batch_texts": len(batch),
        "disk_mb": round(_bytes(folder) / 1e6, 1),
    }


def _bytes(folder: Path) -> int:
    return sum(item.stat().st_size for item in folder.rglob("*") if item.is_file())


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]))))
