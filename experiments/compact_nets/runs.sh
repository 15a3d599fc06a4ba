# Train one of the study's nets: sh experiments/compact_nets/runs.sh <name> [more settings]
# By default as on a GPU: DATA and HELD, folders of photographs to train on and to validate on.
# Without DATA the photographs of data=sample. R: folder for the runs; SEED: of weights and crops.
set -e
name=$1
shift
SEED=${SEED:-0} R=${R:-runs/compact_nets/$SEED}
STYLE=${STYLE:-udnie} STEPS=${STEPS:-2000} SIZE=${SIZE:-160} BATCH=${BATCH:-8}
DATA=${DATA:+"data=folder data.root=$DATA data.val_root=$HELD"}
train() {
    out=$1
    steps=$2
    shift 2
    # shellcheck disable=SC2086  # several words
    python train.py experiment=normalised style="$STYLE" ${DATA:-data=sample} data.size="$SIZE" \
        data.batch_size="$BATCH" init=null comparison=judged logger=none seed="$SEED" \
        trainer.max_steps="$steps" trainer.val_check_interval="$steps" run.dir="$R/$out" "$@"
}
prune() { # three times 0.67 leaves 0.3 of the multiplications, what the quarter-width net has
    python experiments/compact_nets/prune.py "$1" "$R/$2" --keep 0.67
}
case $name in
half) train half "$STEPS" net=johnson_half "$@" ;;
quarter) train quarter "$STEPS" net=johnson_quarter "$@" ;;
mobile) train mobile "$STEPS" net=mobile "$@" ;;
quarter_distilled)
    train quarter_distilled "$STEPS" task=distill_net teacher_net=udnie net=johnson_quarter "$@"
    ;;
mobile_distilled)
    train mobile_distilled "$STEPS" task=distill_net teacher_net=udnie net=mobile "$@"
    ;;
pruned)
    # from random weights of half width: all steps together are those of the others
    quarter=$((STEPS / 4))
    train whole $quarter net=johnson_half "$@"
    prune "$R/whole" cut_1
    train pruned_1 $quarter net=resnet_pruned "$@" init="$R/cut_1"
    prune "$R/pruned_1" cut_2
    train pruned_2 $quarter net=resnet_pruned "$@" init="$R/cut_2"
    prune "$R/pruned_2" cut_3
    train pruned $((STEPS - 3 * quarter)) net=resnet_pruned "$@" init="$R/cut_3"
    ;;
thin)
    # random weights for the channels of the pruned net
    train thin "$STEPS" net=resnet_pruned $(cat "$R/cut_3/channels" 2>/dev/null) "$@"
    ;;
pruned_shipped)
    # from the net that ships, whose training comes on top of these steps
    prune udnie shipped_1
    train pruned_shipped_1 $((STEPS / 5)) net=resnet_pruned "$@" init="$R/shipped_1"
    prune "$R/pruned_shipped_1" shipped_2
    train pruned_shipped_2 $((STEPS / 5)) net=resnet_pruned "$@" init="$R/shipped_2"
    prune "$R/pruned_shipped_2" shipped_3
    train pruned_shipped $((STEPS - 2 * (STEPS / 5))) net=resnet_pruned "$@" init="$R/shipped_3"
    ;;
*)
    echo "Got the net $name, expected one of those in this file." >&2
    exit 2
    ;;
esac
