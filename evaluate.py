"""Paint and measure: ``python evaluate.py model=<run> content=<picture or folder>``.

The same as ``stylenet evaluate``.
"""

from stylenet.run import evaluate, launch

if __name__ == "__main__":
    launch(evaluate, "evaluate")
