#!/bin/sh
# sh scaled.sh DATA NETS OUT [options of train.py]: `six` and `any` trained on under the distances of loss=squared, `any`
# with each image in a style of its own. DATA is what experiments/any_style/prepare.py makes, NETS what squared.sh
# left.
set -e
data=$1 nets=$2 out=$3
shift 3
. "$(dirname "$0")/train.sh"
train 1 six 1500 task=multistyle "init=$nets/3/six" net=johnson_half norm=conditional_instance \
  style=[udnie,wave,the_scream,starry_night,shipwreck,night_cafe] data.batch_size=6 data.num_workers=0 \
  scheduler=cosine scheduler.warm_up=20 optimizer.lr=1e-3 "$@"
train 1 any 300 task=any_style "init=$nets/2/any" "styles.roots=[$data/paintings,$data/styles]" \
  "styles.repeats=[1,8]" "styles.val_root=$data/held_out" styles.val_count=6 styles.size=320 \
  data.batch_size=8 task.images_per_style=1 data.num_workers=0 loss_network=vgg16_bundled \
  loss/style_distance=scaled_gram loss.style_weight=20 loss.tv_weight=4 "loss.content_layers=[relu4_1]" \
  "loss.style_layers=[relu1_1,relu2_1,relu3_1,relu4_1]" "loss.style_scales=[1]" loss.style_margin=0 \
  scheduler=cosine scheduler.warm_up=20 optimizer.lr=6e-4 "$@"
