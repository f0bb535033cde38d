#!/usr/bin/env bash
# Everything that CI checks, from a fresh clone on a fresh Debian with rustup.
#
#   scripts/test.sh
#
# Installs what it misses (as root; else says what). A step that fails does not
# stop the others, but for the build. The last line reads
# "N passed, N failed, N skipped"; exit status 0 only if nothing failed.
# A test counts as one, and so does each other step.

set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
target=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")
tmp=$(mktemp -d "${TMPDIR:-/tmp}/handoff-test.XXXXXX")
locked=()
[[ ${CI-} != true ]] || locked=(--locked)
# Half of what CI allows for all: a step that hangs is named, not cut off with
# the rest.
readonly STEP_LIMIT=2700

export CARGO_TARGET_DIR=$target HANDOFF_BIN_DIR=$target/release HANDOFF_SKIP_LOG=$tmp/skips
# The build whose processes can be killed at a named step.
export HANDOFF_STEPS_BIN_DIR=$target/steps/debug HANDOFF_MATRIX=$target/matrix.txt
# The results are read from the output, which must not be coloured.
export CARGO_TERM_COLOR=never

# --- what must be there -------------------------------------------------------

missing_packages() {
    local line command
    while read -r line; do
        for command in ${line#*:}; do
            command -v "$command" >/dev/null || { echo "${line%%:*}"; break; }
        done
    done <<'END'
tmux: tmux
python3: python3
util-linux: setpriv setsid unshare ipcs ipcmk ipcrm taskset
gcc libc6-dev: cc
END
}

install_packages() {
    local packages
    read -ra packages <<<"$(missing_packages | tr '\n' ' ')"
    ((${#packages[@]})) || return 0
    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
        echo "missing, to be installed by root: ${packages[*]}" >&2
        exit 1
    fi
    echo "installing ${packages[*]}"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y "${packages[@]}"; } \
        >"$tmp/apt" 2>&1 </dev/null || { cat "$tmp/apt" >&2; exit 1; }
}

install_components() {
    local missing=()
    command -v cargo >/dev/null || { echo 'missing: cargo (install Rust with rustup)' >&2; exit 1; }
    cargo fmt --version >/dev/null 2>&1 || missing+=(rustfmt)
    cargo clippy --version >/dev/null 2>&1 || missing+=(clippy)
    ((${#missing[@]})) || return 0
    echo "installing ${missing[*]}"
    rustup component add "${missing[@]}"
}

# --- what a run leaves behind -------------------------------------------------

# The writers and readers of this run, known by the environment they inherited:
# somebody may use the same binaries meanwhile.
processes() {
    local dir exe
    for dir in /proc/[0-9]*; do
        exe=$(readlink "$dir/exe" 2>/dev/null) || continue
        exe=${exe% (deleted)}
        [[ $exe == "$target"/* || ${exe##*/} == @(writer|reader) ]] || continue
        ! grep -qsF "HANDOFF_SKIP_LOG=$HANDOFF_SKIP_LOG" "$dir/environ" || echo "process ${dir#/proc/} $exe"
    done
}

# The tests' keys begin with 0x7e.
traces() {
    {
        processes
        ipcs -m | awk '$1 ~ /^0x7e/ { print "segment", $2, $1 }'
        find /dev/shm /tmp "${XDG_RUNTIME_DIR:-/tmp}" -maxdepth 2 -name 'handoff-0x7e*' \
            -printf 'file %p %f\n' 2>/dev/null || :
    } | sort -u
}

# Another run may be under way. The middle of a key is the low half of the pid of
# the test that took it, and while that lives, the segment is not left behind.
in_use() {
    local pid
    for ((pid = $1 >> 8 & 0xffff; pid < 1 << 22; pid += 1 << 16)); do
        [[ ! -d /proc/$pid ]] || return 0
    done
    return 1
}

left() {
    local kind id key
    comm -13 "$tmp/before" <(traces) | while read -r kind id key; do
        [[ $key == *0x7e* ]] && in_use "$(grep -o '0x7e[0-9a-f]*' <<<"$key")" || echo "$kind $id $key"
    done
}

# Not at once: what was killed a moment ago may still be on its way out.
nothing_left() {
    local tries found
    for ((tries = 0; tries < 30; tries++)); do
        found=$(left)
        [[ -n $found ]] || return 0
        sleep 0.1
    done
    printf 'left behind:\n%s\n' "$found"
    return 1
}

# Processes come first, being sorted: a segment goes when nobody can make it anew.
sweep() {
    local kind id _
    while read -r kind id _; do
        case $kind in
            process) kill -KILL "$id" 2>/dev/null || : ;;
        esac
    done < <(left)
    while read -r kind id _; do
        case $kind in
            segment) ipcrm -m "$id" || : ;;
            file) rm -rf -- "$id" ;;
        esac
    done < <(left)
}

# --- steps and their results --------------------------------------------------

passed=0 failed=0 skipped=0 steps=0 running='' kind='' name=''

fail() {
    failed=$((failed + 1))
    echo "FAILED $*" >>"$tmp/failures"
}

# Runs a command in a session of its own: it has no terminal, and can be stopped
# with all its children. tail shows the log instead of a pipe, which a process
# left behind would keep open for ever.
run() {
    local log=$1 status=0
    shift
    : >"$log"
    # A shell's background starts with SIGINT ignored, which tests of Ctrl-C inherit.
    setsid env --default-signal=INT,QUIT timeout -k 10 "$STEP_LIMIT" "$@" </dev/null >>"$log" 2>&1 &
    running=$!
    tail -n +1 -s 0.1 -f --pid="$running" "$log" &
    wait "$running" || status=$?
    running=''
    wait
    return "$status"
}

# step check NAME COMMAND...    counts as one
# step tests NAME COMMAND...    counts what cargo test reports
# step counts NAME COMMAND...   counts what a line like our own last one says
step() {
    local status=0 began=$SECONDS word=ok
    kind=$1 name=$2 log=$tmp/log.$((++steps))
    shift 2
    printf '\n=== %s\n' "$name"
    run "$log" "$@" || status=$?
    "count_$kind" "$status" "$log"
    ((status == 0)) || word="failed with status $status"
    ((status != 124)) || word="stopped after $STEP_LIMIT s"
    printf -- '--- %s: %s, %d s\n' "$name" "$word" $((SECONDS - began))
    return "$status"
}

count_check() {
    if (($1 == 0)); then passed=$((passed + 1)); else fail "$name"; fi
}

# What it skipped is in the log of skips, and taken off again at the end.
count_counts() {
    local status=$1 before=$failed what
    while read -r what; do
        fail "$name: $what"
    done < <(sed -n 's/^FAILED //p' "$2")
    if [[ $(tail -n 1 "$2") =~ ^([0-9]+)\ passed,\ [0-9]+\ failed,\ ([0-9]+)\ skipped$ ]]; then
        passed=$((passed + BASH_REMATCH[1] + BASH_REMATCH[2]))
    else
        fail "$name: no result"
    fi
    ((status == 0 || failed > before)) || fail "$name: ended with status $status"
}

count_tests() {
    local status=$1 before=$failed seen=0 verb what
    while read -r verb what; do
        case $verb in
            passed) passed=$((passed + what)) seen=1 ;;
            failed) fail "$name: $what" ;;
            ignored) echo "$name: $what" >>"$tmp/ignored" ;;
        esac
    done < <(results "$2")
    # A test run that did not come to a result is no success.
    ((status == 0 || failed > before)) || fail "$name: ended with status $status"
    ((status != 0 || seen)) || fail "$name: ran no test"
}

# "passed N", "failed NAME" and "ignored NAME" lines from the output of cargo test. The names
# that failed are in the last block headed "failures:" before a result; a test
# program without a result has crashed.
results() {
    awk '
        function crashed() { if (suite != "") print "failed", suite " ended without a result"; suite = "" }
        /^ +(Running|Doc-tests) / {
            crashed()
            suite = $NF
            gsub(/.*\/|-[0-9a-f]+\)$|\)$/, "", suite)
            block = 0
        }
        /^test .* \.\.\. ignored/ { sub(/^test /, ""); sub(/ \.\.\. ignored,? ?/, ": "); sub(/: $/, ""); print "ignored", suite "::" $0 }
        /^failures:$/ { block = 1; names = 0; next }
        block && /^    [^ ]/ { sub(/^ +/, ""); name[++names] = $0 }
        /^test result: / {
            print "passed", $4
            for (i = 1; i <= $6; i++) print "failed", suite "::" (block && i <= names ? name[i] : "?")
            suite = ""; block = 0
        }
        END { crashed() }' "$1"
}

# --- the end ------------------------------------------------------------------

finish() {
    local skips=0 ignored=0
    touch "$tmp"/{failures,ignored,skips}
    skips=$(grep -c . "$tmp/skips" || :)
    ignored=$(wc -l <"$tmp/ignored")
    # To cargo, a test that found no way to run has passed.
    passed=$((passed > skips ? passed - skips : 0)) skipped=$((skips + ignored))
    printf '\n=== Summary, %d s\n' "$SECONDS"
    cat "$tmp/failures" "$tmp/skips"
    printf 'ignored: %d\n' "$ignored"
    sed 's/^/  /' "$tmp/ignored"
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    ((failed == 0))
}

stop() {
    local tries
    [[ -n $running ]] || return 0
    kill -- -"$running" 2>/dev/null || :
    for ((tries = 0; tries < 50; tries++)); do
        kill -0 -- -"$running" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL -- -"$running" 2>/dev/null || :
}

# shellcheck disable=SC2317 # called by the trap
interrupted() {
    trap '' INT TERM HUP
    stop
    # The log is shown to its end, so that the summary comes last.
    wait
    [[ $kind != tests ]] || count_tests "$1" "$log"
    fail "${name:-before the first step}: interrupted"
    finish || exit "$1"
}

# shellcheck disable=SC2317 # called by the trap
cleanup() {
    trap '' INT TERM HUP
    stop
    [[ ! -e $tmp/before ]] || sweep
    rm -rf -- "$tmp"
}
trap cleanup EXIT
trap 'interrupted 130' INT
trap 'interrupted 143' TERM
trap 'interrupted 129' HUP

# --- main ---------------------------------------------------------------------

install_packages
install_components
traces >"$tmp/before"
loom="${RUSTFLAGS-} --cfg loom"
in_loom=(--target-dir "$target/loom" "${locked[@]}")

step check 'format' cargo fmt --all --check || :
step check 'clippy' \
    cargo clippy --workspace --all-targets "${locked[@]}" -- -D warnings || :
step check 'clippy for loom' env RUSTFLAGS="$loom" \
    cargo clippy -p handoff-proto --all-targets "${in_loom[@]}" -- -D warnings || :
step check 'build' \
    cargo build --release --workspace --bins "${locked[@]}" || { finish; exit 1; }
step check 'build with steps' \
    cargo build --bins --features writer/steps,reader/steps --target-dir "$target/steps" \
    "${locked[@]}" || { finish; exit 1; }
step tests 'tests' \
    cargo test --workspace --no-fail-fast "${locked[@]}" || :
# Linking with lto=fat takes longer than it saves here.
step tests 'loom' env RUSTFLAGS="$loom" \
    cargo test --release -p handoff-proto --test 'loom*' --no-fail-fast \
    --config profile.release.lto=false "${in_loom[@]}" || :
step check 'documentation' env RUSTDOCFLAGS="${RUSTDOCFLAGS-} -D warnings" \
    cargo doc --workspace --no-deps --document-private-items "${locked[@]}" || :
step check 'fuzz' scripts/fuzz.sh 20 || :
step check 'hostile peers under AddressSanitizer' scripts/asan.sh || :
# For right or wrong only: no test asserts a time.
step check 'bench' scripts/bench.sh --quick || :
step counts 'virtual machine' scripts/vm.sh || :
step counts 'guide' scripts/guide.sh --browser || :
step check 'demo' env -u HANDOFF_BIN_DIR scripts/demo.sh || :
step check 'picture of two panes' scripts/screenshot.py --check || :

kind=check name='nothing left behind'
printf '\n=== %s\n' "$name"
if nothing_left; then count_check 0; else count_check 1; fi
sweep
finish
