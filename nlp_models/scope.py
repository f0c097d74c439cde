"""What a text is about against what it complains about: topics and denials are told apart."""

from __future__ import annotations

import re

_TITLE = re.compile(r"《[^《》\n]{1,60}》")
_NUMBER = r"[一二三四五六七八九十百\d]+"
# What a topic belongs to: 禁毒*课*, 讲诈骗罪的*那一讲*.
_MATTER = (
    r"(?:课程|课件|微课|课文|课堂|课|视频|资源|章节|单元|专题|班会|讲座|动画片?|教材|案例|节目"
    r"|宣传片|教育片|纪录片|影片|ppt|幻灯片|绘本|电子书|选修|公开课|演练|歌曲|故事|法庭|课本"
    rf"|[这那](?:一)?[课讲节章集页段]|第{_NUMBER}[课讲节章集页])"
)
_RUN = r"[^,，。;；!！?？\n]"
_ANTI = (
    r"禁毒|反诈|防(?:电信)?诈骗?|扫黄打非|反恐|防艾|反邪教|[防禁]赌|拒绝毒品|(?:拒绝|防|预防)校园欺凌"
    r"|防欺凌|防性侵|性教育|防骗|网络安全|反间谍|国家安全|国防教育|法治|普法|刑法|治安管理|反洗钱"
    r"|防溺水|抗日战争|抗战|二战|战争史|长征|征兵|党史|思政"
)
_STEM = (
    # 色情视频 may be what was met; 色情犯罪案例 is a subject.
    r"(?:色情|吸毒|恐怖主义|赌博)(?!(?:的|小|短)?(?:视频|影片|动画|图|节目|ppt))|赌徒|博彩|彩票|诈骗|骗局|毒品|毒理|炸药|火药|爆炸|枪械|枪炮|武器|病毒|木马|黑客|勒索"
    r"|邪教|泄题|抄袭|版权|著作权|隐私|个人信息|谣言|欺凌|自杀|假证|酒驾|盗窃|战争"
)
_STEM_TAIL = (
    r"(?:[罪案]|模拟|处罚|案例|危害|知识|历史|发展史|发明史|史|原理|识别|防范|预防|防护|攻防|问题|由来|保护"
    r"|谬误|概率|教育|与[^,，。;；!！?？\n]{2,6})?"
)
# 南海科考纪录片放到一半卡死: what stands before the thing that does not work is its subject.
_FAULT = (
    r"没有?声|无声|卡|打不开|播放不|放不出|加载|黑屏|花屏|糊|看不清|缺|失效|404|下载失败|字幕|乱码"
    r"|慢了|错位|不同步|拉伸|变形|倾斜|空白|没反应|转不动|太深|太难|太闷|听不懂|看不懂|丢了|抖"
    r"|没有?画面|自动退出|停住|是空的|空文件|太小|太暗|太专业|太长|没人看|枯燥|照本宣科|念稿|修订前|旧规定|没更新"
)
_SUBJECT = (
    r"(?:^|(?<=[,。;!?\n]))"
    r"(?P<subject>(?:(?!跳|扫|链接|二维码|网站|广告|插|出现|弹|卖|点开|少)[^,，。;；!！?？\n]){2,14}?)"
    rf"的?(?:{_MATTER}|图片|录像|连环画|插图|音频|朗读|纪录片|录音|海报|短片|附件|资料|游戏|系列)"
    rf"(?={_RUN}{{0,10}}(?:{_FAULT}))"
)
# A map that is blurred is no wrong map: with a purely technical fault the thing itself is subject.
_TECHNICAL = (
    r"打不开|加载|太?模?糊|看不清|没反应|太小|太暗|卡[住死顿在]|花屏|黑屏|乱码|没有?声|无声|比例|压扁"
    r"|错位|拉伸|变形|分辨率|裂了|自动退出|停住|空文件|下载失败"
)
_SHOWN = (
    r"(?:^|(?<=[,。;!?\n]))"
    r"(?P<shown>(?:(?!少|缺|漏|没|错|跳|扫|弹|插|链接|二维码|网站|广告)[^,，。;；!！?？\n]){0,14}?"
    rf"(?:地图|国旗|国徽|图|照片|仪式|展览)(?:片|集|册)?)(?={_RUN}{{0,8}}(?:{_TECHNICAL}))"
)
# 火药传入欧洲的时间写早了: the fact that is wrong is named, its matter is only the subject.
_FACT = (
    r"(?:^|(?<=[,。;!?\n]))"
    r"(?P<fact>(?:(?!宪|党|会议|地图|国旗|国徽|里|中)[^,，。;；!！?？\n]){2,14}?)"
    r"(?=的?(?:面积|人口|年份|年代|时间|日期|笔顺|拼音|方程式|化学式|公式|读音|单位|概率|答案|数字)"
    rf"{_RUN}{{0,6}}(?:错|反|没配平|不对|早了|晚了|漏)|(?:讲|用|写|引用)的(?:还?是)旧)"
)
# 慢得要命, 像中了病毒: a figure of speech names no fact.
_FIGURE = (
    r"(?P<figure>[^打砍捅虐烧，。]得(?:要|能|想|快|让人)[^,，。;!?\n]{0,3}[命死杀疯炸崩][了人]?"
    r"|[等急气累笑烦困难慢卡吵]死[人我了]{0,2}|(?<!好)像(?!是)[^,，。;!?\n]{1,8}(?:一样|似的|阵|片|(?=,|$))"
    r"|简直(?:是|像)[^,，。;!?\n]{1,6}|(?:把|将)[^,，。]{1,4}逼疯)"
)
# What happened elsewhere is no claim about a resource here.
_ELSEWHERE = (
    r"(?P<elsewhere>(?:小区|楼下|村口|校门口|门口(?:小卖部|商店)|路边|菜市场|网上买东西"
    r"|别的[^,，。]{0,4}(?:网站|平台|商店))(?:(?!课|视频|资源|平台上)[^。;!?\n])*)"
)
_ABOUT = re.compile(
    rf"(?:讲(?![师座义话课]|台(?!湾))|介绍|关于|有关|讲解|讲述|科普|主题是|内容是|说的是)"
    rf"(?P<topic>{_RUN}{{1,14}}?)的?{_MATTER}"
    rf"|(?P<anti>(?:{_ANTI}){_RUN}{{0,8}}?(?:{_MATTER}|系列|老师))"
    rf"|(?<!教人)(?<!教唆)(?<!是)(?P<stem>(?:{_STEM}){_STEM_TAIL}(?:这|那)?(?:一)?的?{_MATTER})"
    rf"|{_SUBJECT}|{_SHOWN}|{_FACT}|{_FIGURE}|{_ELSEWHERE}"
    r"|(?P<figure_en>\b(?:is|was|feels like) (?:pure )?(?:torture|murder|a crime|painful)\b"
    r"|\bmurdered my\b|\bin the [a-z]+ (?:chapter|lesson|unit)\b)"
    r"|(?P<en>\b(?:course|lesson|video|film|lecture|unit|class|module|slides?|history) "
    r"(?:on|about|covering|of) [a-z' -]{3,40}?"
    r"(?=[,.;!?\n]| (?:is|has|does|do|won|can|will|cannot|shows|never|keeps|but|and|cites|gives|"
    r"should|freezes)\b|$))"
    r"|(?P<fails_en>\b[a-z' -]{3,40}?(?:video|film|lesson|slides?|poster|audio|map(?: of [a-z]+)?)"
    r"(?= (?:in [a-z0-9 ]{1,16} )?(?:is too (?:small|blurr|dark|quiet)"
    r"|is (?:blurr|blank|garbled|silent)|will not|won't|freezes|do not load"
    r"|(?:does not|doesn't) (?:play|load|open)"
    r"|has no (?:sound|audio|caption|picture))))"
    r"|(?P<anti_en>\banti-[a-z]+ (?:lesson|film|course|video|class)|[a-z]+ (?:explained|law)\b)"
)
_NOT = (
    r"(?:内容(?:上|本身)?)?(?:都|并)?(?:没有?(?:啥|什么|任何|说)?|不是说?|并非|并不是?|不算|不涉及?|谈不上"
    r"|倒不是|不存在|不违[法规]|合法合规|没问题|挺好|很好|不错|积极向上"
    r"|不(?:血腥|暴力|色情|敏感|反动)|没有?错|是对的|无误|查了是误报)"
)
_TURN = (
    r"(?:只是|就是|仅仅|而是|但是?|不过|只不过|可是|然而|单纯|是(?=[^,，。]{0,12}没)|只提示"
    r"|(?:真正|剩下)的?的?问题)"
)
# 地图没问题，…就是: what is said to be right stands before the word that says so.
_RIGHT = r"(?:[^,，。;；!！?？\n]{1,12}(?=没有?问题|没有?错|是对的|无误))?"
# 上次反映的赌博链接已经停了: over and done with.
_SETTLED = (
    r"[^,，。;；!！?？\n]{0,6}(?:反映|举报|投诉|说)的?[^。;；!！?？\n]{0,24}(?:已经|现在|都|今天再看)[^。;；!！?？\n]{0,6}"
    r"(?:没了|没有了|停了|删了|删掉了|处理了|解决了|撤了|下架了)"
    r"|[^,，。;；!！?？\n]{2,20}(?:你们|已经|都)(?:已经|都)?(?:删掉|删除|处理|撤掉|下架)(?:好|完)?了"
)
# A question about rules or ways is no claim; what was met (扫码, 弹出, 课件里) is.
_MET = (
    r"跳(?:转|到|出|进)|扫(?:码|出|了|一)|弹出|点开|点进|打开|二维码|我(?:家|的)?孩子.{0,6}(?:看|点|被)"
    r"|(?:课件|视频|附件|网页|简介|评论|资料|图|页|课)(?:里|中|上|后面)(?:面)?(?:有|是|出现|全|都|放|写|画|卖)"
    r"|\d+分|第.{1,3}[页分]"
)
_ASKING = (
    r"(?:请问|想问|(?<!心理)咨询|想了解|请教|想知道|有没有(?:现成|哪|什么|办法|[^,，。]{0,6}推荐)|哪里(?:有|可以|能)"
    r"|在哪(?:里|儿)?(?:可以|能|下载|报名)?|哪门课|哪个部门|什么部门|找谁|具体指"
    r"|(?:怎么|如何|怎样|怎么样)(?:才能|去|向|进行)?(?:举报|投诉|反映|下载|报名|申请|预防|防止|识别|避免|区分))"
)
_ASKED = re.compile(
    rf"(?:^|(?<=[,。;!?\n]))(?:(?!{_MET})[^,，。;；!！?？\n])*?{_ASKING}(?:(?!{_MET})[^。;；!！?？\n])*"
    r"|\b(?:how (?:do|can|should) (?:i|we)|is there (?:a|any)|where (?:do|can|should) (?:i|we)"
    r"|which (?:course|lesson|office)) [^.;!?\n]*\?"
)
_DENIED = re.compile(
    rf"{_SETTLED}|{_RIGHT}{_NOT}(?:(?!{_TURN})[^。;；!！?？\n]){{0,30}}[,，。;；]?\s*(?={_TURN})"
    r"|\b(?:not|nothing|no) (?:an? )?(?:illegal|unlawful|wrong|against|scam|porn|political"
    r"|copyright|offensive|virus|gambling|fraud|advert)[^.;!?\n]{0,60}?[,.;:] ?"
    r"(?=(?:but|just|only|it|the|my|simply|slide|page)\b)"
)


def topics(text: str) -> list[tuple[int, int]]:
    """Spans that name a subject, not a claim: titles in 《》, 禁毒课, questions about the rules."""
    spans = [match.span() for match in _TITLE.finditer(text)]
    spans += [match.span(match.lastgroup or 0) for match in _ABOUT.finditer(text)]
    # What a question is about is as little a claim as what a course is about.
    spans += [match.span() for match in _ASKED.finditer(text)]
    return spans


def denied(text: str) -> list[tuple[int, int]]:
    """Spans that say what is *not* the matter, before the 只是… that is."""
    return [match.span() for match in _DENIED.finditer(text)]


def mask(length: int, spans: list[tuple[int, int]]) -> bytearray:
    """One byte per character, 1 inside any of the spans."""
    marks = bytearray(length)
    for start, end in spans:
        marks[start:end] = b"\x01" * (end - start)
    return marks
