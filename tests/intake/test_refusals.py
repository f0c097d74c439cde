"""Each refusal of page 3.8, provoked by a real file, with one sentence in both languages."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from flask_babel import force_locale, gettext

from app.core.errors import InvalidError, UnavailableError
from app.intake import uploads
from app.intake.inspect_file import check
from tests.intake import seeded

KEY = b"k" * 32
SEEDED = {
    "bomb.docx": (seeded.zip_bomb_docx, "unpacks"),
    "many.docx": (seeded.docx_of_many_parts, "unpacks"),
    "huge.png": (seeded.huge_png, "unpacks"),
    "both.jpg": (seeded.jpeg_and_zip, "differs"),
    "page.png": (seeded.png_and_page, "differs"),
    "photo.pdf": (seeded.jpeg, "differs"),
    "paper.jpg": (seeded.pdf, "differs"),
    "sheet.docx": (seeded.xlsx, "differs"),
    "plain.docx": (lambda: b"plain words", "differs"),
    "double.jpg.txt": (seeded.jpeg, "differs"),
    "locked.pdf": (seeded.pdf_with_password, "password"),
    "locked.docx": (seeded.encrypted_docx, "password"),
    "office-locked.docx": (seeded.ole_docx, "password"),
    "macro.docx": (lambda: seeded.docx(**{"word/vbaProject.bin": b"x"}), "active"),
    "macro.docm": (seeded.docx, "active"),
    "control.docx": (lambda: seeded.docx(**{"word/activeX/a.xml": b"<a/>"}), "active"),
    "starts.docx": (lambda: seeded.docx(**{"word/footer1.xml":
                    f'<w:p {seeded._W}><w:instrText> DDEAUTO c "run"</w:instrText></w:p>'}),
                    "active"),
    "script.pdf": (seeded.pdf_with_script, "active"),
    "a.svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>', "active"),
    "a.html": (lambda: b"<!doctype html><p>x", "active"),
    "page.txt": (lambda: b"<!doctype html><html><script>1</script></html>", "active"),
    "tool.jpg": (lambda: b"MZ\x90\0" + bytes(60) + b"\x80\0\0\0" + bytes(64) + b"PE\0\0" + bytes(200),
                 "active"),
    "broken.pdf": (lambda: b"%PDF-1.7 broken", "unreadable"),
    "cut.jpg": (lambda: seeded.jpeg()[:900], "unreadable"),
    "cut.docx": (lambda: seeded.docx()[:600], "unreadable"),
    "entity.docx": (lambda: seeded.docx(**{"word/header1.xml":
                    b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'}),
                    "unreadable"),
    "out.docx": (lambda: seeded.docx(**{"word/../../x.xml": b"<a/>"}), "unreadable"),
    "archive.zip": (lambda: seeded.zipped({"a.txt": "x"}), "type"),
    "old.doc": (seeded.ole_docx, "type"),
    "a.xyz": (lambda: b"plain words", "type"),
}  # fmt: skip


@pytest.mark.parametrize("name", SEEDED)
def test_a_real_file_of_this_kind_is_refused(name):
    make, expected = SEEDED[name]
    said = check(io.BytesIO(make()), name.rsplit(".", 1)[-1])
    assert said == {"refusal": expected, "media_type": "", "found": []}


def test_every_refusal_has_a_sentence_in_both_languages(app):
    assert set(uploads.REFUSALS) == {
        "empty", "large", "many", "type", "differs", "unpacks", "password", "active", "unreadable",
    }  # fmt: skip
    with app.test_request_context():
        for sentence in uploads.REFUSALS.values():
            with force_locale("zh_Hans"):
                chinese = gettext(sentence, name="照片.jpg")
            with force_locale("en"):
                english = gettext(sentence, name="照片.jpg")
            assert "照片.jpg" in chinese
            assert chinese.endswith("。")
            assert english.isprintable()
            assert english.endswith(".")
            assert chinese != english


def _stage(tmp_path, name: str, stream) -> None:
    uploads.stage(
        data_folder=tmp_path, kid="draft", key=KEY, name=name, stream=stream, clamd_url=""
    )


class Endless(io.RawIOBase):
    """More bytes than anybody wants; counts how many were taken."""

    taken = 0

    def read(self, size: int = -1) -> bytes:
        self.taken += size
        return bytes(size)


def test_what_is_too_large_is_not_read_to_its_end_nor_kept_in_memory(tmp_path):
    sent = Endless()
    tracemalloc.start()
    with pytest.raises(InvalidError, match="larger than 50 MB"):
        _stage(tmp_path, "film.mp4", sent)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sent.taken < uploads.MAX_BYTES + (1 << 20)
    assert peak < 4 * 1024 * 1024
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_an_empty_file_leaves_nothing(tmp_path):
    with pytest.raises(InvalidError, match="is empty"):
        _stage(tmp_path, "a.png", io.BytesIO())
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_a_full_disk_stops_uploads_only(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "RESERVE", 1 << 60)
    with pytest.raises(UnavailableError, match="without them"):
        _stage(tmp_path, "a.png", io.BytesIO(seeded.png()))


def test_a_child_that_hangs_or_dies_refuses_one_file_and_harms_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "DEADLINE", 0.05)
    with pytest.raises(InvalidError, match="cannot be read"):
        _stage(tmp_path, "a.png", io.BytesIO(seeded.png()))
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_what_waits_is_sealed_and_is_not_a_name(tmp_path):
    _stage(tmp_path, "../../张三\u202e.jpg", io.BytesIO(seeded.jpeg()))
    [kept] = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert kept.parent == tmp_path / "uploads" / "draft"
    assert kept.name.isalnum()
    assert b"JFIF" not in kept.read_bytes()
    assert seeded.CANARY.encode() not in kept.read_bytes()
