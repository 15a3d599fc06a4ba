#!/bin/sh
# sh vgg16.sh DATA NETS OUT WEIGHTS [options of train.py]: udnie and wave trained on under VGG-16. DATA is
# what experiments/any_style/prepare.py makes, NETS what runs.sh left, WEIGHTS what
# experiments/distillation/vgg16.py writes.
# Stages before the last were stopped by hand in runs of 300 (the first of wave) and 1000 steps.
set -e
data=$1 nets=$2 out=$3 weights=$4
shift 4
. "$(dirname "$0")/train.sh"
vgg16() { # <stage> <name> <steps> <steps of the schedule> <from> <style_weight> <options>
  stage=$1 name=$2 steps=$3 schedule=$4 init=$5 weight=$6
  shift 6
  train "$stage" "$name" "$steps" experiment=normalised "style=$name" style_size.px=512 "init=$init" data.batch_size=4 \
    data.num_workers=0 optimizer.lr=6e-4 scheduler=cosine "scheduler.steps=$schedule" \
    loss_network=vgg16_caffe "loss_network.weights.path=$weights" "loss.style_weight=$weight" "$@"
}
vgg16 1 wave 100 300 "$nets/2/wave" 15 style_size.px=384 "$@"
vgg16 2 wave 200 1000 "$out/1/wave" 15 "$@"
vgg16 3 wave 600 600 "$out/2/wave" 8 loss/style_term=image "$@"
vgg16 1 udnie 400 1000 "$nets/2/udnie" 12 "$@"
vgg16 2 udnie 500 500 "$out/1/udnie" 8 loss/style_term=image "$@"
vgg16 3 udnie 60 60 "$out/2/udnie" 6 loss/style_term=image optimizer.lr=3e-4 scheduler.warm_up=10 "$@"
