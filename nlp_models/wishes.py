"""Whether the sender wants an answer: a request, a refusal, or neither."""

from __future__ import annotations

import re

from nlp_models.sight import Span, blanked

_ACT = (
    r"(?:回复|回覆|答复|答覆|回电|回信|回音|回话|回应|复函|函复|回函|回访|来电|致电|知会"
    r"|[赐示核惠祈]复)"
)
# 我的学校, 我爸爸: somebody else.
_ME = r"(?:本人|我(?!的|们|爸|妈|家长|老师|儿|女|孩))"
# 不用回复, 别打我电话, 回复就不用了; what stands after shows that the sender is meant.
_NO = re.compile(
    r"(?:拒绝|谢绝|不图|不劳|犯不[着上]|不用|无需|无须|不必|不需要?|不要|别|勿|可以?不|不求|免"
    r"|不想|用不着|不麻烦|没必要|不指望|不希望被?|莫)"
    rf"(?P<how>[^,。!?;\s]{{0,6}}?)(?:{_ACT}|联系|打?我?电话|打给我|通知|反馈|短信|回|复"
    rf"|告知(?=结果|处理|[,。;!?\s]|$)"
    rf"|(?:告知|告诉|找|理会?)(?={_ME}))"
    rf"(?=[\s,。.!?;:、\"”)了本吧哦啦呀哈啊的结给此也就即谢过来]|{_ME}|$)(?:本人|{_ME}|了)*"
    r"|(?:不|勿)回(?:复|电)?(?:也行|也可以|也没关系|也没事|也罢|也无妨|也不要紧|即可)|勿电(?!话)"
    rf"|(?:{_ACT}|电话|联系)(?:我|通知)?就?(?:不用|免|不必)(?:打|回|发)?了"
)
_NO_ENGLISH = re.compile(
    r"(?:(?<![a-z])(?:don[’']?t|do not|needn[’']t|need not|not necessary|unnecessary)(?: have"
    r"| need| expect| want| require| bother)?"
    r"|no need|no)(?: for| to)?(?: you)?(?: to)?(?: an?y?)? (?:reply|replies|call|phone"
    r"|contact|write back|answer|respond|response"
    r"|e-?mail|ring|get back|get in touch|acknowledge|follow-?up|feedback|replying|calling"
    r"|to be contacted)(?![a-z]| my| the| them| him| her)(?P<after>[a-z ]{0,24})"
    r"|(?:reply|answer|response|call) (?:is )?not (?:needed|necessary|required)"
    r"|rather not be (?:contacted|called)|not (?:expecting|looking for|after|asking for) (?:a"
    r"|an|any) (?:reply|answer|response)"
)
_NEEDED = re.compile(r" (?:is )?(?:needed|required|necessary|please|wanted|expected)")
_THEY = re.compile(r"(?:they|you|she|he|staff|support|teachers?|people|who|to|but|and) $")
_HOLLOW = re.compile(r"谁|模板|自动|只|光|敷衍|机器|套话|不|没|再三|总是")
# A reply that is one of the sentence's facts and not its wish.
_TOLD = re.compile(
    r"(?:说|会|要|位?老师|有人|从来|从不|一直|没人?|没有|无人|客服|弹窗|提示|自动|系统|平台"
    r"|后台|显示|才|曾经?"
    r"|已经?|都|从未|不|没指望|上次|之前|承诺"
    r"|答应|别再?|懒得|[让叫]我|大家|我们|同学|学生|孩子)[你们您他她会再给都人在]{0,3}$"
    r"|[\"“「]$|nobody |never |no one |not |didn[’']t |hasn[’']t |automatic |auto "
)
_ASKED = re.compile(r"[请望盼希求麻烦劳务必能否可叫](?![^,。!?;\n]{0,7}[不别勿])[^,。!?;\n]{0,7}$")
_THEN = (
    rf"(?:{_ACT}|联系(?:我们学校|{_ME}|[,。!?;\s]|$)|[与和跟]我[^,。]{{0,6}}联系|联络我"
    rf"|告知(?!牌|家长|老师|学生|孩子|学校|大家|同学)|告诉{_ME}|通知(?:{_ME}|[,。!?;\s]|$)"
    rf"|给[我予出]?一?个?(?:[^,。]{{0,4}}的)?(?:说法|解释|说明|交代)|说明(?:一下)?(?:原因|情况"
    rf"|理由)|函告|电联|私信"
    r"|回个?(?:话|邮件)|回我|发邮件|发短信)"
)
_DONE = r"(?:有结果|有消息|有进展|有眉目|结果出来|[改修弄][好完]|处理[好完]|处理完毕|搞定|解决)"
_PLEA = re.compile(
    rf"{_DONE}[^,。!?\n们]{{0,8}},?\s?(?:麻烦|请|就|给我|可以|可否)?(?:发(?:个|条|封)?(?:短信"
    rf"|邮件|消息|信息|到|至)|告诉|告知"
    rf"|通知|说一?声|吱|喊|叫我|打电话|来电|回)"
    r"|(?:请|(?<![指希失渴])望|盼|希望|麻烦|务必|等待?|坐等|静候|期待|要求|求|速|尽快"
    r"|给(?:我(?!的|女|儿|孩|家"
    r"|爸|妈)|个|一个|出|予)+|并|将|把)"
    rf"[^,。!?\n\"”「]{{0,14}}?(?:{_THEN}|反馈(?!给(?!我|本人))|与本人[^,。]{{0,4}}联系"
    rf"|电话告知|联系核实)"
    rf"|(?:能|可以|可否)[^,。!?\n\"”]{{0,8}}?{_ACT}[^,。!?\n]{{0,6}}[吗么?不]"
    r"|[给跟与和向]我(?:打|回)?(?:一?个)?(?:回复|答复|回话|回电|电话(?!号)|联系|说一?[声下])"
    r"|(?:请|麻烦|能不能|可以|希望|尽快|方便)[^,。!?\n]{0,4}打(?:一?个)?电话(?!号)(?!给(?!我))"
    r"|打给我|吱一?声"
    r"|有(?:疑问|问题|需要|事|情况)[^,。!?\n]{0,8}[打拨](?=[\d(+])"
    rf"|回我(?:一?个)?(?:电话|信|话|音)?|回一?(?:个(?:电话|信|话|音)|下)|(?:联系"
    rf"|联络)(?:一?下)?(?:我们学校|{_ME})"
    rf"|有[^,。]{{0,6}}找我(?!们)|(?:告诉|告知|通知){_ME}|静[候待](?:佳音|{_ACT})|[敬恭]候"
    rf"|(?:通个气|捎个[信话]|给个(?:话"
    rf"|结果)|言语一声|吭一?声|@我|抄送(?:我|本人))|想(?:要|听|得到"
    rf"|收到)[^,。!?\n]{{0,6}}(?:{_ACT}|说法|解释|结果)"
    rf"|[跟和]我说(?!过|的)|(?:谁|有没有人)能[^,。!?\n]{{0,4}}{_ACT}|(?:短信|邮件"
    rf"|微信)(?:也?可以|就好|就可以|就成)"
    rf"|[盼望候请速求](?:复(?![核查习印制])|回(?![来到归放答]))"
    r"|(?:给个|给一个|给句|要个|要一个|给我?)(?:明确的)?(?:说法|解释|答复|交代|回音|准信|准话)"
    r"|等(?:你们|您|着)?的?(?:消息|回音|结果)"
    r"|(?:短信|邮件|电话|微信)(?:通知|回复|答复|告知|联系)(?:一下|我|即可|就行|本人|[,。!;\s]"
    r"|$)|电话(?:沟通|详谈)(?!:)|告诉一声|打(?:这个|下面的?|此)(?:电话|号码)|等(?:你们|您)的?电话"
    r"|(?<![们你您])说一声"
    r"|(?:请|您|可以?|欢迎)(?:随时|拨打?|打|电话|联系|直接|致电)+(?:一下)?\s?(?=[\d(+])|电联"
    r"|(?:随时|欢迎|可以)(?:来电|打给|致电)"
    r"|随时联系|私信(?:我|回复)|请?电话联系"
    r"|发(?:个|封)?(?:邮件|短信|消息)给?我|给我发(?:个|封|条)?(?:邮件|短信|消息)|写信给我"
    r"|(?:结果发|[发寄][到至送给])(?:我的?)?(?:邮箱|信箱)?:?\s?(?=[a-z0-9._+-]{1,40}@)"
)
_QUOTED = re.compile(r"“[^”\n]{1,40}”|「[^」\n]{1,40}」")
_REPLY = r"(?:reply|answer|response|call(?: |-)?back|feedback|update|word)"
_PLEA_ENGLISH = re.compile(
    r"(?:please|pls|kindly|could (?:you|someone|anyone)|can (?:you|someone|anyone)|would you"
    r"|will you|and) (?:also |just |then |do )?"
    r"(?:please )?(?:reply|call|phone|answer|respond|contact|write|e-?mail|ring|text|get back"
    r"|let me know|get in touch|revert|acknowledge|message me|send me (?:a message|an e-?mail"
    r"|word|the (?:result|outcome))|tell me|confirm receipt|inform me|notify me)"
    r"(?![a-z]| the | your | my | an? | question| their | him| her| them)"
    r"|(?<!to )(?<![a-z])(?:call|phone|ring|text) (?=[\d+(])"
    r"|请 ?(?:reply|call|e-?mail|contact)|(?:(?<!to )"
    r"|(?<=free to ))(?<!would )(?<!will )(?<![a-z])(?:call|contact|e-?mail|ring|text|phone"
    r"|write to"
    r"|reply to|tell|inform|notify) me(?![a-z])"
    r"|(?<!to )(?<![a-z])e-?mail (?=[a-z0-9._+-]{1,40}@)|let (?:me|us) know|get back to (?:me"
    r"|us)|keep (?:me|us) (?:posted|informed|updated)|drop me a|give me a (?:call|ring)"
    r"|please advise|reach me (?:at|on|by)"
    r"|(?:look(?:ing)? forward to|hop(?:e|ing) (?:to|for)|wait(?:ing)? (?:for|to)"
    r"|await(?:ing)?|expect(?:ing)?|need|want|would like|appreciate|grateful for|like|get|have)"
    rf" (?:to )?(?:hear(?:ing)?(?! that| about| the)|(?:an? |your |the |any )?(?:quick "
    rf"|prompt |early |written |short )?{_REPLY})(?![a-z])"
    rf"|{_REPLY} (?:asap|soon|needed|requested|would be)"
)
_HAN = re.compile(r"[一-鿿]")
_LATIN = re.compile(r"[a-z]{4}")
_LIKELY = re.compile(
    r"[知复候电捎吭回答复覆函联告声我打发信寄解]|来电|致电|电话|通知|反馈|说法|短信|邮件|交代"
    r"|消息|准信|准话"
    r"|repl|call|answer|respon|contact|mail|phone|ring|tell|know|back|hear|text|touch|write"
    r"|reach|update|word|inform|notify|follow|posted|drop|revert|acknowl|send|message|give"
    r"|advise|confirm|let"
)


def _refusals(text: str) -> tuple[list[Span], list[Span]]:
    """Refusals of an answer, and refusals of an empty one (不要用模板回复)."""
    found: list[Span] = []
    empty: list[Span] = []
    for match in _NO.finditer(text):
        before = text[max(0, match.start() - 3) : match.start()]
        if not before.endswith(("不是", "是不", "能", "要么")):
            hollow = match["how"] and _HOLLOW.search(match["how"])
            (empty if hollow else found).append(match.span())
    for match in _NO_ENGLISH.finditer(text) if _LATIN.search(text) else ():
        before = text[max(0, match.start() - 12) : match.start()]
        plain = (
            match["after"] is not None
            and match.group().startswith("no ")
            and not match.group().startswith("no need")
        )
        if plain and not _NEEDED.match(match["after"]):
            continue
        direct = re.match(r"do", match.group()) and not re.search(
            "have|need|expect|want", match.group()
        )
        if not (direct and _THEY.search(before)):
            found.append(match.span())
    return found, empty


def wants_reply(text: str) -> bool | None:
    """True for a request to answer or call, False for a refusal, None otherwise.

    邮件回复即可，不用打电话 refuses one way and asks for another: that is a request.
    """
    if not _LIKELY.search(text):
        return None
    # What somebody is quoted with is not the sender's wish.
    text = blanked(text, [match.span() for match in _QUOTED.finditer(text)], "\n")
    refused, empty = _refusals(text)
    # No plea reaches across the end of a line.
    text = blanked(text, refused + empty, "\n")
    for pattern, script in ((_PLEA, _HAN), (_PLEA_ENGLISH, _LATIN)):
        for match in pattern.finditer(text) if script.search(text) else ():
            before = text[max(0, match.start() - 8) : match.start()]
            if not _TOLD.search(before) or _ASKED.search(before):
                return True
    return False if refused else None
