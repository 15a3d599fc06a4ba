#!/bin/sh
# sh squared.sh DATA NETS VGG OUT WEIGHTS [options of train.py]: nets trained on under VGG-16, and in the
# end under squared distances. DATA is what experiments/any_style/prepare.py makes,
# NETS and VGG what runs.sh and vgg16.sh left, WEIGHTS what experiments/distillation/vgg16.py writes.
# Stage one was stopped by the clock, at these steps of 20000.
set -e
data=$1 nets=$2 vgg=$3 out=$4 weights=$5
shift 5
. "$(dirname "$0")/train.sh"
vgg16() { # <stage> <name> <steps> <options>
  stage=$1 name=$2 steps=$3
  shift 3
  train "$stage" "$name" "$steps" data.batch_size=8 data.num_workers=1 optimizer.lr=6e-4 \
    loss_network=vgg16_caffe "loss_network.weights.path=$weights" "$@"
}
gpu="channels_last=false +trainer.benchmark=true"
normalised="experiment=normalised style_size.px=512 loss/style_term=image"
squared="loss=squared loss/style_distance=squared_gram loss/style_reduction=mean loss/content_distance=squared \
  loss.content_weight=7.5 loss.tv_weight=3e6 style_size=whole"
any="task=any_style styles.roots=[$data/paintings,$data/styles] \
  styles.repeats=[1,8] styles.val_root=$data/held_out styles.val_count=6 styles.size=256 \
  data.batch_size=16 task.images_per_style=4 loss.style_weight=6"
six="experiment=normalised task=multistyle net=johnson_half norm=conditional_instance style_size.px=512 \
  style=[udnie,wave,the_scream,starry_night,shipwreck,night_cafe] data.batch_size=12 \
  loss/style_term=image loss.style_weight=6"

vgg16 1 any 417 $any $gpu "init=$nets/2/any" "$@"
vgg16 1 wave 781 style=wave $normalised $gpu loss.style_weight=4 "init=$vgg/3/wave" "$@"
vgg16 1 udnie 792 style=udnie $normalised $gpu loss.style_weight=4 "init=$vgg/3/udnie" "$@"
for name in shipwreck night_cafe; do
  vgg16 1 $name 790 "style=$name" $normalised $gpu loss.style_weight=6 "init=$nets/2/$name" "$@"
done
for name in the_scream starry_night; do
  vgg16 1 $name 945 "style=$name" $squared $gpu loss.style_weight=100 loss.tv_weight=1.3e7 \
    "init=$nets/2/$name" "$@"
done

cosine="scheduler=cosine"
vgg16 2 any 440 $any $cosine $gpu "init=$out/1/any" "$@"
vgg16 2 six 310 $six $cosine $gpu optimizer.lr=1e-3 "init=$out/1/any" "$@"
for style in wave:12 udnie:20 the_scream:60 starry_night:15 night_cafe:25; do
  name=${style%:*} weight=${style#*:}
  vgg16 2 "$name" 940 "style=$name" $squared $cosine $gpu "loss.style_weight=$weight" \
    "init=$out/1/$name" "$@"
done

cpu="$cosine data.num_workers=0"
vgg16 3 six 250 $six $cpu optimizer.lr=4e-4 "init=$out/2/six" "$@"
vgg16 3 starry_night 300 style=starry_night $squared $cpu style_size=shorter style_size.px=512 \
  data.batch_size=4 loss.style_weight=8 optimizer.lr=5e-4 \
  "init=$out/2/starry_night" "$@"
vgg16 3 night_cafe 100 style=night_cafe $squared $cpu data.batch_size=4 loss.style_weight=16 \
  optimizer.lr=3e-4 "init=$out/2/night_cafe" "$@"
vgg16 3 shipwreck 160 style=shipwreck $normalised $cpu data.batch_size=4 loss.style_weight=5 \
  optimizer.lr=4e-4 "init=$out/1/shipwreck" "$@"

flicker="$squared $cpu data.batch_size=4 optimizer.lr=4e-4 loss/temporal=stills"
vgg16 4 wave 200 style=wave $flicker loss.style_weight=12 loss.temporal_weight=3e6 \
  "init=$out/2/wave" "$@"
vgg16 5 wave 160 style=wave $flicker loss.style_weight=12 loss.temporal_weight=2e7 \
  "init=$out/4/wave" "$@"
for style in udnie:20 the_scream:60; do
  name=${style%:*} weight=${style#*:}
  vgg16 4 "$name" 200 "style=$name" $flicker "loss.style_weight=$weight" \
    loss.temporal_weight=2e7 "init=$out/2/$name" "$@"
done
