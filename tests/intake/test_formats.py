"""What hides in each kind of file is found and named, and no copy holds any of it."""

from __future__ import annotations

import io
import zipfile

import pikepdf
import pytest
from PIL import Image

from app.intake.formats import mp4, office, pdf, picture, text, webm
from app.intake.inspect_file import _format, check
from tests.intake import seeded
from tests.intake.seeded import CANARY, WORDS

CASES = {
    "jpg": (seeded.jpeg, {"location", "device", "author", "software", "time", "other"}),
    "png": (seeded.png, {"location", "author", "software"}),
    "webp": (seeded.webp, {"location", "device"}),
    "gif": (seeded.gif, {"other"}),
    "pdf": (seeded.pdf, {"author", "software", "time", "comments", "attached"}),
    "docx": (seeded.docx, {"author", "changes", "comments", "location", "attached", "thumbnail"}),
    "xlsx": (seeded.xlsx, {"author", "comments", "path"}),
    "pptx": (seeded.pptx, {"author", "comments"}),
    "mp4": (seeded.mp4, {"location", "device", "time", "track"}),
    "mov": (seeded.mov, {"location", "time"}),
    "webm": (seeded.film, {"author", "software", "time"}),
    "mp3": (seeded.mp3, {"author", "software", "comments"}),
    "wav": (seeded.wav, {"author"}),
}


def _clean(data: bytes, suffix: str) -> tuple[str, bytes]:
    said = check(io.BytesIO(data), suffix)
    assert said["refusal"] is None
    out = io.BytesIO()
    kind = _format(said["media_type"]).clean(io.BytesIO(data), out, said["media_type"])
    return kind, out.getvalue()


def _everything(data: bytes, suffix: str) -> bytes:
    """All bytes a curious reader can get at, unpacked."""
    if suffix in {"docx", "xlsx", "pptx"}:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            return b"".join(n.encode() + parts.read(n) for n in parts.namelist())
    if suffix == "pdf":
        with pikepdf.open(io.BytesIO(data)) as book:
            streams = [o.read_raw_bytes() for o in book.objects if isinstance(o, pikepdf.Stream)]
            out = io.BytesIO()
            book.save(out, qdf=True, object_stream_mode=pikepdf.ObjectStreamMode.disable)
            return out.getvalue() + b"".join(streams)
    return data


@pytest.mark.parametrize("suffix", CASES)
def test_what_hides_is_found_and_gone_from_the_copy(suffix):
    make, expected = CASES[suffix]
    data = make()
    found = {key for key, _ in check(io.BytesIO(data), suffix)["found"]}
    assert expected <= found
    assert CANARY.encode() in _everything(data, suffix)
    _, copy = _clean(data, suffix)
    left = _everything(copy, suffix)
    assert CANARY.encode() not in left
    assert "".join(f"{c}\0" for c in CANARY).encode() not in left
    again = check(io.BytesIO(copy), suffix)
    assert again["refusal"] is None
    assert not {key for key, _ in again["found"]} & (expected - {"software"})


def test_a_place_is_said_as_people_read_it():
    found = dict(check(io.BytesIO(seeded.jpeg()), "jpg")["found"])
    assert found["location"] == "31.23040, 121.47370"
    assert dict(check(io.BytesIO(seeded.mp4()), "mp4")["found"])["location"].startswith("31.23")


def test_a_time_is_said_alike_whoever_wrote_it():
    for make, suffix in ((seeded.jpeg, "jpg"), (seeded.pdf, "pdf"), (seeded.docx, "docx")):
        found = check(io.BytesIO(make()), suffix)["found"]
        assert ("time", "2026-11-01 08:30") in found


def test_the_copy_of_a_photo_lying_on_its_side_stands_upright():
    kind, copy = _clean(seeded.jpeg(), "jpg")
    with Image.open(io.BytesIO(copy)) as shown:
        assert (kind, shown.size) == ("image/jpeg", (80, 120))
        assert not shown.getexif()
        assert shown.info.keys() <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_moving_picture_still_moves():
    _, copy = _clean(seeded.gif(), "gif")
    with Image.open(io.BytesIO(copy)) as shown:
        assert shown.n_frames == 2


def test_a_bitmap_becomes_a_png():
    kind, copy = _clean(seeded.bmp(), "bmp")
    with Image.open(io.BytesIO(copy)) as shown:
        assert (kind, shown.format, shown.getpixel((0, 0))) == ("image/png", "PNG", (255,) * 3)


def test_a_pdf_keeps_its_pages_pictures_and_notes():
    _, copy = _clean(seeded.pdf(), "pdf")
    with pikepdf.open(io.BytesIO(copy)) as book:
        page = book.pages[0]
        assert str(page.Annots[0].Contents) == WORDS
        assert "/T" not in page.Annots[0]
        shown = pikepdf.PdfImage(page.Resources.XObject.Im0).as_pil_image()
        assert shown.size == (120, 80)
        assert not book.docinfo
        assert not book.attachments


def test_a_document_keeps_its_words_with_the_changes_accepted():
    _, copy = _clean(seeded.docx(), "docx")
    with zipfile.ZipFile(io.BytesIO(copy)) as parts:
        names = set(parts.namelist())
        body = parts.read("word/document.xml").decode()
        links = parts.read("word/_rels/document.xml.rels").decode()
        types = parts.read("[Content_Types].xml").decode()
        template = parts.read("word/_rels/settings.xml.rels").decode()
    assert WORDS in body
    assert "added words" in body
    assert "comment" not in body
    assert not {n for n in names if n.startswith("docProps/") or "comments" in n}
    assert "comments.xml" not in links + types
    assert "fetch.example" not in links
    assert "school.example/page" in links
    assert "Normal.dotm" not in template


def test_office_files_are_shown_as_words():
    for make, kind in ((seeded.docx, "docx"), (seeded.xlsx, "xlsx"), (seeded.pptx, "pptx")):
        out = io.BytesIO()
        office.render(io.BytesIO(make()), out, kind)
        assert WORDS in out.getvalue().decode()
        assert CANARY.encode() not in out.getvalue()


def test_a_film_differs_only_where_something_was_hidden():
    data = seeded.mp4()
    _, copy = _clean(data, "mp4")
    assert len(copy) == len(data)
    assert b"PICTURE-SAMPLE" * 40 in copy
    table = data.index(b"stco")
    assert copy[table : table + 16] == data[table : table + 16]


def test_a_sensors_track_in_pieces_gets_no_copy():
    data = seeded.mp4() + seeded._box(b"moof")
    with pytest.raises(Exception, match="unclean"):
        mp4.patches(io.BytesIO(data))


def test_a_box_that_lies_about_its_length_is_unreadable():
    data = bytearray(seeded.mp4())
    at = data.index(b"mdat")
    data[at - 4 : at] = (0x7FFFFFFF).to_bytes(4, "big")
    assert check(io.BytesIO(bytes(data)), "mp4")["refusal"] == "unreadable"


def test_a_web_film_keeps_every_frame():
    data = seeded.film()
    _, copy = _clean(data, "webm")
    assert len(copy) == len(data)
    clusters = [start for name, start, _, _ in webm._all(io.BytesIO(data)) if name == 0x1F43B675]
    assert clusters
    last = data.index(b"\x12\x54\xc3\x67")
    assert copy[clusters[0] : last] == data[clusters[0] : last]


def test_only_the_sound_is_left_of_an_mp3():
    _, copy = _clean(seeded.mp3(), "mp3")
    assert copy == (b"\xff\xfb\x90\x64" + bytes(413)) * 30


def test_chinese_text_of_an_old_editor_is_readable():
    out = io.BytesIO()
    text.clean(io.BytesIO("第三课少画了\u202e南海诸岛".encode("gb18030")), out, "text/plain")
    assert out.getvalue().decode() == "第三课少画了南海诸岛"


def test_a_preview_is_small_and_bare():
    out = io.BytesIO()
    big = io.BytesIO()
    seeded.drawing((4000, 1000)).save(big, "JPEG", exif=seeded._exif())
    picture.render(big, out, "image/jpeg")
    with Image.open(out) as shown:
        assert max(shown.size) == 2_048
    assert CANARY.encode() not in out.getvalue()


def test_a_picture_inside_a_document_is_not_recompressed():
    bare = picture.jpeg_bare(seeded.jpeg())
    assert CANARY.encode() not in bare
    with Image.open(io.BytesIO(bare)) as one, Image.open(io.BytesIO(seeded.jpeg())) as other:
        assert one.tobytes() == other.tobytes()
    assert CANARY.encode() not in picture.png_bare(seeded.png())


def test_actions_of_a_pdf_are_gone_even_where_they_were_not_looked_for():
    book = pikepdf.open(io.BytesIO(seeded.pdf()))
    book.pages[0].obj["/AA"] = pikepdf.Dictionary(
        O=pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=CANARY)
    )
    data, out = io.BytesIO(), io.BytesIO()
    book.save(data)
    pdf.clean(data, out, "application/pdf")
    assert b"JavaScript" not in _everything(out.getvalue(), "pdf")
