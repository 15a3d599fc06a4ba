# Train one of the study's nets: sh experiments/compact_nets/runs.sh <name> [more settings]
# By default as on a GPU: DATA and HELD, folders of photographs to train on and to validate on.
# Without DATA the photographs of data=sample. R: folder for the runs.
name=$1
shift
R=${R:-runs/compact_nets} STYLE=${STYLE:-udnie} STEPS=${STEPS:-2000} SIZE=${SIZE:-160} BATCH=${BATCH:-8}
DATA=${DATA:+"data=folder data.root=$DATA data.val_root=$HELD"}
train() {
    out=$1
    steps=$2
    shift 2
    python train.py style="$STYLE" ${DATA:-data=sample} data.size="$SIZE" \
        data.batch_size="$BATCH" init=null comparison=judged logger=none \
        trainer.max_steps="$steps" trainer.val_check_interval="$steps" run.dir="$R/$out" "$@"
}
prune() {
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
    # three rounds: 0.67 to the third is 0.3, what the quarter-width net has; its steps are theirs
    prune udnie cut_1
    train pruned_1 $((STEPS / 5)) net=resnet_pruned "$@" init="$R/cut_1"
    prune "$R/pruned_1" cut_2
    train pruned_2 $((STEPS / 5)) net=resnet_pruned "$@" init="$R/cut_2"
    prune "$R/pruned_2" cut_3
    train pruned $((STEPS - 2 * (STEPS / 5))) net=resnet_pruned "$@" init="$R/cut_3"
    ;;
thin)
    # random weights for the channels of the pruned net
    train thin "$STEPS" net=resnet_pruned $(cat "$R/cut_3/channels" 2>/dev/null) "$@"
    ;;
esac
