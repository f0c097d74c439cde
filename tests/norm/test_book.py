from __future__ import annotations

import hashlib

import pytest

from app.norm.book import BOOK, HERE, load, read
from app.norm.errors import BrokenBookError
from app.norm.values import Source

ARTICLES, HOUSE = read("articles.toml"), read("house.toml")


def test_the_digest_is_of_the_exact_bytes_of_both_files() -> None:
    first, second = (HERE / "articles.toml").read_bytes(), (HERE / "house.toml").read_bytes()
    assert hashlib.sha256(first).hexdigest() == BOOK.articles_sha256
    assert hashlib.sha256(second).hexdigest() == BOOK.house_sha256
    assert hashlib.sha256(first + second).hexdigest() == BOOK.digest


def test_a_changed_comment_is_another_edition_with_the_same_duties() -> None:
    other = load(ARTICLES + "\n# reviewed\n", HOUSE)
    assert other.digest != BOOK.digest
    assert other.articles == BOOK.articles


def test_house_rules_carry_who_approved_them_and_the_norm_its_date() -> None:
    assert BOOK.house.approved_by
    assert BOOK.house.document_no
    assert BOOK.articles.in_force_from.isoformat() == "2024-05-29"


def test_every_act_names_the_article_or_the_house_as_its_source() -> None:
    for row in BOOK.articles.categories.values():
        for act in row.at_once + row.if_severe + row.then:
            assert (act.source == Source.ARTICLE) == (act.quote is not None)


def test_a_platforms_own_rules_change_its_limits_only() -> None:
    book = load(ARTICLES, HOUSE.replace("inform = 10", "inform = 5"))
    inform = book.category("legal").at_once[4]
    assert inform.not_later_than == 5
    assert book.articles_sha256 == BOOK.articles_sha256


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('step = "inform"', 'step = "publish"', "unknown 'publish'"),
        ('["authority", "regulator"]', '["authority", "newspaper"]', "unknown 'newspaper'"),
        ('to = ["provider"]', 'to = ["complainant"]', "complainant"),
        ('to = ["provider"], ', "", "a letter needs 'to'"),
        ("article = 20\n", "artikel = 20\n", "articles.toml: "),
        ('after = "preserve_records"', 'after = "remind"', "does not stand before it"),
        (', quote = "防止资源扩散"', "", "quotes the article"),
        ('key = "political"', 'key = "legal"', "stands twice|stands under"),
        ('key = "gambling"', 'key = "fraud"', "stands under legal and legal|stands twice"),
        ('"underperformance", "other"]', '"other"]', "strictness"),
        ("in_force_from = 2024-05-29", 'in_force_from = "soon"', "must be a date"),
        ('zh = "违法违规"', 'zh = ""', "'zh' is empty"),
        ("[[category]]", "[[category]", "not readable as TOML"),
    ],
)
def test_a_broken_articles_file_is_refused_and_the_place_named(
    old: str, new: str, says: str
) -> None:
    assert old in ARTICLES
    with pytest.raises(BrokenBookError, match=says) as refused:
        load(ARTICLES.replace(old, new, 1), HOUSE)
    assert "articles.toml" in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("inform = 10", "publish = 10", "unknown 'publish'"),
        ("inform = 10 #", "# ", "needs 'inform'"),
        ("report = 10", "report = -1", "must not be negative"),
        ("report = 10", 'report = "ten"', "must be a whole number"),
        ("report = 10", "report = true", "must be a whole number"),
        ("per_tag_on_resource = 1", "per_tag = 1", "per_tag"),
        ("views_share = 0.005", "views_share = 5", "from 0 to 1"),
        ("[precaution.kinds.politics]", "[precaution.kinds.poltics]", "unknown routing kind"),
        ("review = { minutes = 30 }", "review = { hours = 1 }", "unknown 'hours'"),
        ("review = { minutes = 30 }", "review = {}", "either 'minutes' or"),
        ("access_log_days = 190", "access_log_days = 30", "at least 190"),
        (
            "finding_rules = []",
            'finding_rules = [{ name = "a", source = "b", category = "legal" }]',
            "'document_no' is missing",
        ),
        (
            "finding_rules = []",
            'finding_rules = [{ name = "a", source = "b", category = "x", document_no = "1" }]',
            "unknown category 'x'",
        ),
        ("independent_sources = 2", "independent_sources = 0", "at least 1"),
        ('also_for = ["underperformance"]', 'also_for = ["poor"]', "unknown category 'poor'"),
    ],
)
def test_broken_house_rules_are_refused_and_the_place_named(old: str, new: str, says: str) -> None:
    assert old in HOUSE
    with pytest.raises(BrokenBookError, match=says) as refused:
        load(ARTICLES, HOUSE.replace(old, new, 1))
    assert "house.toml" in str(refused.value)
