"""What ``evaluate.py`` paints and measures: columns of nets, their labels, how a clip flickers.

`stylenet.run.evaluating` goes through the images; nets themselves are used by `stylenet.apply`.
"""
