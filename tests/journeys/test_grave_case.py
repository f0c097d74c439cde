"""From a phone to the lift: one grave complaint about a course of the connected platform."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys import letters
from tests.journeys.eyes import Eyes
from tests.journeys.people import SLOW, Keyboard, Officer, code_on
from tests.running import GAMBLING, Product, eventually

pytestmark = pytest.mark.journey

COURSE, OTHER = "R0005", "R0029"  # both of the connected provincial platform
AUTHORITY = "云川省教育厅教育信息化处（演示）"
REGULATOR = "云川省教育厅网络安全和信息化领导小组办公室（演示）"
SUPERIOR = "国家教育主管部门网络安全和信息化领导小组办公室（演示）"
PROVIDER = "临溪市第一中学（演示）"
CAC = "云川省互联网信息办公室（演示）"
POLICE = "云川省公安厅网络安全保卫总队（演示）"
ARTICLE_20 = (
    "应当立即停止传输该资源，采取出库处置措施，防止资源扩散，保存有关记录，"
    "并向平台主管单位和监管部门的网信办报告，向资源提供单位通报。"
)


def test_a_grave_complaint_from_the_phone_to_the_lift(
    running: Product,
    visitor: Callable[..., BrowserContext],
    officer: Callable[..., Officer],
    eyes: Eyes,
    tmp_path: Path,
):
    course = running.card(COURSE)
    phone = visitor().new_page()
    code = _complain_by_keyboard(running, phone, course["title"], eyes)
    _the_course_goes_dark(running, phone, course["id"], eyes)
    _look_up_and_add(running, phone, code, eyes)

    duty = officer("officer", 0)
    ref = _the_desk_shows_it(duty, course["title"], eyes)
    _confirm_as_gambling(running, duty, ref, course["title"])
    _a_recipient_signs(running, visitor, duty, ref, course["title"], eyes)
    _severe_tells_three_more(running, duty, ref, course["title"], eyes)
    _the_dossier_proves_itself(running, ref, tmp_path)
    _lifted_only_by_the_article(running, duty, officer("officer", 1), ref, eyes, tmp_path)
    eventually(lambda: running.card(course["id"])["state"] == "online", within=60)
    assert requests.get(course["addresses"][0]["url"], timeout=10).status_code == 200


def _complain_by_keyboard(running: Product, page: Page, title: str, eyes: Eyes) -> str:
    """One thing per page, from the start page to the receipt, without a mouse."""
    keys = Keyboard(page)
    page.goto(running.portal)
    keys.press("main a[href^='/complain'], main form button")
    if "/complain/resource" not in page.url:
        page.goto(f"{running.portal}/complain")
    keys.type("#q", title)
    keys.press("form[role=search] button")
    expect(page.locator("ul.found li").first).to_contain_text(title)
    keys.press("ul.found button")

    expect(page).to_have_url(re.compile("/complain/where"))
    keys.choose("kind", "page")
    keys.type("#page_from", "12")
    keys.press("form[action='/complain/where'] button")

    expect(page).to_have_url(re.compile("/complain/what"))
    keys.type("#text", GAMBLING)
    keys.press("form[action='/complain/what'] button")

    expect(page).to_have_url(re.compile("/complain/files"))
    keys.press("form:not([data-upload])[action='/complain/files'] button")

    expect(page).to_have_url(re.compile("/complain/contact"))
    keys.choose("way", "none")
    keys.press("form[action='/complain/contact'] button")

    expect(page).to_have_url(re.compile("/complain/check"))
    for said in (title, GAMBLING, "12"):
        expect(page.locator("main")).to_contain_text(said)
    keys.press("form[action='/complain/send'] button")
    return _receipt(page, eyes)


def _receipt(page: Page, eyes: Eyes) -> str:
    """The code, its QR and a way to print both; the code stands in no address."""
    code = code_on(page)
    expect(page.locator("img.qr")).to_be_visible()
    expect(page.locator("button[data-print]")).to_be_visible()
    eyes.look(page, "receipt")
    page.emulate_media(media="print")
    expect(page.locator("#code")).to_be_visible()
    expect(page.locator("img.qr")).to_be_visible()
    expect(page.locator("header nav")).to_be_hidden()
    page.emulate_media(media="screen")
    assert code.replace(" ", "") not in page.url
    return code


def _the_course_goes_dark(running: Product, page: Page, ref: str, eyes: Eyes) -> None:
    eventually(lambda: running.dark(ref), within=60)
    eventually(lambda: running.card(ref)["state"] == "stopped", within=60)
    assert running.card(OTHER)["state"] == "online"
    assert requests.get(running.card(OTHER)["addresses"][0]["url"], timeout=10).status_code == 200
    refused = page.goto(running.card(ref)["addresses"][0]["url"])
    assert refused is not None
    assert refused.status == 451
    eyes.look(page, "refused")
    page.goto(refused.headers["link"].partition(">")[0].lstrip("<"))
    expect(page.locator("main")).not_to_contain_text("赌博")
    eyes.look(page, "blocked")


def _look_up_and_add(running: Product, page: Page, code: str, eyes: Eyes) -> None:
    keys = Keyboard(page)
    page.goto(f"{running.portal}/receipt")
    keys.type("#code", code.lower().replace(" ", "-"))
    keys.press("form[action='/receipt'] button")
    expect(page.locator("h1")).to_contain_text("您的投诉举报")
    keys.type("#text", "扫码以后出现的是注册页面。")
    keys.press("form[action='/receipt/message'] button")
    expect(page.locator("ol.talk")).to_contain_text("扫码以后出现的是注册页面。")
    eyes.look(page, "status")


def _the_desk_shows_it(duty: Officer, title: str, eyes: Eyes) -> str:
    ref = duty.find(title)
    page = duty.page
    # Not the first row: other journeys of the run may have left a case with an earlier clock.
    row = page.locator("table[data-rows] tbody tr", has_text=ref)
    expect(row).to_contain_text(title)
    expect(row.locator("time[data-due]").first).to_be_visible()
    eyes.look(page, "queue")
    duty.until(ref, lambda p: p.locator("#head .notice.good", has_text="秒").count() > 0)
    duty.until(ref, lambda p: p.locator("#evidence li").count() > 2)
    for part in ("#resource", "#claims", "#holds", "#next", "#story"):
        expect(page.locator(part)).to_be_visible()
    expect(page.locator("#claims")).to_contain_text(GAMBLING)
    expect(page.locator("#letters")).to_contain_text("等待")
    expect(page.locator("#next")).to_contain_text("报告")
    eyes.look(page, "incident-precaution")
    return ref


def _confirm_as_gambling(running: Product, duty: Officer, ref: str, title: str) -> None:
    duty.act(
        ref, "confirm", category="legal", kind="gambling",
        summary="课件末页的二维码指向网络赌博页面。", reason="已核对课件末页二维码的指向。",
    )  # fmt: skip
    got = letters.arrive(running, title, number=3)
    assert len(got) == 3
    subjects = sorted(letter.subject for letter in got)
    told = "\n".join(letter.text for letter in got)
    for body in (AUTHORITY, REGULATOR, PROVIDER):
        assert body in told, subjects
    for body in (SUPERIOR, CAC, POLICE):
        assert body not in told, subjects
    for letter in got:
        assert "第二十条" in letter.text
        assert ARTICLE_20 in letter.text.replace("\n", "")
        assert GAMBLING not in letter.text
    duty.until(ref, lambda p: p.locator("#letters .chip", has_text="已发出").count() >= 3)


def _a_recipient_signs(
    running: Product, visitor: Callable[..., BrowserContext], duty: Officer, ref: str, title: str,
    eyes: Eyes,
) -> None:  # fmt: skip
    """The school reads its letter by the link in the mail alone and signs with name and post."""
    letter = next(one for one in letters.letters(running, title) if f"{PROVIDER}（" in one.text)
    reader = visitor().new_page()
    reader.goto(letter.link)
    expect(reader.locator("main")).to_contain_text(title)
    eyes.look(reader, "letter")
    reader.fill("#name", "何景行")
    reader.fill("#position", "教务处主任")
    with reader.expect_navigation():
        reader.locator("form[method=post] button.button").click()
    expect(reader.locator("main")).to_contain_text("何景行")
    eyes.look(reader, "letter-signed")
    duty.until(ref, lambda p: p.locator("#letters .chip", has_text="已签收").count() == 1)
    duty.page.locator("#letters tr", has_text="已签收").locator("a").first.click()
    expect(duty.page.locator("main")).to_contain_text("教务处主任")
    eyes.look(duty.page, "desk-letter")


def _severe_tells_three_more(
    running: Product, duty: Officer, ref: str, title: str, eyes: Eyes
) -> None:
    duty.act(ref, "severe", reason="当日已有两个班级的学生扫码，一家媒体来电询问。")
    got = letters.arrive(running, title, number=6)
    second = [one for one in got if "造成严重影响" in one.subject]
    told = "\n".join(one.text for one in second)
    for body in (SUPERIOR, CAC, POLICE):
        assert body in told
    assert len(second) == 3
    duty.until(ref, lambda p: p.locator("#letters tbody tr").count() == 6)
    eyes.look(duty.page, "incident-severe")


def _the_dossier_proves_itself(running: Product, ref: str, folder: Path) -> None:
    """It verifies with Python alone and fails when one byte is changed."""
    out = folder / "dossier.zip"
    made = running.chuku("dossier", ref, "-o", str(out))
    assert made.returncode == 0, made.stderr
    alone = folder / "alone"
    with zipfile.ZipFile(out) as bundle:
        bundle.extractall(alone)
    script = next(alone.rglob("verify.py"))
    verify = [sys.executable, "-I", script.name]
    good = subprocess.run(verify, cwd=script.parent, capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stdout + good.stderr
    kept = next(p for p in script.parent.rglob("data/**/*") if p.is_file() and p.stat().st_size)
    kept.chmod(0o600)
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 1
    kept.write_bytes(content)
    bad = subprocess.run(verify, cwd=script.parent, capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert kept.name in bad.stdout + bad.stderr
    assert "Traceback" not in bad.stderr


def _lifted_only_by_the_article(
    running: Product, duty: Officer, second: Officer, ref: str, eyes: Eyes, folder: Path
) -> None:
    """Art. 20 names no way back: the authority's document first, then two persons."""
    duty.act(ref, "request_lift", reason="资源提供单位称已更换课件。")
    refusal = duty.page.locator("[data-error-summary]")
    expect(refusal).to_contain_text("第二十条")
    expect(refusal).to_contain_text("主管单位")
    assert duty.page.locator("#request_lift-reason").input_value() == "资源提供单位称已更换课件。"
    eyes.look(duty.page, "lift-refused")
    expect(duty.page.locator("#stale")).to_be_hidden()  # it refreshes from its own address

    document = folder / "函.pdf"
    document.write_bytes(
        b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
    )
    duty.act(
        ref, "authority_decision", document_no="云教信函〔2026〕8号", document_date="2026-07-30",
        file=document, reason="主管单位同意恢复。",
    )  # fmt: skip
    expect(duty.page.locator("#decisions")).to_contain_text("云教信函〔2026〕8号")
    duty.act(ref, "request_lift", reason="主管单位已书面同意。")
    expect(duty.page.locator("#head")).to_contain_text("第二人")
    eyes.look(duty.page, "lift-requested")
    duty.act(ref, "approve_lift", reason="本人批准。")
    expect(duty.page.locator("[data-error-summary]")).to_be_visible()

    second.act(ref, "approve_lift", reason="已核对主管单位的书面决定。")
    expect(second.page.locator("#head")).to_contain_text("已恢复传输", timeout=SLOW)
    eyes.look(second.page, "incident-lifted")
