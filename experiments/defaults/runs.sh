#!/bin/sh
# sh runs.sh STYLES OUT [options of train.py]: what train.py makes of three paintings of the folder STYLES by
# itself, and what it made before, in as much time: a step takes half as long again now.
set -e
styles=$1 out=$2
shift 2
train() { # <run> <style> <options>
  run=$out/$1 style=$2
  shift 2
  test -f "$run/model.safetensors" || python train.py "run.dir=$run" "style=$style" \
    "paths.styles=$styles" logger=none compile=false callbacks=none "$@"
}
for style in wave udnie the_scream; do
  name=$(basename "$style" .jpg)
  train "now/$name" "$style" trainer.max_steps=150 "$@"
  train "before/$name" "$style" experiment=normalised init=base trainer.max_steps=225 "$@"
done
