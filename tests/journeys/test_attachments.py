"""A pupil on a small phone attaches two files, sees what hides in one, removes the other, sends."""

from __future__ import annotations

import base64
import io
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from app.intake.inspect_file import _format, check
from tests.intake import seeded
from tests.journeys.eyes import Eyes
from tests.journeys.people import code_on
from tests.running import Product, eventually

# Paint for a second and a half, record it, answer the film as base64.
_RECORD = """async (type) => {
  const canvas = document.createElement("canvas");
  canvas.width = 320; canvas.height = 200;
  const paint = canvas.getContext("2d");
  let n = 0;
  const clock = setInterval(() => {
    paint.fillStyle = `hsl(${n++ * 20}, 80%, 50%)`; paint.fillRect(0, 0, 320, 200);
  }, 50);
  const recorder = new MediaRecorder(canvas.captureStream(20), {mimeType: type});
  const parts = [];
  recorder.ondataavailable = (event) => parts.push(event.data);
  const done = new Promise((then) => { recorder.onstop = then; });
  recorder.start();
  await new Promise((then) => setTimeout(then, 1500));
  recorder.stop(); await done; clearInterval(clock);
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(""));
}"""
# Play it to 0.8 s and answer its size and one pixel.
_PLAY = """async ([film, type]) => {
  const video = document.createElement("video");
  video.muted = true; video.src = `data:${type};base64,${film}`;
  document.body.append(video);
  await new Promise((then, no) => { video.onloadeddata = then; video.onerror = no; });
  video.currentTime = 0.8;
  await new Promise((then) => { video.onseeked = then; });
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth; canvas.height = video.videoHeight;
  const paint = canvas.getContext("2d");
  paint.drawImage(video, 0, 0);
  return [video.videoWidth, video.videoHeight, ...paint.getImageData(50, 50, 1, 1).data];
}"""
PHOTO = {"name": "照片.jpg", "mimeType": "image/jpeg", "buffer": seeded.jpeg()}
PAPER = {"name": "教案.docx", "mimeType": "application/octet-stream", "buffer": seeded.docx()}
EMPTY = {"name": "空.png", "mimeType": "image/png", "buffer": b""}


def _send(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).first.click()


def _to_files(running: Product, page: Page) -> None:
    page.goto(f"{running.portal}/complain/roughly")
    page.fill("#hint", "高二物理课，王老师讲的")
    _send(page, "form[action='/complain/roughly'] button")
    _send(page, "form[action='/complain/where'] button")
    page.fill("#text", "课件最后一页的图看着不对")
    _send(page, "form[action='/complain/what'] button")


def _check_and_send(page: Page, eyes: Eyes | None) -> None:
    _send(page, "form:not([data-upload])[action='/complain/files'] button:not(.link)")
    page.check("#way")
    _send(page, "form[action='/complain/contact'] button")
    expect(page).to_have_url(re.compile("/complain/check"))
    for said in ("拍摄地点", "31.23040, 121.47370", "封存原件", "教案.docx", "修订记录"):
        expect(page.locator("main")).to_contain_text(said)
    if eyes:
        eyes.look(page, "files-check")
    paper = page.locator("li.card", has_text="教案.docx")
    with page.expect_navigation():
        paper.get_by_role("button", name="移除").click()
    expect(page).to_have_url(re.compile("/complain/check"))
    expect(page.locator("main")).not_to_contain_text("教案.docx")
    _send(page, "form[action='/complain/send'] button")
    code_on(page)


def test_two_files_are_attached_understood_and_sent(running: Product, visitor, eyes) -> None:
    page = visitor(width=360).new_page()
    _to_files(running, page)
    page.set_input_files("#files", [PHOTO, EMPTY, PAPER])
    _send(page, "form[data-upload] button")
    expect(page.locator("main")).to_contain_text("“空.png”是空的")
    expect(page.locator("main")).to_contain_text("照片.jpg")
    eyes.look(page, "files")
    _check_and_send(page, eyes)


def test_a_file_that_is_too_large_is_said_before_it_is_sent(
    running: Product, visitor, tmp_path
) -> None:
    page = visitor(width=360).new_page()
    _to_files(running, page)
    large = tmp_path / "录像.mp4"
    with large.open("wb") as file:
        file.truncate(50 * 1024 * 1024 + 1)
    page.set_input_files("#files", large)
    expect(page.locator("[data-progress]")).to_have_text("“录像.mp4”超过50 MB，无法上传。")
    assert page.locator("#files").evaluate("input => input.files.length") == 0


def test_the_same_without_scripts(running: Product, visitor) -> None:
    page = visitor(width=360, javascript=False).new_page()
    _to_files(running, page)
    page.set_input_files("#files", [PHOTO, PAPER])
    _send(page, "form[data-upload] button")
    expect(page.locator("main")).to_contain_text("教案.docx")
    _check_and_send(page, None)


def test_the_desk_gets_a_copy_that_says_nothing(running: Product, visitor, officer, eyes) -> None:
    page = visitor(width=360).new_page()
    _to_files(running, page)
    page.set_input_files("#files", [PHOTO, PAPER])
    _send(page, "form[data-upload] button")
    _check_and_send(page, eyes)
    wang = officer()
    desk = wang.page
    desk.goto(f"{running.portal}/desk/triage")
    desk.locator("main a[href^='/desk/complaints/']").last.click()
    shown = desk.locator("main a[href^='/desk/attachments/']").first
    expect(shown).to_be_visible()
    eyes.look(desk, "desk-files")
    href = shown.get_attribute("href")

    def copied() -> bytes | None:
        answer = desk.request.get(f"{running.portal}{href}")
        return answer.body() if answer.ok else None

    body = eventually(copied, within=60)
    assert seeded.CANARY.encode() not in body


@pytest.mark.parametrize("suffix", ["webm", "mp4"])
def test_a_film_of_a_real_camera_plays_from_its_copy_as_before(browser: Browser, suffix) -> None:
    page = browser.new_page()
    page.goto("about:blank")
    if not page.evaluate("t => MediaRecorder.isTypeSupported(t)", f"video/{suffix}"):
        assert suffix == "mp4"  # a Chromium without an encoder for it still records WebM
        return
    film = base64.b64decode(page.evaluate(_RECORD, f"video/{suffix}"))
    said = check(io.BytesIO(film), suffix)
    assert said["found"], "the browser writes its name or the time into every film"
    copy = io.BytesIO()
    kind = _format(said["media_type"]).clean(io.BytesIO(film), copy, said["media_type"])
    assert not check(io.BytesIO(copy.getvalue()), suffix)["found"]
    before, after = (
        page.evaluate(_PLAY, [base64.b64encode(one).decode(), kind])
        for one in (film, copy.getvalue())
    )
    assert after == before
    page.close()
