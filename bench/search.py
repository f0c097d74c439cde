"""Finding one resource among a million, as people type: words, pinyin, initials, slips, numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from functools import cache
from itertools import product

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.catalogue import queries
from app.catalogue.tokens import index_text, stage
from app.tables import METADATA
from bench.measure import Row, less, seconds, times_row
from bench.world import World

FEW, MANY = 20_000, 1_000_000
_VOCABULARY = """
语文 数学 英语 物理 化学 生物学 历史 地理 道德与法治 思想政治 音乐 美术 体育与健康 信息科技
通用技术 劳动 科学 心理健康 书法

一年级 二年级 三年级 四年级 五年级 六年级 七年级 八年级 九年级 高一年级 高二年级 高三年级

牛顿第二定律 函数的单调性 平行四边形的面积 西游记整本书阅读 化学反应速率 光合作用 赤壁之战
地图的阅读 二次函数与图像 万有引力 细胞的结构 辛亥革命 季风气候 文言文翻译 英语听力训练
分数的初步认识 电磁感应 酸碱中和 遗传与变异 新航路开辟 城市与乡村 圆的周长 古诗词鉴赏
阅读理解方法 杠杆原理 金属的性质 生态系统 秦统一中国 黄河与长江 议论文写作 一般过去时 概率与统计
Python循环结构 篮球运球 水彩画技法 民歌欣赏 情绪管理 楷书笔画 校园植物调查 Newton和苹果

导入课 新授课 复习课 实验课 练习讲评 微课 公开课 教研活动 单元整合 拓展阅读 易错题 专题讲座 学案
同步课件 虚拟实验 章末小结 课前预习 分层作业 跨学科项目 名师示范

云川教育资源中心 青江教育资源中心 海州教育资源中心 北原教育资源中心 南岭教育资源中心
东屏教育资源中心 西河教育资源中心
"""
_SUBJECTS, _GRADES, _WHAT, _HOW, _PROVIDERS = (p.split() for p in _VOCABULARY.split("\n\n"))
_ASKED = (
    "牛顿第二定律", "高中物理", "gaozhong wuli", "gaozhongwuli", "gzwl", "物理", "数学", "高",
    "函數的單調性", "牛顿第二定率", "牛顿第仨定律", "niudun", "niudundier", "ndded", "新授课",
    "r0000042", "python", "newt", "光合作用 实验课", "guanghezuoyong", "七年级 数学 复习课",
    "云川教育资源中心", "量子力学", "老师讲的那个二次函数和图像的课", "西游记 yuedu", "xyj",
    "yw", "小学语文", "xiaoxueyuwen", "高三年级化学反应速率易错题 17", "zhongguo", "shuxue", "an",
    "https://s.chuku.example/r/R0000777/index.html", "没有这样的课程", "aaaa", "课", "de",
)  # fmt: skip


def run(world: World) -> Iterator[Row]:
    """``catalogue.queries.search``: the cards of the first page, thumbnails and names included."""
    many = world.pick(FEW, MANY)
    with Session(_database(world, many)) as session:
        for text in _ASKED:  # dictionaries are read once a process
            queries.search(session, text, limit=12)
        taken = [
            (seconds(lambda t=text: queries.search(session, t, limit=12)) * 1000, text)
            for _ in range(world.pick(1, 5))
            for text in _ASKED
        ]
    yield times_row(
        "search", f"one of {many:,} resources by what people type", [ms for ms, _ in taken],
        less(50, 25, "ms"),
        f"{len(_ASKED)} kinds of input, 12 cards; the slowest: {max(taken)[1]}",
    )  # fmt: skip


@cache
def _tokens(text: str) -> frozenset[str]:
    return frozenset(index_text(text).split())


def _database(world: World, count: int):
    """So many resources with one address each; the tokens of each are the service's own."""
    path = world.folder / f"search-{count}.db"
    engine = create_engine(f"sqlite:///{path}")
    names = ("platform", "body", "resource", "resource_version", "address", "resource_search")
    METADATA.create_all(engine, tables=[METADATA.tables[name] for name in names])
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous = OFF")
    database.execute("PRAGMA journal_mode = OFF")
    _names(database)
    made = product(_WHAT, _HOW, _SUBJECTS, _GRADES)
    rows = list(made)
    for n in range(1, count + 1):
        # A stride that meets every mixture, so that words lie everywhere in the table.
        _resource(database, n, *rows[n * 7919 % len(rows)])
    database.execute("INSERT INTO resource_fts(resource_fts) VALUES ('rebuild')")
    database.commit()
    database.execute("ANALYZE")
    database.close()
    return engine


def _names(database: sqlite3.Connection) -> None:
    database.execute(
        "INSERT INTO platform (id, code, name, name_en, level, region, operated, letter_prefix, "
        "hosts) VALUES (1, 'p', '云川省智慧教育平台', 'p', 'provincial', '云川省', 1, 'p', '[]')"
    )
    database.executemany(
        "INSERT INTO body (id, code, name, kind, region) VALUES (?, ?, ?, 'provider', '云川省')",
        [(n, f"b{n}", name) for n, name in enumerate(_PROVIDERS, start=1)],
    )


def _resource(
    database: sqlite3.Connection, n: int, what: str, how: str, subject: str, grade: str
) -> None:
    ref, provider = f"R{n:07}", n % len(_PROVIDERS)
    title = f"{what}（{how}）{n // 1000 + 1}"
    fields = (what, how, subject, grade, stage(grade) + subject, grade + subject)
    tokens = frozenset[str]().union(*map(_tokens, (*fields, _PROVIDERS[provider])))
    database.execute(
        "INSERT INTO resource (id, ref, platform_id, provider_id, title, kind, subject, grade, "
        "description, thumbnail, views_30d, created_at, updated_at) VALUES (?, ?, 1, ?, ?, "
        "'course', ?, ?, '', '/t.png', ?, '2026-11-22', '2026-11-22')",
        (n, ref, provider + 1, title, subject, grade, n * 31 % 5000),
    )
    database.execute(
        "INSERT INTO address (id, resource_id, version_id, host, path, mode, role, hosting, url, "
        "rank) VALUES (?, ?, ?, 's.chuku.example', ?, 'exact', 'page', 'own', ?, 0)",
        (n, n, n, f"/r/{ref}/index.html", f"https://s.chuku.example/r/{ref}/index.html"),
    )
    own = f"{ref.lower()} {n // 1000 + 1}"
    database.execute(
        "INSERT INTO resource_search VALUES (?, ?)", (n, " ".join([*sorted(tokens), own]))
    )
