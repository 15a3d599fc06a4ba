# Completion of stylenet for bash, and for zsh through its bashcompinit: eval "$(stylenet completion)"
if [ -n "${ZSH_VERSION-}" ]; then
    autoload -Uz compinit bashcompinit && compinit && bashcompinit
fi

_stylenet() {
    local line="${COMP_LINE:0:$COMP_POINT}" choices
    local word="${line##* }" rest="${line#* }"
    case "$rest" in
        tune\ *)  # keys of the search are there once it is chosen
            choices="$(COMP_LINE="stylenet tune=net ${rest#* }" "${COMP_WORDS[0]}" train -sc query=bash 2>/dev/null)"
            ;;
        train\ * | evaluate\ *)
            # Hydra takes one word, whatever it is, for the program
            choices="$(COMP_LINE="stylenet ${rest#* }" "${COMP_WORDS[0]}" "${rest%% *}" -sc query=bash 2>/dev/null)"
            ;;
        *\ *) choices="" ;;
        *) choices="train tune evaluate stylize texture video styles sweep export import bank app site completion" ;;
    esac
    COMPREPLY=($(compgen -W "$choices" -- "$word"))
    # bash parts words at "=", too, and replaces the last part only
    local part="${COMP_WORDS[COMP_CWORD]}"
    if [ -z "${ZSH_VERSION-}" ]; then
        [ "$part" = "=" ] && part=""
        local before="${word%"$part"}"
        COMPREPLY=("${COMPREPLY[@]#"$before"}")
    fi
}

complete -o nospace -o default -F _stylenet stylenet
