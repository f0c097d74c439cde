"""The words of design page 1: routing kinds, finer kinds, categories."""

from __future__ import annotations

# In the order of strictness of the articles (20, 21, 22, 23, none).
ROUTING = (
    "legal",
    "politics",
    "orientation",
    "scientific",
    "suitability",
    "normativity",
    "timeliness",
    "underperformance",
    "other",
)
CATEGORY = {
    "legal": "legal",
    "politics": "political",
    "orientation": "political",
    "scientific": "political",
    "suitability": "suitability",
    "normativity": "suitability",
    "timeliness": "suitability",
    "underperformance": "underperformance",
    "other": "other",
}
FINE = {
    "legal": (
        "pornography",
        "gambling",
        "fraud",
        "violence_terror",
        "drugs",
        "weapons",
        "cult",
        "malware",
        "rumour",
        "copyright",
        "privacy",
        "defamation",
        "minors",
        "exam_leak",
        "advertising",
        "other_legal",
    ),
    "underperformance": ("low_views", "low_use", "low_rating", "many_complaints"),
    "other": ("question", "account", "service", "thanks", "off_topic", "unreadable"),
}
PARENT = {fine: routing for routing, kinds in FINE.items() for fine in kinds}
SEVERE = "severe"
# What the model says of a text, in this order.
LABELS = (*ROUTING, SEVERE, *PARENT)
# Whether a list of grave matter was met outside topics, questions and denials: near 1 or near 0.
LISTED = "listed"
# The kinds whose severe claims may be held before a person has looked (design 2.7, 3.5).
HOLDABLE = ("legal", "politics")
