#!/usr/bin/env bash
# Runs in a virtual machine what this one's kernel may be unable to: real dma-bufs
# between two processes, and a video device. Debian's 6.12 kernel, software emulation.
#
#   scripts/vm.sh                runs what scripts/vm/checks lists
#   scripts/vm.sh COMMAND...     runs this shell command there instead
#
# Installs qemu (as root); kernel, modules and busybox are downloaded and unpacked below
# target/vm, never installed. The console is kept in target/vm/console.log. The last line
# reads "N passed, N failed, N skipped"; exit status 0 only if nothing failed. Where qemu
# or the kernel cannot be had: a sentence, one skip, and exit status 0.

set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
target=$(realpath -m -- "${CARGO_TARGET_DIR:-target}")
vm=$target/vm
readonly CHECKS=scripts/vm/checks
# For a boot with everything in it. What takes longer hangs: the checks in there have
# shorter limits of their own.
readonly LIMIT=${HANDOFF_VM_SECONDS:-900}
# vivid needs those before it; heaps and udmabuf are built in.
readonly MODULES=(
    mc videodev videobuf2-common videobuf2-v4l2 videobuf2-memops videobuf2-vmalloc
    videobuf2-dma-contig v4l2-dv-timings v4l2-tpg rc-core cec vivid
)

skip() {
    echo "SKIP vm: $1"
    [[ -z ${HANDOFF_SKIP_LOG-} ]] || echo "SKIP vm: $1" >>"$HANDOFF_SKIP_LOG"
    echo '0 passed, 0 failed, 1 skipped'
    exit 0
}

# Quietly, unless it fails.
quietly() {
    "$@" >"$root/said" 2>&1 </dev/null || { tail -n 5 "$root/said"; return 1; }
}

# --- what must be there -------------------------------------------------------

have_qemu() {
    command -v qemu-system-x86_64 >/dev/null
}

install_qemu() {
    have_qemu && return
    ((EUID == 0)) || skip 'needs qemu, to be installed by root: qemu-system-x86'
    echo 'installing qemu-system-x86'
    quietly apt-get update || skip 'the package lists cannot be fetched'
    quietly env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends qemu-system-x86 \
        || skip 'qemu-system-x86 cannot be installed'
}

# The package behind the name without a point release. Debian 13 calls its 6.12 plainly.
kernel_package() {
    local name
    for name in linux-image-6.12-amd64 linux-image-amd64; do
        apt-cache depends "$name" 2>/dev/null \
            | awk '$1 == "Depends:" && $2 ~ /^linux-image-6\.12\./ { print $2; found = 1; exit }
                   END { exit !found }' && return
    done
    return 1
}

# unpack PACKAGE PATTERN...    downloads it and unpacks what matches into the directory
unpack() {
    local package=$1 deb
    shift
    quietly env -C "$root" apt-get download "$package" || skip "$package cannot be downloaded"
    deb=("$root"/*.deb)
    dpkg-deb --fsys-tarfile "${deb[0]}" \
        | tar -x -C "$root/unpacked" --wildcards --no-anchored "$@"
    rm -f "${deb[0]}"
}

# Kernel, modules and busybox, below target/vm/kernel. Complete or not there at all.
fetch_kernel() {
    local package module patterns=()
    [[ ! -d $vm/kernel ]] || return 0
    # A point release that the lists still name may be gone from where it was.
    ((EUID != 0)) || quietly apt-get update || skip 'the package lists cannot be fetched'
    package=$(kernel_package) || skip 'no package of a 6.12 kernel is known; see apt-get update'
    echo "fetching $package"
    mkdir -p "$root/unpacked" "$root/kernel/modules"
    for module in "${MODULES[@]}"; do
        patterns+=("*/$module.ko*")
    done
    unpack "$package" '*/vmlinuz-*' "${patterns[@]}"
    unpack busybox-static '*bin/busybox'
    find "$root/unpacked" -type f -name 'vmlinuz-*' -exec mv {} "$root/kernel/vmlinuz" \;
    find "$root/unpacked" -type f -path '*bin/busybox' -exec mv {} "$root/kernel/busybox" \;
    find "$root/unpacked" -type f -name '*.ko*' -exec mv {} "$root/kernel/modules" \;
    find "$root/kernel/modules" -name '*.xz' -exec "$root/kernel/busybox" unxz {} +
    echo "$package" >"$root/kernel/package"
    # Another run may have been quicker.
    mv -T "$root/kernel" "$vm/kernel" 2>/dev/null || [[ -d $vm/kernel ]]
}

# --- what goes in -------------------------------------------------------------

# The test programs that the list names.
test_programs() {
    awk '$1 == "tests" && !seen[$2]++ { print $2 }' "$CHECKS"
}

# Builds them all at once, as cargo test --workspace does, so that nothing is built twice.
build() {
    local program selected=()
    cargo build --quiet --release --workspace --bins
    # Whose processes can be killed at a named step.
    cargo build --quiet --bins --features writer/steps,reader/steps --target-dir "$target/steps"
    for program in $(test_programs); do
        selected+=(--test "$program")
    done
    ((${#selected[@]})) || return 0
    cargo test --quiet --workspace --no-run "${selected[@]}" --message-format json \
        | sed -n 's/.*"name":"\([^"]*\)".*"executable":"\([^"]*\)".*/\1 \2/p' >"$root/programs"
}

# A program with the libraries that it asks for, at their own places.
with_libraries() {
    local library
    cp -- "$1" "$2"
    while read -r library; do
        [[ -e $root/tree$library ]] || cp -L --parents -- "$library" "$root/tree"
    done < <(ldd "$1" | grep -o '/[^ ]*')
}

# Everything is in memory in there: no symbols.
strip_into() {
    with_libraries "$1" "$2"
    strip -- "$2/${1##*/}" 2>/dev/null || :
}

tree() {
    local tree=$root/tree name path
    mkdir -p "$tree"/{bin,dev,etc,handoff/{steps,tests},modules,proc,sys,tmp,usr/bin}
    cp "$vm/kernel/busybox" "$tree/bin/"
    cp "$vm"/kernel/modules/*.ko "$tree/modules/"
    printf '%s\n' "${MODULES[@]}" >"$tree/modules/order"
    printf '%s\n' 'root:x:0:0::/tmp:/bin/sh' 'nobody:x:65534:65534::/:/bin/sh' >"$tree/etc/passwd"
    cp scripts/vm/* "$tree/handoff/"
    # busybox has all of them, but not all of their options; and its shell would take its own.
    with_libraries "$(readlink -f /bin/sh)" "$tree/bin"
    mv "$tree/bin/$(basename "$(readlink -f /bin/sh)")" "$tree/bin/sh"
    for name in setpriv setsid unshare taskset; do
        with_libraries "$(command -v "$name")" "$tree/usr/bin"
    done
    for path in "$target"/release/*; do
        [[ ! -f $path || ! -x $path ]] || strip_into "$path" "$tree/usr/bin"
    done
    for name in writer reader; do
        strip_into "$target/steps/debug/$name" "$tree/handoff/steps"
    done
    [[ ! -e $root/programs ]] || while read -r name path; do
        strip_into "$path" "$tree/handoff/tests"
        mv "$tree/handoff/tests/${path##*/}" "$tree/handoff/tests/$name"
    done <"$root/programs"
    install -m 0755 scripts/vm/init "$tree/init"
    (($# == 0)) || printf '%s\n' "$*" >"$tree/handoff/command"
    (cd "$tree" && find . | "$vm/kernel/busybox" cpio -o -H newc 2>/dev/null) >"$root/initrd"
}

# --- the machine --------------------------------------------------------------

# The emulated machine ends with (v << 1) | 1 when v is written to port 0xf4; 0 means that its
# kernel panicked. Never by /dev/kvm: it may be there and not work. In the foreground, so that
# whoever stops this script stops the machine.
boot() {
    local status=0
    timeout --foreground -k 5 "$LIMIT" qemu-system-x86_64 \
        -machine q35 -accel tcg,thread=multi -cpu max -smp 2 -m 512 -nodefaults \
        -display none -serial stdio -monitor none -no-reboot \
        -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -kernel "$vm/kernel/vmlinuz" -initrd "$root/initrd" \
        -append 'console=ttyS0 panic=-1 quiet nokaslr' </dev/null 2>&1 \
        | sed -u 's/\r//g' | tee "$root/console" || status=${PIPESTATUS[0]}
    return "$status"
}

# Emulation on two threads crashes one boot in a hundred. Only before our first line: what
# happens after it counts.
boot_once_or_twice() {
    local status=0
    boot || status=$?
    if ((status != 124)) && ! grep -q '^handoff-vm: kernel' "$root/console"; then
        echo 'the kernel did not come up; once more'
        status=0
        boot || status=$?
    fi
    cp "$root/console" "$vm/console.log"
    return "$status"
}

# The machine's own closing line, or what happened instead.
judge() {
    local status=$1 closing
    closing=$(sed -n 's/^handoff-vm: \([0-9]* passed, [0-9]* failed, [0-9]* skipped\)$/\1/p' \
        "$root/console" | tail -n 1)
    [[ -z ${HANDOFF_SKIP_LOG-} ]] || grep '^SKIP ' "$root/console" >>"$HANDOFF_SKIP_LOG" || :
    case $status in
        1 | 3) [[ -n $closing ]] && echo "$closing" && return $((status / 2)) ;;
        124) echo "FAILED vm: stopped after $LIMIT s" ;;
        *) echo "FAILED vm: ended with status $status and without a result" ;;
    esac
    echo '0 passed, 1 failed, 0 skipped'
    return 1
}

# --- main ---------------------------------------------------------------------

[[ $(uname -m) == x86_64 ]] || skip 'set up for x86_64 only'
command -v apt-get >/dev/null || skip 'needs apt-get, to fetch qemu and a kernel'
mkdir -p "$vm"
root=$(mktemp -d "$vm/run.XXXXXX")
trap 'rm -rf -- "$root"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

install_qemu
fetch_kernel
build
tree "$@"
status=0
boot_once_or_twice || status=$?
judge "$status"
