"""The sentences of the demo: descriptions, page texts and the words in films and papers."""

from __future__ import annotations

KIND_NAME = {
    "course": "网络课程",
    "textbook": "数字教材",
    "book": "数字图书",
    "slides": "教学课件",
    "case": "教学案例",
    "experiment": "虚拟实验实训",
    "research_video": "在线教研视频",
    "tool": "教学应用与工具",
}

VIDEO_NAME = {
    "course": "课程视频",
    "textbook": "导学视频",
    "book": "导读视频",
    "slides": "课件演示",
    "case": "课堂片段",
    "experiment": "操作演示",
    "research_video": "教研实录",
    "tool": "使用演示",
}

ATTACHMENT_NAME = {
    "course": "配套课件（PDF）",
    "textbook": "教材全文（PDF）",
    "book": "图书全文（PDF）",
    "slides": "课件下载（PDF）",
    "case": "案例全文（PDF）",
    "experiment": "实验记录单（PDF）",
    "research_video": "研讨讲义（PDF）",
    "tool": "离线包（ZIP）",
}

_DESCRIPTIONS: dict[str, tuple[str, ...]] = {
    "course": (
        "本课程共三讲，依次学习{a}、{b}和{c}，每讲约十五分钟，配有课件和随堂练习，适合{grade}学生自主学习。",
        "从生活中的例子引入，先讲清{a}，再学习{b}，最后用{c}作巩固。面向{grade}，可按讲次分段观看。",
        "面向{grade}的同步课程，重点是{a}，难点是{b}，最后安排了{c}的练习与讲评。",
    ),
    "textbook": (
        "供{grade}使用的数字教材，包括{a}、{b}、{c}等单元，附课后练习与学习建议。",
        "{grade}数字教材，正文配有插图和导学视频，主要内容为{a}、{b}和{c}。",
    ),
    "book": (
        "适合{grade}阅读的数字图书，分为{a}、{b}、{c}三个部分，书后附阅读提示。",
        "文字浅近、配图清晰，带领{grade}读者了解{a}、{b}和{c}。",
    ),
    "slides": (
        "{grade}教学课件，按{a}、{b}、{c}三个环节设计，可直接用于课堂教学。",
        "课件围绕{a}展开，兼顾{b}、{c}，每个环节都有提问和板书建议，供{grade}教师选用。",
    ),
    "case": (
        "来自一线课堂的教学案例，记录了{a}、{b}和{c}的设计思路与实施过程，附学生作品和反思。",
        "案例面向{grade}，说明如何从{a}入手，经过{b}，落实到{c}，并附教学反思。",
    ),
    "experiment": (
        "面向{grade}的虚拟实验实训，按{a}、{b}、{c}三步操作，可反复练习，附实验记录单。",
        "在网页中完成{a}、{b}和{c}，每一步都有提示与安全说明，适合{grade}预习和复习。",
    ),
    "research_video": (
        "面向{grade}的教研活动实录，围绕{a}、{b}和{c}展开研讨，附讲义。",
        "由教研员主持，结合两节课例讨论{a}、{b}、{c}，供{grade}研修使用。",
    ),
    "tool": (
        "面向{grade}的教学小工具，支持{a}、{b}和{c}，打开网页即可使用，另有离线包。",
        "课堂上随手可用的小工具：{a}、{b}、{c}，无需注册，适合{grade}师生。",
    ),
}


def describe(kind: str, grade: str, topics: tuple[str, ...], number: int) -> str:
    """One plausible sentence or two about a resource."""
    variants = _DESCRIPTIONS[kind]
    a, b, c = topics
    return variants[number % len(variants)].format(a=a, b=b, c=c, grade=grade)


def chapter(topic: str, subject: str, n: int) -> tuple[str, ...]:
    """The lines of one short chapter, for papers and films."""
    return (
        f"第{'一二三四五六'[n]}部分  {topic}",
        f"学习目标：了解{topic}的主要内容，能用自己的话说明要点。",
        f"学习提示：先读材料，圈出与“{topic}”有关的关键词，",
        f"再结合{subject}课上的例子，和同伴说一说你的想法。",
        f"练习 {n * 2 + 1}：请举一个与“{topic}”有关的例子。",
        f"练习 {n * 2 + 2}：你在学习“{topic}”时有什么疑问？写下来并尝试解答。",
    )


SAFETY_LEAFLET = (
    "实验室安全须知",
    "一、进入实验室前，认真预习，明确实验步骤和注意事项。",
    "二、按要求穿戴实验服和护目镜，长发束起，不穿凉鞋。",
    "三、未经教师许可，不触碰水、电、气开关和试剂柜。",
    "四、取用药品用药匙或滴管，不用手直接接触，不尝味道。",
    "五、发生洒落、割伤、烫伤，立即报告教师，不自行处理。",
    "六、实验结束，整理器材，洗净双手，关闭水电。",
)
