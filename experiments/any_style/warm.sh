#!/bin/sh
# sh warm.sh DATA OUT STEPS [options of train.py]: nets for paintings that the base net never saw, four of
# DATA/held_out: from its prediction for 60 steps, and from random weights for STEPS.
set -e
data=$1 out=$2 steps=$3
shift 3
train() { # <run> <painting> <steps> <options>
  run=$out/$1 painting=$2 length=$3
  shift 3
  test -f "$run/model.safetensors" || python train.py "run.dir=$run" "style=$painting" data=folder \
    "data.root=$data/photos" "data.val_root=$data/shown" data.size=128 scheduler=cosine \
    "trainer.max_steps=$length" "trainer.val_check_interval=60" logger=none compile=false \
    precision=32 data.num_workers=0 callbacks=none "$@"
}
for painting in "$data"/held_out/[a-f]*.jpg; do
  test -f "$painting" || continue
  name=$(basename "$painting" .jpg)
  train "warm/$name" "$painting" 60 init=base scheduler.warm_up=10 "$@"
  train "random/$name" "$painting" "$steps" init=null "$@"
done
