"""Every letter of every kind, category and wording, from one sample."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from jinja2.exceptions import SecurityError, UndefinedError

from app.audit.values import CheckpointView
from app.norm import text
from app.norm.book import BOOK
from app.norm.duties import way_back
from app.notices import render
from app.notices.facts import WORDINGS, parse
from app.notices.values import Drawn, Kind
from app.notices.wording import Draft, Previous, context
from tests.notices.make import claim, sample

AT = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
CATEGORIES = [key for key, row in BOOK.articles.categories.items() if row.article]
EARLIER = Previous("云智资〔2026〕3号", "关于先行停传的报告", AT, 20)


def draw(
    letter: str = "report",
    category: str = "legal",
    wording: str = "found",
    roles: tuple[str, ...] = ("authority",),
    /,
    **more: object,
) -> Drawn:
    row = BOOK.category(category)
    named = row.kinds[0].key if row.kinds else "版本陈旧"
    way = way_back(category, None)
    draft: dict[str, object] = {
        "kind": Kind(letter),
        "article": row.article,
        "roles": roles,
        "body": "云川省教育厅信息化处（演示）",
        "operator": "云川省资源中心（演示）",
        "platform": "云川省智慧教育平台（演示）",
        "number": "云智资〔2026〕12号",
        "at": AT,
        "checkpoint": CheckpointView(7, "ab" * 32, AT, "audit-1", "c2ln"),
        "previous": None,
        "exercise": False,
    }
    draft.update({name: more.pop(name) for name in list(more) if name in draft and name != "kind"})
    facts = sample(category=category, kind=named, wording=wording)
    facts |= {"way_back": way.key.value if way else None} | more
    if letter == "forward":
        facts["claim"] = claim()
    known = parse(facts, kind=Kind(letter))
    return render.draw(letter, context(Draft(facts=known, **draft)))  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "category"), list(itertools.product(Kind, CATEGORIES)))
def test_every_letter_quotes_its_article_word_for_word(kind: str, category: str) -> None:
    for wording, severe, earlier, provider in itertools.product(
        WORDINGS, (False, True), (None, EARLIER), (False, True)
    ):
        drawn = draw(
            kind,
            category,
            wording,
            ("provider",) if provider else ("authority", "regulator"),
            severe=severe,
            severe_reason="已在多所学校传播。" if severe else None,
            previous=earlier,
        )
        plain, page = drawn.text.decode(), drawn.html.decode()
        article = BOOK.category(category).article
        assert article is not None
        assert text.article_text(article) in plain
        assert text.article_text(article) in page
        assert drawn.subject in plain
        assert "云智资〔2026〕12号" in plain
        assert "云川省教育厅信息化处（演示）" in plain.split("：")[0] + plain
        assert "附件：无" in plain
        assert "2026年11月22日\n" in plain
        assert "ab" * 32 in plain
        for wrong in ("None", "True", "False", "{{", "{%", "。。", "，。", "：：", "《》", "；。"):
            assert wrong not in plain, (wrong, plain)


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("correction", ["not_named", "other_article", "unfounded", "mistaken"])
def test_every_correction_says_what_it_corrects(category: str, correction: str) -> None:
    plain = draw("correct", category, "correct", correction=correction, previous=EARLIER).text
    assert "云智资〔2026〕3号" in plain.decode()
    assert "特此更正" in plain.decode()


def test_a_change_of_article_quotes_the_new_one() -> None:
    drawn = draw("correct", "suitability", "correct", correction="other_article", article=20,
                 previous=EARLIER)  # fmt: skip
    plain = drawn.text.decode()
    assert "第二十条更正为" in plain
    assert text.article_text(22) in plain
    assert text.article_text(20) not in plain


def test_a_precaution_is_worded_as_to_be_verified() -> None:
    for kind in ("report", "inform"):
        plain = draw(kind, "legal", "precaution", summary="不应出现").text.decode()
        assert "先行停传" in plain
        assert "待核实" in plain
        assert "发现云川省" not in plain
        assert "不应出现" not in plain


def test_article_24_reports_before_it_stops() -> None:
    plain = draw("report", "designated", held=False, stopped_at_text=None).text.decode()
    assert "拟采取的措施" in plain
    assert "本报告送达后，将按要求停止传输该资源" in plain
    assert "停止传输。该资源已于" not in plain


def test_a_way_back_is_offered_only_where_the_article_gives_one() -> None:
    offered = {category: "可重新履行入库程序。" in _asks(category) for category in CATEGORIES}
    assert offered == {
        "legal": False,
        "political": True,
        "suitability": True,
        "designated": False,
        "underperformance": False,
    }
    assert "条例》第十六条" in _asks("legal", kind="copyright", way_back="counter_notice")
    assert "整改" not in _asks("political", wording="precaution")


def _asks(category: str, wording: str = "found", **more: object) -> str:
    plain = draw("inform", category, wording, ("provider",), **more).text.decode()
    return plain.partition("四、有关要求")[2].partition("依据条款\n")[0]


def test_a_provider_learns_the_day_and_never_how_many_complained() -> None:
    for kind in ("inform", "correct", "restore", "remind"):
        plain = draw(kind, "legal", "found", ("provider",), previous=EARLIER).text.decode()
        assert "11时" not in plain
        assert "3件" not in plain
    assert "11时02分" in draw("report").text.decode()
    assert "3件" in draw("report").text.decode()


def test_one_body_with_two_roles_is_addressed_as_both() -> None:
    plain = draw("report", "legal", "found", ("authority", "regulator")).text.decode()
    assert "（平台主管单位、监管部门的网信办）：" in plain


def test_article_20_calls_the_provider_as_it_prints() -> None:
    assert "（资源提供单位）：" in draw("inform", "legal", "found", ("provider",)).text.decode()
    assert "（资源提供者）：" in draw("inform", "political", "found", ("provider",)).text.decode()


def test_severity_is_told_with_its_reason() -> None:
    drawn = draw(severe=True, severe_reason="已在多所学校传播。")
    assert "造成严重影响：已在多所学校传播。" in drawn.text.decode()


def test_an_exercise_says_so_in_its_title_and_its_text() -> None:
    drawn = draw(exercise=True)
    assert drawn.subject.startswith("【演练】")
    assert "演练函件" in drawn.text.decode()
    assert "演练函件" in drawn.html.decode()


def test_the_first_letters_say_that_there_is_no_checkpoint_yet() -> None:
    assert "尚未签发首个检查点" in draw(checkpoint=None).text.decode()


def test_markup_in_a_title_stays_text() -> None:
    drawn = draw(resource_title="<script>alert(1)</script>《甲》{{ 7*7 }}", attachments=["<b>.pdf"])
    page = drawn.html.decode()
    assert "<script>" not in page
    assert "<b>" not in page
    assert "{{ 7*7 }}" in page
    assert "〈甲〉" in drawn.subject


@pytest.mark.parametrize("start", ["# ", "> ", "- ", "\n\n> "])
@pytest.mark.parametrize("kind", ["report", "inform", "remind", "correct", "forward"])
def test_a_fact_cannot_pass_itself_off_as_an_article(kind: str, start: str) -> None:
    quote = f"{start}第二十条 假的条文"
    drawn = draw(kind, summary=quote, severe=True, severe_reason=quote, resource_title=quote,
                 correction="unfounded", addresses=[quote], attachments=[quote])  # fmt: skip
    page = drawn.html.decode()
    assert page.count("<blockquote") == 1
    assert "<h2>第二十条" not in page


def test_headings_stand_alone() -> None:
    for kind, category in itertools.product(("report", "inform"), CATEGORIES):
        page = draw(kind, category).html.decode()
        assert page.count("<h2>") >= 4
        assert "# " not in page


def test_whom_the_article_does_not_name_is_not_told_what_was_found() -> None:
    plain = draw("correct", "suitability", "correct", correction="not_named").text.decode()
    assert "二维码" not in plain


def test_many_addresses_are_counted_and_not_all_listed() -> None:
    many = [f"http://kecheng.example/r/{n}" for n in range(50)]
    plain = draw(addresses=many).text.decode()
    assert "共50个，列出前20个" in plain
    assert plain.count("http://") == 20


def test_the_same_letter_has_the_same_bytes() -> None:
    assert draw() == draw()


@pytest.mark.parametrize(
    "source",
    [
        "{{ ().__class__ }}",
        "{{ 'a' * 100000 }}",
        "{{ 2 ** 99 }}",
        "{{ range(9) }}",
        "{{ title.upper() }}",
        "{{ unknown }}",
        "{{ cycler }}",
        "{{ lipsum }}",
    ],
)
def test_a_template_can_only_read(source: str) -> None:
    with pytest.raises((SecurityError, UndefinedError)):
        render.environment().from_string(source).render(title="甲")


@pytest.mark.parametrize("name", ["center", "attr", "map", "format", "replace", "safe"])
def test_only_listed_filters_exist(name: str) -> None:
    assert name not in render.environment().filters


def test_a_restoration_after_a_counter_notice_rests_on_the_copyright_regulation() -> None:
    plain = draw("restore", "legal", "found", ("provider",),
                 article=None, by_counter_notice=True).text.decode()  # fmt: skip
    assert "《信息网络传播权保护条例》第十七条" in plain
    assert "已按规定程序完成审核" not in plain
    assert "依据条款" not in plain


def test_a_forwarded_notice_says_how_to_answer_and_what_follows() -> None:
    plain = draw("forward", "legal", "found", ("provider",), article=None).text.decode()
    assert "提交书面说明（反通知）" in plain
    assert "第十六条" in plain
    assert "第十七条恢复传输" in plain
    assert "第二十条" not in plain  # nothing was found under the norm
