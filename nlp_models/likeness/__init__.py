"""The same problem? Fingerprints of complaints on one resource and how likely two tell one thing.

`fingerprint` makes what is kept of a text, `compare` weighs two of them, `fit` finds the weights in
corpus_likeness/, `report` measures them and writes LIKENESS.md.
"""
