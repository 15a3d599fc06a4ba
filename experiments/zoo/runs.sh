#!/bin/sh
# sh runs.sh DATA OUT [options of train.py]: trains all nets that ship, in two stages. DATA is what
# experiments/any_style/prepare.py makes. Stage one was stopped by the clock (README.md says where).
set -e
data=$1 out=$2
shift 2
. "$(dirname "$0")/train.sh"
common="data.batch_size=16 data.num_workers=2 scheduler=cosine"
any="$common task=any_style styles.roots=[$data/paintings,$data/styles] styles.repeats=[1,8] \
  styles.val_root=$data/held_out styles.val_count=6 styles.size=256 task.images_per_style=4 \
  loss.style_weight=6"
second="optimizer.lr=6e-4 +trainer.benchmark=true"
train 1 any 2200 $any init=any "$@"
train 2 any 640 $any $second "init=$out/1/any" "$@"
for style in udnie:5 wave:6 the_scream:6 starry_night:6 shipwreck:6 night_cafe:6; do
  name=${style%:*} weight=${style#*:}
  one="$common experiment=normalised style=$name style_size.px=384"
  train 1 "$name" 2200 $one init=base loss.style_weight=5 "$@"
  train 2 "$name" 640 $one $second "init=$out/1/$name" "loss.style_weight=$weight" "$@"
done
