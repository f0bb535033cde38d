#!/usr/bin/env bash
# Runs the hostile peer's tests against writer and reader built with AddressSanitizer.
#
#   scripts/asan.sh [ARGUMENT...]   the arguments go to the tests, after --
#
# Without a nightly compiler: a sentence, and exit status 0.

set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
host=x86_64-unknown-linux-gnu
target=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")

skip() {
    echo "SKIP asan: $1"
    [[ -z ${HANDOFF_SKIP_LOG-} ]] || echo "SKIP asan: $1" >>"$HANDOFF_SKIP_LOG"
    exit 0
}
[[ $(uname -m) == x86_64 ]] || skip 'set up for x86_64 only'
cargo +nightly --version >/dev/null 2>&1 || skip 'needs a nightly compiler (rustup toolchain install nightly)'

# The sanitizer reports on stderr, and by a death that no test takes for a good end.
export ASAN_OPTIONS=${ASAN_OPTIONS-abort_on_error=1:detect_leaks=0}
CARGO_TARGET_DIR=$target/asan RUSTFLAGS='-Zsanitizer=address -Cdebug-assertions=on -Coverflow-checks=on' \
    cargo +nightly build --quiet --release --target "$host" -p writer -p reader
cargo build --quiet -p hostile
HANDOFF_BIN_DIR=$target/asan/$host/release \
    cargo test --quiet -p handoff-e2e --test hostile -- "$@"
