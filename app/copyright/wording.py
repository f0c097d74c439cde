"""From a notice to the words of letters, messages and the complaint. Chinese, as letters are."""

from __future__ import annotations

from datetime import datetime

from app.copyright.values import Counter, Notice, Party
from app.incidents.letters import moment_text


def story(notice: Notice) -> str:
    """The complaint's text: what officers work on; nobody is named but by the words themselves."""
    return f"侵犯著作权的通知书。\n主张权利的作品：{notice.work}\n{notice.statement}"


def claim(notice: Notice) -> dict[str, str]:
    """The statutory items, which the law has forwarded to the provider (条例 Art. 15)."""
    claimant, contact = notice.holder.name, _where(notice.holder)
    if notice.agent is not None:
        claimant = f"{claimant}（代理人：{notice.agent.name}）"
        contact = f"{contact}；代理人：{notice.agent.contact}"
    proofs = [f"权属证明材料{len(notice.ownership)}份（{'、'.join(notice.ownership)}）"]
    if notice.authority:
        proofs.append(f"授权委托书{len(notice.authority)}份（{'、'.join(notice.authority)}）")
    return {
        "claimant": claimant,
        "contact": contact,
        "work": notice.work,
        "statement": notice.statement,
        "proof": "；".join(proofs),
    }


def _where(one: Party) -> str:
    return f"{one.contact}；地址：{one.address}"


def _enclosed(given: Counter) -> str:
    return f"所附材料：{'、'.join(given.files)}\n" if given.files else ""


def forwarded(given: Counter, due: datetime | None) -> str:
    """The counter-notice as its message to who sent the notice (条例 Art. 17)."""
    if due is None:
        ends = "该资源此前已经核实存在侵权，书面说明转交平台主管单位决定。"
    else:
        ends = (
            f"依照《信息网络传播权保护条例》第十七条，自{moment_text(due)}起恢复传输；"
            "不得就同一作品再次通知删除。您仍可向人民法院起诉或者向著作权行政管理部门投诉。"
        )
    return (
        "资源提供者已就您的通知书提交书面说明（反通知），现转送您。\n"
        f"提交人：{given.provider.name}\n"
        f"联系方式和地址：{_where(given.provider)}\n"
        f"要求恢复：{given.what}\n"
        f"不构成侵权的初步证明：{given.proof}\n{_enclosed(given)}"
        f"{ends}"
    )
