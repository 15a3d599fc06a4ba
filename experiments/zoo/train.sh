# train <stage> <name> <steps> <options>: a run of $out/<stage>/<name> on the photographs of $data, unless it is
# there. For runs.sh, vgg16.sh, squared.sh and scaled.sh, which set both; what comes later wins.
train() {
  run=$out/$1/$2 steps=$3
  shift 3
  test -f "$run/model.safetensors" || python train.py "run.dir=$run" data=folder \
    "data.root=$data/photos" "data.val_root=$data/shown" data.size=256 \
    "data.augment.scale=[0.6,1.0]" "trainer.max_steps=$steps" "trainer.val_check_interval=$steps" \
    logger=none compile=false "paths.styles=$data/styles" "$@"
}
