"""The same articles elsewhere: the national platform has nobody above, the section writes to two."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.journeys import letters
from tests.journeys.eyes import Eyes
from tests.journeys.people import Officer
from tests.running import Product, eventually

pytestmark = pytest.mark.journey

NATIONAL, SECTION = "R0028", "R0019"
TOLD_NATIONALLY = {
    "国家智慧教育平台建设与管理办公室（演示）",
    "国家教育主管部门网络安全和信息化领导小组办公室（演示）",
    "周敏慧小学数学名师工作室（演示）",
    "首善区互联网信息办公室（演示）",
    "首善区公安局网络安全保卫支队（演示）",
}
TOLD_BY_THE_SECTION = {"科学教育专题板块管理委员会（演示）", "格致科学教育研究院（演示）"}


def test_on_the_national_platform_nobody_is_above_and_the_desk_says_so(
    running: Product, officer: Callable[..., Officer], eyes: Eyes
):
    title = running.card(NATIONAL)["title"]
    running.complain(
        "课件第3页插入了校外培训班的收费广告和报名电话。", NATIONAL, kind="advertising"
    )
    duty = officer("officer", 0)
    ref = duty.find(title)
    assert running.card(NATIONAL)["state"] == "online"  # an advertisement is no machine's matter
    duty.act(ref, "stop", reason="先停传再核实。")
    eventually(lambda: running.dark(NATIONAL), within=60)
    duty.act(
        ref, "confirm", category="legal", kind="advertising",
        summary="课件第3页含有违法广告。", reason="已核对课件第3页。",
        severe=True, severe_reason="多所学校在课堂上播放，家长集中反映。",
    )  # fmt: skip
    got = letters.arrive(running, title, number=5)
    assert {_addressee(one) for one in got} == TOLD_NATIONALLY
    above = duty.page.locator("#next tr", has_text="上级监管部门的网信办")
    duty.until(ref, lambda p: above.count() == 1 and "不适用" in above.inner_text())
    eyes.look(duty.page, "incident-national")


def test_article_22_on_the_section_writes_to_its_authority_and_the_provider_only(
    running: Product, officer: Callable[..., Officer], eyes: Eyes
):
    title = running.card(SECTION)["title"]
    running.complain("课程引用的国家标准三年前已经废止，内容过时。", SECTION, kind="timeliness")
    duty = officer("officer", 0)
    ref = duty.find(title)
    duty.act(
        ref, "confirm", category="suitability", kind="timeliness",
        summary="课程引用的标准已废止。", reason="已核对现行标准。",
    )  # fmt: skip
    got = letters.arrive(running, title, number=2)
    eventually(lambda: running.dark(SECTION), within=60)
    duty.until(ref, lambda p: p.locator("#letters .chip", has_text="已发出").count() == 2)
    assert {_addressee(one) for one in letters.letters(running, title)} == TOLD_BY_THE_SECTION
    assert all("第二十二条" in one.text and "第二十条" not in one.text for one in got)
    for nobody in ("网信办", "公安机关", "网信部门"):
        expect(duty.page.locator("#next")).not_to_contain_text(nobody)
    duty.act(ref, "request_lift", reason="资源提供者称已修改。")
    expect(duty.page.locator("[data-error-summary]")).to_contain_text("第二十二条")
    eyes.look(duty.page, "incident-section")


def _addressee(letter: letters.Letter) -> str:
    """The body the letter addresses, without the roles behind it."""
    line = next(row for row in letter.text.splitlines() if row.endswith("："))
    return line[: line.index("）") + 1]
