# Train one of the study's nets: sh experiments/compact_nets/runs.sh <name> [more settings]
# DATA: a folder of photographs; HELD: photographs for validation; STYLE: the painting; R: runs.
name=$1
shift
DATA=${DATA:-any_data/photos} HELD=${HELD:-any_data/shown}
STYLE=${STYLE:-any_data/styles/udnie.jpg} R=${R:-gpu_runs/small}
train() {
    out=$1
    shift
    python train.py style="$STYLE" data=folder data.root="$DATA" data.val_root="$HELD" \
        data.size=160 data.batch_size=8 init=null trainer.max_steps=2000 \
        trainer.val_check_interval=1000 logger=none run.dir="$R/$out" "$@"
}
export PYTHONPATH=src
case $name in
half) train half net=johnson_half "$@" ;;
quarter) train quarter net=johnson_quarter "$@" ;;
mobile) train mobile net=mobile "$@" ;;
quarter_distilled) train quarter_distilled task=distill_net teacher_net=udnie net=johnson_quarter "$@" ;;
mobile_distilled) train mobile_distilled task=distill_net teacher_net=udnie net=mobile "$@" ;;
pruned)
    # three rounds: 0.67 to the third is 0.3, what the quarter-width net has
    python experiments/compact_nets/prune.py udnie "$R/cut_1" --keep 0.67
    train pruned_1 net=resnet_pruned trainer.max_steps=400 "$@" init="$R/cut_1"
    python experiments/compact_nets/prune.py "$R/pruned_1" "$R/cut_2" --keep 0.67
    train pruned_2 net=resnet_pruned trainer.max_steps=400 "$@" init="$R/cut_2"
    python experiments/compact_nets/prune.py "$R/pruned_2" "$R/cut_3" --keep 0.67
    train pruned net=resnet_pruned trainer.max_steps=1200 "$@" init="$R/cut_3"
    ;;
thin)
    # random weights for the channels of the pruned net
    train thin net=resnet_pruned $(python experiments/compact_nets/channels.py "$R/cut_3") "$@"
    ;;
esac
