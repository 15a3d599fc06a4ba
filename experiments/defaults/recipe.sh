# The recipe's ablation: sh experiments/defaults/recipe.sh <folder> <variant> <style> <seed> [more settings]
# PAINTINGS: paintings; PHOTOS, HELD: folders of photographs to train and to validate on.
set -e
out=$1 variant=$2 style=$3 seed=$4
shift 4
train() { # <run> <settings>
    run=$out/$1/$style$seed
    shift
    python train.py style="$style" paths.styles="$PAINTINGS" \
        data=folder data.root="$PHOTOS" data.val_root="$HELD" data.size=128 data.val_size=128 data.val_count=16 \
        style_size.px=256 init=null trainer.max_steps=2000 trainer.val_check_interval=2000 callbacks.best=null \
        logger=none compile=false task.content_start=1 seed="$seed" run.dir="$run" "$@"
}
large="data.size=256 data.val_size=256 style_size.px=512"
case $variant in
base) train base "$@" ;;
cosine) train cosine scheduler=cosine "$@" ;;
ema) train ema +callbacks.ema._target_=pytorch_lightning.callbacks.EMAWeightAveraging +callbacks.ema.decay=0.995 "$@" ;;
batch_8) train batch_8 data.batch_size=8 trainer.max_steps=1000 trainer.val_check_interval=1000 "$@" ;; # as many images
centre) train centre data/augment=centre "$@" ;; # no augmentation
falling) train falling task.content_start=4 "$@" ;;
at_256) # as long as 2000 steps at 128 px
    train at_256 task.content_start=4 $large trainer.max_steps=500 trainer.val_check_interval=500 "$@"
    ;;
small_first) # half of that time at 128 px, then at 256 px
    train small_first_begun task.content_start=4 trainer.max_steps=1000 trainer.val_check_interval=1000 "$@"
    train small_first init="$out/small_first_begun/$style$seed" $large \
        trainer.max_steps=250 trainer.val_check_interval=250 "$@"
    ;;
from_base) # as train.py begins by itself
    train from_base init=base $large trainer.max_steps=160 trainer.val_check_interval=160 "$@"
    ;;
from_base_small_first) # the painting at the size of the second stage from the beginning
    train from_base_small_first_begun init=base style_size.px=512 trainer.max_steps=320 trainer.val_check_interval=320 "$@"
    train from_base_small_first init="$out/from_base_small_first_begun/$style$seed" $large \
        trainer.max_steps=80 trainer.val_check_interval=80 "$@"
    ;;
*)
    echo "Got the variant $variant, expected one of those in this file." >&2
    exit 2
    ;;
esac
