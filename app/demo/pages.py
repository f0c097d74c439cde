"""The platforms' own pages: one per resource, with film, paper, exercises, complaint entry."""

from __future__ import annotations

from html import escape
from urllib.parse import quote

from app.demo.catalogue import ATTACHMENT, SHARED_FILE, PlannedResource
from app.demo.texts import ATTACHMENT_NAME, KIND_NAME, VIDEO_NAME
from app.demo.world import world

STYLE = """\
:root{color-scheme:light dark}
body{margin:0 auto;max-width:60rem;padding:1rem;line-height:1.7;
font-family:"Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
header,footer{padding:.5rem 0;border-bottom:2px solid #1d4f91}
footer{border:0;border-top:1px solid #8885;margin-top:2rem}
video,img{max-width:100%;height:auto;background:#222}
dl{display:grid;grid-template-columns:6rem 1fr;gap:.2rem 1rem}dd{margin:0}
a{color:#1d4f91}.kind{background:#1d4f91;color:#fff;padding:.1rem .6rem;border-radius:.2rem}
.complain{display:inline-block;border:2px solid #b3261e;color:#b3261e;padding:.5rem 1rem;
border-radius:.3rem;text-decoration:none}
@media(prefers-color-scheme:dark){a{color:#9cc2ff}.complain{color:#ffb4ab;border-color:#ffb4ab}}
"""


def _document(title: str, body: str, style: str) -> str:
    return (
        '<!doctype html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8"/>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>\n'
        f'<title>{escape(title)}</title>\n<link rel="stylesheet" href="{style}"/>\n'
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _external(resource: PlannedResource) -> str:
    rows = [a for a in resource.addresses if a.hosting == "external"]
    return "".join(
        f'<p>本资源依数据共享协议另有外链：<a rel="external noopener" '
        f'href="https://{a.host}{a.path}">在提供者网站打开</a></p>\n'
        for a in rows
    )


def _downloads(resource: PlannedResource) -> str:
    rows = [
        f'<li><a href="{ATTACHMENT[resource.kind]}">{ATTACHMENT_NAME[resource.kind]}</a></li>',
        '<li><a href="hls/index.m3u8">分段播放列表</a></li>',
    ]
    if resource.shares:
        rows.append(f'<li><a href="{SHARED_FILE}">实验室安全须知（PDF）</a></li>')
    return "\n".join(rows)


def _exercises(resource: PlannedResource) -> str:
    return "\n".join(
        f'<li id="lianxi-{n}">练习 {n}：'
        f"请用自己的话说明“{escape(topic)}”的要点，并举一个例子。</li>"
        for n, topic in enumerate(resource.topics, start=1)
    )


def resource_page(resource: PlannedResource, portal: str) -> str:
    """The page of one resource; the complaint entry of Art. 17 leads to ``portal``."""
    names = {p.key: p.name for p in world().platforms} | {b.key: b.name for b in world().bodies}
    chapters = "\n".join(f"<li>{escape(topic)}</li>" for topic in resource.topics)
    complain = f"{portal.rstrip('/')}/complain?resource={quote(resource.ref)}"
    body = f"""\
<header><p>{escape(names[resource.platform])}</p></header>
<main>
<p><span class="kind">{KIND_NAME[resource.kind]}</span></p>
<h1>{escape(resource.title)}</h1>
<p>{escape(resource.description)}</p>
<video controls="controls" preload="metadata" poster="cover.png" width="640" height="360"
 aria-label="{VIDEO_NAME[resource.kind]}"><source src="video.webm" type="video/webm"/></video>
<dl>
<dt>资源编号</dt><dd>{resource.ref}</dd>
<dt>学科</dt><dd>{escape(resource.subject)}</dd>
<dt>适用对象</dt><dd>{escape(resource.grade)}</dd>
<dt>资源提供者</dt><dd>{escape(names[resource.provider])}</dd>
</dl>
<h2>目录</h2>
<ol>
{chapters}
</ol>
<h2>资料</h2>
<ul>
{_downloads(resource)}
</ul>
{_external(resource)}<h2>随堂练习</h2>
<ol>
{_exercises(resource)}
</ol>
</main>
<footer>
<p>发现内容有问题？<a class="complain" data-complain="{resource.ref}" href="{escape(complain)}">\
投诉举报</a></p>
<p>本页为演示内容，平台、单位和人员均为虚构。</p>
</footer>"""
    return _document(resource.title, body, "/assets/site.css")


def home_page(platform_name: str, portal: str) -> str:
    """The door of a platform: no list of its own, so that nothing stopped stays listed here."""
    body = f"""\
<header><p>{escape(platform_name)}</p></header>
<main>
<h1>{escape(platform_name)}</h1>
<p>这里是演示平台的资源服务地址。请到门户检索资源。</p>
<p><a href="{escape(portal.rstrip("/"))}/">进入门户</a></p>
</main>"""
    return _document(platform_name, body, "/assets/site.css")


def segment_list(resource: PlannedResource, names: list[str]) -> str:
    """The folder page of the film's segments, so that the folder's own address answers."""
    rows = "\n".join(f'<li><a href="{name}">{name}</a></li>' for name in names)
    return _document(
        f"{resource.title}：分段", f"<h1>{escape(resource.title)}</h1>\n<ul>\n{rows}\n</ul>",
        "/assets/site.css",
    )  # fmt: skip


def playlist(resource: PlannedResource, seconds: list[float], names: list[str]) -> str:
    """An HLS playlist of the film's segments; it names its resource, so no two are alike."""
    lines = [
        "#EXTM3U",
        f"# {resource.ref} {resource.title}",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{int(max(seconds)) + 1}",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    for length, name in zip(seconds, names, strict=True):
        lines += [f"#EXTINF:{length:.3f},", name]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])
