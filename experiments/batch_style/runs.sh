#!/bin/sh
# sh runs.sh OUT [options of train.py]: the nets of this study, one after the other, into OUT.
# $PHOTOS: photographs to train on; $STYLENET_STYLES: the paintings; $STYLENET_CONTENTS: what is shown.
set -e
out=$1
shift
train() {
  name=$1
  shift
  test -f "$out/$name/model.safetensors" || python train.py experiment=normalised init=null "run.dir=$out/$name" \
    data=folder "data.root=$PHOTOS" "data.val_root=$STYLENET_CONTENTS" data.size=128 \
    style_size.px=256 loss.style_weight=5 scheduler=cosine trainer.max_steps=500 \
    trainer.val_check_interval=100 logger=none precision=32 compile=false data.num_workers=0 "$@"
}
for style in udnie wave; do
  for term in batch image; do
    train "${style}_$term" "style=$style" "loss/style_term=$term" "$@"
  done
  train "${style}_nearest" "style=$style" net/upsample=nearest "$@"
done
