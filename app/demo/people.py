"""Who signs in at the demo: fictional people, one for each kind of account."""

from __future__ import annotations

from dataclasses import dataclass

ALL = ("guojia", "kexue", "yunchuan")


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """One demo account; the sign-in name is the person's name."""

    name: str
    role: str
    platforms: tuple[str, ...] = ALL
    body: str | None = None


# Three who may decide: one stops, one asks for a lift, one agrees (law 4 wants two others).
# System, security and audit administration are never one person.
PEOPLE = (
    DemoPerson("值班员谢安宁", "officer"),
    DemoPerson("值班员韩亦辰", "officer"),
    DemoPerson("值班长唐以诺", "supervisor"),
    DemoPerson("主管单位陈书远", "authority_user", ("guojia",), "auth_guojia"),
    DemoPerson("主管单位高文博", "authority_user", ("yunchuan",), "auth_yunchuan"),
    DemoPerson("监管部门王清和", "regulator_user", ("yunchuan",), "reg_yunchuan"),
    DemoPerson("提供者陆怀瑾", "provider_user", ("guojia",), "qiming"),
    DemoPerson("目录编辑苏木", "catalogue_editor"),
    DemoPerson("隐私审批温言", "privacy_approver"),
    DemoPerson("系统管理员江澄", "system_admin"),
    DemoPerson("安全管理员方正", "security_admin"),
    DemoPerson("审计员季明", "auditor"),
)
