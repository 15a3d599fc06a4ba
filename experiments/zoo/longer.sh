#!/bin/sh
# sh longer.sh DATA NETS SCALED OUT WEIGHTS [options of train.py]: what was trained on during a second quarter of an
# hour of an H100: `any` and `six` for longer under the distances of loss=squared, night_cafe, shipwreck and
# starry_night with the temporal term (the last's second stage on a CPU). DATA is what
# experiments/any_style/prepare.py makes, NETS and SCALED what squared.sh and scaled.sh left, WEIGHTS what
# experiments/distillation/vgg16.py writes. `any` was stopped by the clock in stage one, whose rate is constant
# but for its warm-up.
set -e
data=$1 nets=$2 scaled=$3 out=$4 weights=$5
shift 5
. "$(dirname "$0")/train.sh"
gpu="scheduler=cosine scheduler.warm_up=20 +trainer.benchmark=true"
any="task=any_style styles.roots=[$data/paintings,$data/styles] styles.repeats=[1,8] \
  styles.val_root=$data/held_out styles.val_count=6 styles.size=320 data.batch_size=48 task.images_per_style=1 \
  loss_network=vgg16_bundled loss/style_distance=scaled_gram loss.style_weight=20 loss.tv_weight=4 \
  loss.content_layers=[relu4_1] loss.style_layers=[relu1_1,relu2_1,relu3_1,relu4_1] loss.style_scales=[1] \
  loss.style_margin=0 data.num_workers=4 optimizer.lr=1e-3"
train 1 any 580 $any $gpu scheduler.steps=10000000 "init=$scaled/1/any" "$@"
train 2 any 352 $any $gpu "init=$out/1/any" "$@"
train 1 six 1500 task=multistyle "init=$scaled/1/six" net=johnson_half norm=conditional_instance \
  style=[udnie,wave,the_scream,starry_night,shipwreck,night_cafe] data.batch_size=12 data.num_workers=2 $gpu \
  optimizer.lr=8e-4 "$@"

temporal="loss/temporal=stills loss_network=vgg16_caffe loss_network.weights.path=$weights data.batch_size=8 \
  data.num_workers=1 optimizer.lr=4e-4 $gpu"
squared="loss=squared loss/style_distance=squared_gram loss/style_reduction=mean loss/content_distance=squared \
  loss.content_weight=7.5 loss.tv_weight=3e6"
train 1 night_cafe 600 style=night_cafe $squared $temporal style_size=whole loss.style_weight=16 \
  loss.temporal_weight=1.5e7 "init=$nets/3/night_cafe" "$@"
train 1 shipwreck 600 style=shipwreck experiment=normalised loss/style_term=image style_size.px=512 $temporal \
  loss.style_weight=5 loss.temporal_weight=40 "init=$nets/3/shipwreck" "$@"
starry="style=starry_night $squared $temporal style_size=shorter style_size.px=512 loss.temporal_weight=5e6"
train 1 starry_night 600 $starry loss.style_weight=8 "init=$nets/3/starry_night" "$@"
train 2 starry_night 240 $starry loss.style_weight=12 data.batch_size=4 data.num_workers=0 optimizer.lr=5e-4 \
  "init=$out/1/starry_night" "$@"
