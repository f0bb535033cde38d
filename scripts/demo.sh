#!/usr/bin/env bash
# Shows writer and reader at work over one shared memory segment.
#
#   scripts/demo.sh [OPTIONS]      e.g.  scripts/demo.sh -k 77 --slots 1 -v
#
# On a terminal: tmux, with the reader above and the writer below, ready to
# type. Anywhere else: a scripted exchange, both sides beside each other, and
# exit status 0 only if everything arrived as it should.
#
# With --step both stop before each step and say what they are about to do, and a
# third pane shows the words that they have in common (inspect watch). Only on a
# terminal: somebody has to say go on.
#
# OPTIONS go to both programs (--until to the writer, --keep to the reader).
# Without -k the demo takes a free key at random, so it disturbs no other.
# HANDOFF_BIN_DIR=DIR uses the writer and reader in DIR and builds nothing.

set -euo pipefail

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf 'demo: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# --- the pair's segment -------------------------------------------------------

segment() {
    local hex
    printf -v hex '0x%08x' "$((number))"
    ipcs -m | awk -v key="$hex" '$1 == key { print $2 }'
}

take_key() {
    if [[ -z $key ]]; then
        while key=$((10000 + (RANDOM << 15 | RANDOM) % 90000)) number=$key; [[ -n $(segment) ]]; do :; done
    elif [[ $key =~ ^0[xX][0-9a-fA-F]{1,8}$ ]]; then
        number=$((key))
    elif [[ $key =~ ^[0-9]{1,10}$ ]]; then
        number=$((10#$key))
    else
        die "-k needs a decimal or 0x number, not '$key'"
    fi
    # With -k, somebody's text may already wait there: it is not ours to remove.
    before=$(segment)
}

# The last word of either mode: fails if the programs left their segment behind.
nothing_left() {
    local id
    id=$(segment)
    if [[ -z $id ]]; then
        printf 'ipcs -m shows no segment with key %s.\n' "$key"
    else
        say "segment $id with key $key is left"
        return 1
    fi
}

# --- setting up and clearing away ---------------------------------------------

build() {
    bin=${HANDOFF_BIN_DIR-}
    if [[ -z $bin ]]; then
        local log locked=()
        [[ ${CI-} != true ]] || locked=(--locked)
        bin=$(cd "$root" && realpath -m -- "${CARGO_TARGET_DIR:-target}")/release
        [[ -x $bin/writer ]] || say 'building writer and reader, which takes a minute the first time'
        log=$(cd "$root" && cargo build --release --workspace --bins "${locked[@]}" 2>&1) ||
            die "cargo build failed"$'\n'"$log"
    fi
    bin=$(realpath -- "$bin")
    [[ -x $bin/writer && -x $bin/reader ]] || die "no writer and reader in $bin"
}

children=()
stop_children() {
    local tries
    [[ ! -S ${socket-} ]] || on_tmux kill-server 2>/dev/null || :
    ((${#children[@]})) || return 0
    kill -- "${children[@]}" 2>/dev/null || :
    # Half a second at most: the ended look alive until their parent, pid 1 for
    # the panes, has noticed.
    for ((tries = 0; tries < 10; tries++)); do
        kill -0 -- "${children[@]}" 2>/dev/null || break
        sleep 0.05
    done
    kill -KILL -- "${children[@]}" 2>/dev/null || :
    children=()
}

remove_segment() {
    local id
    id=$(segment)
    [[ -n $id && $id != "$before" ]] || return 0
    say "removing segment $id, which the programs left"
    ipcrm -m "$id"
}

# shellcheck disable=SC2317 # called by the trap
cleanup() {
    trap '' INT TERM HUP
    stop_children
    remove_segment || :
    rm -rf -- "$tmp"
}

# --- on a terminal ------------------------------------------------------------

on_tmux() { env -u TMUX TMUX_TMPDIR="$tmp" tmux -L "handoff-demo-$$" -f /dev/null "$@"; }

# Says why not, so that nobody wonders where the panes are.
panes_possible() {
    [[ -t 0 && -t 1 ]] || return 1
    local rows columns
    read -r rows columns < <(stty size)
    if [[ ${TERM:-dumb} == dumb ]] || ((rows < 6 * panes || columns < 40)); then
        say "this terminal is too small or too plain for $panes panes; $instead"
        return 1
    fi
    command -v tmux >/dev/null && return
    if ((EUID == 0)) && command -v apt-get >/dev/null; then
        say 'installing tmux'
        { apt-get update && apt-get install -y tmux; } >/dev/null 2>&1 </dev/null && return
    fi
    say "no tmux here (apt-get install tmux), so no $panes panes; $instead"
    return 1
}

# Ctrl-C is for the program in the pane. The shell around it stays, so that what
# was said stays readable.
run() {
    local status=0
    trap : INT
    "$bin/$1" "${@:2}" || status=$?
    trap '' INT
    echo "$status" >"$tmp/$1.status"
    printf '\n[%s: exit status %s] ' "$1" "$status"
}

status() { if [[ -s $tmp/$1.status ]]; then cat "$tmp/$1.status"; else echo 'none (stopped)'; fi; }

reader_pane() {
    while run reader "${reader_args[@]}"; do
        case $(<"$tmp/reader.status") in
            0 | 3) exec sleep infinity ;;
        esac
        printf 'Enter starts the next reader. '
        read -r || exit
    done
}

writer_pane() {
    printf 'Type lines. %sCtrl-D or Ctrl-C ends it.\n' "${until:+A line \"$until\", }"
    printf 'Ctrl-b and an arrow key lead to the other pane.\n\n'
    run writer "${writer_args[@]}"
    # What was typed ahead after the end must not close the panes unread.
    read -rst 0.3 -d '' || :
    printf 'Enter closes the demo. '
    read -r || :
    tmux kill-session
}

# There is a segment to be looked at when the first step that makes it is taken, and
# none after the last: then the next one's turn comes.
inspect_pane() {
    while :; do
        until [[ -n $(segment) ]]; do sleep 0.2; done
        "$bin/inspect" watch "$key" || :
        sleep 0.2
    done
}

in_panes() {
    local pane=("$root/scripts/demo.sh" --pane) pids
    socket=$tmp/tmux-$EUID/handoff-demo-$$
    # By file, as tmux would take a ';' at the end of an option for its own.
    declare -p bin tmp until key number reader_args writer_args >"$tmp/state"
    on_tmux new-session -d -x "$(tput cols)" -y "$(tput lines)" "${pane[@]}" reader "$tmp/state" \; \
        set -g status off \; set -g pane-border-status top \; \
        set -g pane-border-format ' #{pane_title} ' \; \
        select-pane -T "reader, key $key" \; \
        split-window -v "${pane[@]}" writer "$tmp/state" \; \
        select-pane -T "writer, key $key: type here"
    if ((panes == 3)); then
        on_tmux split-window -d -h -f -l 40% "${pane[@]}" inspect "$tmp/state" \; \
            select-pane -t '{right}' -T "inspect watch $key" \; select-pane -t '{bottom-left}'
    fi
    mapfile -t pids < <(on_tmux list-panes -F '#{pane_pid}')
    # Each pane leads a process group of its own.
    children=("${pids[@]/#/-}")
    # In the background, since a trap waits for what runs in the foreground.
    exec 4<&0
    on_tmux attach <&4 &
    children+=("$!")
    wait "$!" || :
    stop_children
    printf 'exit status of the writer: %s, of the reader: %s\n' \
        "$(status writer)" "$(status reader)"
    remove_segment
    nothing_left
}

# --- anywhere else ------------------------------------------------------------

# Two files side by side in 80 columns. Width is counted in characters, by hand,
# since not every awk knows UTF-8.
columns() {
    LC_ALL=C awk '
        function width(s) { gsub(/[\200-\277]/, "", s); return length(s) }
        { sub(/ +$/, "") }
        FILENAME == ARGV[1] { left[++lefts] = $0; next }
        { right[++rights] = $0 }
        END {
            for (i = 1; i <= lefts || i <= rights; i++) {
                line = left[i]
                if (right[i] != "") {
                    for (n = width(line); n < 41; n++) line = line " "
                    line = line right[i]
                }
                print line
            }
        }' <(fold -sw 39 "$1") <(fold -sw 39 "$2")
}

# What a file holds beyond what was shown of it before.
declare -A shown=()
fresh() {
    tail -n "+$((${shown[$1]:-0} + 1))" "$tmp/$1" | sed "s/^/${2-}/"
}

# A row of the picture: what was typed, and what either side has said since.
row() {
    local file
    {
        [[ -z ${1-} ]] || printf '< %s\n' "${1//$'\n'/$'\n'< }"
        fresh writer.out '> '
        fresh writer.err
    } >"$tmp/left"
    { fresh reader.out '> '; fresh reader.err; } >"$tmp/right"
    for file in {writer,reader}.{out,err}; do
        shown[$file]=$(wc -l <"$tmp/$file")
    done
    columns "$tmp/left" "$tmp/right"
}

# Nothing here depends on time; the bound only ends a demo that hangs.
wait_until() {
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        ! "$@" || return 0
        sleep 0.05
    done
    return 1
}
# shellcheck disable=SC2317 # called by wait_until
created() { [[ -n $(segment) ]] || gone "$reader"; }
# shellcheck disable=SC2317
arrived() { cmp -s "$tmp/expected" "$tmp/reader.out" || gone "$reader"; }
gone() { ! kill -0 "$1" 2>/dev/null; }

status_of() {
    if wait_until gone "$1"; then wait "$1"; else return 124; fi
}

# Ends with a moment for what is said after the text.
hand_over() {
    local text=$1
    cat <<<"$text" >&3
    printf '%s\n' "${2-$text}" >>"$tmp/expected"
    wait_until arrived || :
    sleep 0.1
    row "$text"
}

start() {
    "$bin/reader" "${reader_args[@]}" </dev/null 3>&- >"$tmp/reader.out" 2>"$tmp/reader.err" &
    reader=$! children+=("$!")
    wait_until created || :
    "$bin/writer" "${writer_args[@]}" <"$tmp/stdin" 3>&- >"$tmp/writer.out" 2>"$tmp/writer.err" &
    writer=$! children+=("$!")
    sleep 0.1
}

scripted() {
    local reader writer rule left=0 right=0
    [[ -z $keep ]] || die 'a reader with --keep never ends: try it on a terminal'
    mkfifo "$tmp/stdin"
    touch "$tmp"/{expected,writer.out,writer.err}
    # Open for both directions, so that neither open nor write here can block or
    # fail when the writer has ended.
    exec 3<>"$tmp/stdin"

    printf -v rule '%39s' ''
    printf 'One page of memory, two programs: < stdin, > stdout, the rest stderr\n\n'
    columns <(printf '%q ' writer "${writer_args[@]}"; printf '\n%s\n' "${rule// /-}") \
        <(printf '%q ' reader "${reader_args[@]}"; printf '\n%s\n' "${rule// /-}")
    start
    row
    hand_over 'hello'
    hand_over 'one page of memory, two programs'
    hand_over "${until:-end}less"
    [[ -z $until ]] || hand_over "$until"$'\n'"after $until: stays here" "$until"
    exec 3>&-
    status_of "$writer" || left=$?
    status_of "$reader" || right=$?
    row
    columns <(echo "exit status $left") <(echo "exit status $right")
    echo
    verdict "$left" "$right"
}

verdict() {
    if ! cmp -s "$tmp/expected" "$tmp/reader.out"; then
        say 'not what was to arrive (-) is what arrived (+):'
        diff -u --label expected --label arrived "$tmp/expected" "$tmp/reader.out" >&2 || :
        return 1
    fi
    (($1 == 0 && $2 == 0)) || die "exit statuses $1 and $2, not 0 and 0"
    nothing_left
    printf 'All that was to arrive has arrived: %s lines.\n' "$(wc -l <"$tmp/expected")"
}

# --- main ---------------------------------------------------------------------

if [[ ${1-} == --pane ]]; then
    # shellcheck disable=SC1090 # written by in_panes
    source "$3"
    "$2_pane"
    exit
fi

key='' number=0 until=end keep='' step='' panes=2 before='' reader_args=() writer_args=()
while (($#)); do
    words=("$1")
    case $1 in
        -k | --key | --via | --mode | --slots | --wait | --until) words=("${@:1:2}") ;;
    esac
    shift "${#words[@]}"
    case ${words[0]} in
        -h | --help) sed -n '2,/^$/s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit ;;
        -k | --key) key=${words[1]:-none} ;;
        --key=*) key=${words[0]#*=} ;;
        -k*) key=${words[0]#-k} key=${key#=} ;;
        --until) until=${words[1]-} writer_args+=("${words[@]}") ;;
        --until=*) until=${words[0]#*=} writer_args+=("${words[@]}") ;;
        --keep) keep=yes reader_args+=(--keep) ;;
        --step) step=yes reader_args+=(--step) writer_args+=(--step) ;;
        *) reader_args+=("${words[@]}") writer_args+=("${words[@]}") ;;
    esac
done
[[ -z $step || -t 0 && -t 1 ]] || die '--step is for a terminal, where somebody says go on'
build
if [[ -n $step ]]; then
    if [[ -x $bin/inspect ]]; then panes=3; else say "no inspect in $bin, so no third pane"; fi
fi
take_key
reader_args=(-k "$key" "${reader_args[@]}")
writer_args=(-k "$key" "${writer_args[@]}")

tmp=$(mktemp -d "${TMPDIR:-/tmp}/handoff-demo.XXXXXX")
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
instead='here is a scripted exchange'
[[ -z $step ]] || instead='and --step needs them'
if panes_possible; then in_panes; elif [[ -n $step ]]; then exit 1; else scripted; fi
