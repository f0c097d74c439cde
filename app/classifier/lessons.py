"""A person's decision as a row to learn from; in the words of the classifier's corpus."""

from nlp_models.corrections import Word, corrects, row

__all__ = ["Word", "corrects", "row"]
