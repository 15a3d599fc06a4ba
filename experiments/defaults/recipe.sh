# The recipe's ablation: sh experiments/defaults/recipe.sh <folder> <variant> <style> <seed> [more settings]
# PAINTINGS: paintings; PHOTOS, HELD: folders of photographs to train and to validate on.
set -e
out=$1 variant=$2 style=$3 seed=$4
shift 4
large="data.size=256 data.val_size=256 style_size.px=512"
case $variant in
base) set -- "$@" ;;
cosine) set -- scheduler=cosine "$@" ;;
ema) set -- +callbacks.ema._target_=pytorch_lightning.callbacks.EMAWeightAveraging +callbacks.ema.decay=0.995 "$@" ;;
batch_8) set -- data.batch_size=8 trainer.max_steps=1000 trainer.val_check_interval=1000 "$@" ;; # as many images
centre) set -- data/augment=centre "$@" ;; # no augmentation
falling) set -- task.content_start=4 "$@" ;;
at_256) # as long as 2000 steps at 128 px
    set -- task.content_start=4 $large trainer.max_steps=500 trainer.val_check_interval=500 "$@"
    ;;
small_first) # half of that time at 128 px, then at 256 px
    begun=$out/small_first_begun/$style$seed
    sh "$0" "$out" falling "$style" "$seed" trainer.max_steps=1000 trainer.val_check_interval=1000 run.dir="$begun" "$@"
    set -- init="$begun" $large trainer.max_steps=250 trainer.val_check_interval=250 "$@"
    ;;
*)
    echo "Got the variant $variant, expected one of those in this file." >&2
    exit 2
    ;;
esac
python train.py style="$style" paths.styles="$PAINTINGS" \
    data=folder data.root="$PHOTOS" data.val_root="$HELD" data.size=128 data.val_size=128 data.val_count=16 \
    style_size.px=256 init=null trainer.max_steps=2000 trainer.val_check_interval=2000 callbacks.best=null \
    logger=none compile=false task.content_start=1 seed="$seed" run.dir="$out/$variant/$style$seed" "$@"
