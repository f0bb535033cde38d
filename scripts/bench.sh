#!/usr/bin/env bash
# Measures the hand-off beside what the machine allows, the kernel and libraries.
#
#   scripts/bench.sh [--quick] [--no-peers] [OPTION...]
#
#   --quick      right or wrong in a minute: few rounds, no figures to trust. Without
#                the libraries, unless --peers is given
#   --peers      the libraries, too: their package is built only for this
#   --no-peers   without them
#
# Other options go to the bench: see target/release/bench --help. Table, JSON and
# charts are in target/bench afterwards. Installs what it misses (as root; else says
# what). On two quiet cores, if the figures are to mean anything.

set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
target=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")
out=$target/bench
locked=()
[[ ${CI-} != true ]] || locked=(--locked)
export CARGO_TARGET_DIR=$target

skip() {
    echo "SKIP bench: $1"
    [[ -z ${HANDOFF_SKIP_LOG-} ]] || echo "SKIP bench: $1" >>"$HANDOFF_SKIP_LOG"
    exit 0
}

peers='' options=()
for option; do
    case $option in
        --quick) peers=${peers:-no} options+=(--quick) ;;
        --peers) peers=yes ;;
        --no-peers) peers=no ;;
        *) options+=("$option") ;;
    esac
done
(($(nproc) > 1)) || skip 'needs two cores'

install_packages() {
    local missing=()
    command -v cc >/dev/null || missing+=(gcc libc6-dev)
    command -v cargo >/dev/null || { echo 'missing: cargo (install Rust with rustup)' >&2; exit 1; }
    ((${#missing[@]})) || return 0
    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
        echo "missing, to be installed by root: ${missing[*]}" >&2
        exit 1
    fi
    echo "installing ${missing[*]}"
    { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y "${missing[@]}"; } \
        >"$out/apt" 2>&1 </dev/null || { cat "$out/apt" >&2; exit 1; }
}

mkdir -p "$out"
install_packages
cargo build --release "${locked[@]}" -p bench -p writer -p reader
if [[ $peers != no ]]; then
    # A target directory of its own: its lock file is another, and so are its crates.
    CARGO_TARGET_DIR=$target/peers \
        cargo build --release "${locked[@]}" --manifest-path crates/bench/peers/Cargo.toml
    options+=(--peers "$target/peers/release/handoff-bench-peers")
fi

# Not through tee: Ctrl-C would end that first, and the bench could not say how it ended.
"$target/release/bench" --json "$out/bench.json" --charts "$out" "${options[@]}" >"$out/table.txt"
cat "$out/table.txt"
echo
echo "table, JSON and charts: $out"
