#!/bin/sh
# sh vgg16.sh DATA OUT WEIGHTS [options of train.py]: nets of runs.sh trained on under VGG-16. WEIGHTS is
# what experiments/distillation/vgg16.py writes, DATA what experiments/any_style/prepare.py makes.
set -e
data=$1 out=$2 weights=$3
shift 3
train() { # <name> <steps> <what it starts from> <options>
  name=$1 steps=$2 init=$3
  shift 3
  test -f "$out/$name/model.safetensors" || python train.py "run.dir=$out/$name" "style=$name" \
    style_size.px=512 "init=$init" data=folder "data.root=$data/photos" "data.val_root=$data/shown" \
    data.size=256 data.batch_size=4 "data.augment.scale=[0.6,1.0]" data.num_workers=0 optimizer.lr=6e-4 \
    scheduler=cosine "trainer.max_steps=$steps" "trainer.val_check_interval=$steps" logger=none \
    compile=false "paths.styles=$data/styles" loss_network=vgg16_caffe \
    "loss_network.weights.path=$weights" "$@"
}
