#!/bin/sh
# sh warm.sh DATA OUT STEPS [options of train.py]: nets for six paintings of DATA/held_out that the base net
# never saw, two seeds each: 60 steps from its prediction, 60 from a net of another style, and STEPS from
# random weights.
set -e
data=$1 out=$2 steps=$3
shift 3
train() { # <run> <painting> <steps> <options>
  run=$out/$1 painting=$2 length=$3
  shift 3
  test -f "$run/model.safetensors" || python train.py "run.dir=$run" "style=$painting" \
    data=folder "data.root=$data/photos" "data.val_root=$data/shown" data.size=128 \
    scheduler=cosine "trainer.max_steps=$length" "trainer.val_check_interval=60" logger=csv compile=false \
    data.num_workers=0 callbacks=none "$@"
}
for seed in 0 1; do
  for painting in "$data"/held_out/[a-j]*.jpg; do
    test -f "$painting" || continue
    name=$seed/$(basename "$painting" .jpg)
    train "base/$name" "$painting" 60 "seed=$seed" init=base scheduler.warm_up=10 "$@"
    train "udnie/$name" "$painting" 60 "seed=$seed" init=udnie scheduler.warm_up=10 "$@"
    train "random/$name" "$painting" "$steps" "seed=$seed" init=null task.content_start=1 "$@"
  done
done
