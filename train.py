"""Train: ``python train.py style=udnie norm=instance``, the same as ``stylenet train``."""

from stylenet.run import launch, train

if __name__ == "__main__":
    launch(train, "train")
