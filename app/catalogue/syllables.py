"""Pinyin as people type it: one run of letters cut into syllables. Pure."""

from __future__ import annotations

from collections.abc import Iterator

# Every syllable of Mandarin without tones, ü as v.
_ALL = """
a ai an ang ao ba bai ban bang bao bei ben beng bi bian biao bie bin bing bo bu ca cai can cang cao
ce cen ceng cha chai chan chang chao che chen cheng chi chong chou chu chua chuai chuan chuang chui
chun chuo ci cong cou cu cuan cui cun cuo da dai dan dang dao de den deng di dian diao die ding diu
dong dou du duan dui dun duo e ei en eng er fa fan fang fei fen feng fiao fo fou fu ga gai gan gang
gao ge gei gen geng gong gou gu gua guai guan guang gui gun guo ha hai han hang hao he hei hen heng
hong hou hu hua huai huan huang hui hun huo ji jia jian jiang jiao jie jin jing jiong jiu ju juan
jue jun ka kai kan kang kao ke ken keng kong kou ku kua kuai kuan kuang kui kun kuo la lai lan lang
lao le lei leng li lia lian liang liao lie lin ling liu lo long lou lu luan lun luo lv lve ma mai
man mang mao me mei men meng mi mian miao mie min ming miu mo mou mu na nai nan nang nao ne nei nen
neng ni nian niang niao nie nin ning niu nong nou nu nuan nun nuo nv nve o ou pa pai pan pang pao
pei pen peng pi pian piao pie pin ping po pou pu qi qia qian qiang qiao qie qin qing qiong qiu qu
quan que qun ran rang rao re ren reng ri rong rou ru rua ruan rui run ruo sa sai san sang sao se sen
seng sha shai shan shang shao she shen sheng shi shou shu shua shuai shuan shuang shui shun shuo si
song sou su suan sui sun suo ta tai tan tang tao te teng ti tian tiao tie ting tong tou tu tuan tui
tun tuo wa wai wan wang wei wen weng wo wu xi xia xian xiang xiao xie xin xing xiong xiu xu xuan xue
xun ya yan yang yao ye yi yin ying yo yong you yu yuan yue yun za zai zan zang zao ze zei zen zeng
zha zhai zhan zhang zhao zhe zhen zheng zhi zhong zhou zhu zhua zhuai zhuan zhuang zhui zhun zhuo zi
zong zou zu zuan zui zun zuo
"""
SYLLABLES = frozenset(_ALL.split())
_BEGINNINGS = frozenset(s[:n] for s in SYLLABLES for n in range(1, len(s)))
_LONGEST = 6


def spellings(letters: str) -> Iterator[tuple[str, ...]]:
    """Ways to read letters as syllables, longest first ones in front; none when there is no way.

    A last syllable that is still being typed is left out: ``gaozhongw`` reads gao, zhong.
    """
    yield from _spellings(letters, ())


def _spellings(rest: str, read: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not rest or (read and rest in _BEGINNINGS and rest not in SYLLABLES):
        yield read
        return
    for n in range(min(_LONGEST, len(rest)), 0, -1):
        if rest[:n] in SYLLABLES:
            yield from _spellings(rest[n:], (*read, rest[:n]))
