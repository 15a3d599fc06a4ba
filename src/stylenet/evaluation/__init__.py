"""What ``evaluate.py`` paints and measures: columns of nets, their labels, how a clip flickers.

`stylenet.run.evaluating` builds what the configuration names; nets themselves are used by
`stylenet.apply`.
"""
