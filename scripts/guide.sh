#!/usr/bin/env bash
# Builds the walkthrough as pages for a browser, in target/guide, and checks them.
#
#   scripts/guide.sh             builds the book and checks every link in it
#   scripts/guide.sh --open      builds it, serves it here and opens it; Ctrl-C ends that
#   scripts/guide.sh --browser   the first, and opens every chapter in a headless Chromium,
#                                where the stepping page is played through, by keyboard too
#
# mdBook is built from its sources, once, below target/tools. Chromium and its driver are
# installed (as root). Without --open the last line reads "N passed, N failed, N skipped"; exit
# status 0 only if nothing failed. Where Chromium cannot be had: a sentence and one skip.

set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
target=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")
pages=$target/guide
readonly MDBOOK=0.5.4
passed=0 failed=0 skipped=0

skip() {
    echo "SKIP guide: $1"
    [[ -z ${HANDOFF_SKIP_LOG-} ]] || echo "SKIP guide: $1" >>"$HANDOFF_SKIP_LOG"
    skipped=$((skipped + 1))
}

fail() {
    echo "FAILED $*"
    failed=$((failed + 1))
}

finish() {
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
    ((failed == 0)) || exit 1
    exit 0
}

# Quietly, unless it fails.
quietly() {
    "$@" >"$tmp/said" 2>&1 </dev/null || { tail -n 20 "$tmp/said"; return 1; }
}

# --- mdBook -------------------------------------------------------------------

is_mdbook() {
    [[ $("$1" --version 2>/dev/null) == "mdbook v$MDBOOK" ]]
}

install_mdbook() {
    local candidate
    for candidate in mdbook "$target/tools/bin/mdbook"; do
        ! is_mdbook "$candidate" || { mdbook=$candidate; return; }
    done
    command -v cargo >/dev/null || { echo 'missing: cargo (install Rust with rustup)' >&2; exit 1; }
    echo "building mdBook $MDBOOK, once: this takes some minutes"
    quietly env CARGO_TARGET_DIR="$target/tools/build" \
        cargo install --locked --root "$target/tools" "mdbook@$MDBOOK" \
        || { fail 'mdBook cannot be built'; finish; }
    rm -rf -- "$target/tools/build"
    mdbook=$target/tools/bin/mdbook
}

# mdBook says what it could not include, and succeeds all the same.
build() {
    if ! quietly "$mdbook" build --dest-dir "$pages" crates/guide \
        || grep -E '\b(WARN|ERROR)\b' "$tmp/said"; then
        fail 'the book cannot be built'
        finish
    fi
    echo "the book is in ${pages#"$PWD"/}, its first page: file://$pages/index.html"
    passed=$((passed + 1))
}

# --- what is looked at ---------------------------------------------------------

# packages NEEDED_FILE:PACKAGE...    installs those whose file is missing; false if it cannot
packages() {
    local needed missing=()
    for needed; do
        [[ -e ${needed%:*} ]] || missing+=("${needed#*:}")
    done
    ((${#missing[@]})) || return 0
    if ((EUID != 0)) || ! command -v apt-get >/dev/null; then
        skip "needs ${missing[*]}, to be installed by root"
        return 1
    fi
    echo "installing ${missing[*]}"
    quietly apt-get update || { skip 'the package lists cannot be fetched'; return 1; }
    quietly env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}" \
        || { skip "${missing[*]} cannot be installed"; return 1; }
}

# check COMMAND...    counts what its last line says: "N passed, N failed"
check() {
    local status=0
    "$@" >"$tmp/checked" 2>&1 </dev/null || status=$?
    if [[ $(tail -n 1 "$tmp/checked") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
        head -n -1 "$tmp/checked"
        passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2]))
    else
        tail -n 20 "$tmp/checked"
        fail "$*: ended with status $status and without a result"
    fi
}

# Chromium is many processes, and some have groups of their own. In a PID namespace, all of
# them end with the first one, whatever happens to it. All they write is in our directory.
# shellcheck disable=SC2317 # called by check
contained() {
    local contain=(unshare --pid --fork --kill-child --mount-proc)
    "${contain[@]}" true 2>/dev/null || contain=()
    env HOME="$tmp/home" TMPDIR="$tmp/home" XDG_RUNTIME_DIR="$tmp/home" "${contain[@]}" "$@"
}

links() {
    packages /usr/bin/python3:python3 || return 0
    check /usr/bin/python3 -B scripts/guide/links.py "$pages"
}

look() {
    packages /usr/bin/python3:python3 /usr/bin/chromium:chromium \
        /usr/bin/chromedriver:chromium-driver \
        /usr/lib/python3/dist-packages/selenium:python3-selenium || return 0
    mkdir "$tmp/home"
    check contained /usr/bin/python3 -B scripts/guide/browser.py "$pages" \
        crates/guide/book/step/table.json
}

# --- main ---------------------------------------------------------------------

wish=${1-}
case $wish in
    '' | --open | --browser) ;;
    *) echo "usage: scripts/guide.sh [--open | --browser]" >&2; exit 2 ;;
esac
tmp=$(mktemp -d "${TMPDIR:-/tmp}/handoff-guide.XXXXXX")
trap 'rm -rf -- "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

install_mdbook
if [[ $wish == --open ]]; then
    rm -rf -- "$tmp"
    exec "$mdbook" serve --open --dest-dir "$pages" crates/guide
fi
build
links
[[ $wish != --browser ]] || look
finish
