//! At the socket: what is sent there is not believed.

use std::fs::{self, File};
use std::io::{IoSlice, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use handoff_e2e::kind::{Kind, Site};
use handoff_e2e::{Running, foreign};
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};

const LACKS: u64 = 2;
const TAKES: u64 = 3;

/// A message as both sides write it.
fn message(kind: &str, verb: u64, size: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(b"handoff\x01");
    bytes[8..8 + kind.len()].copy_from_slice(kind.as_bytes());
    bytes[16..24].copy_from_slice(&verb.to_ne_bytes());
    bytes[24..].copy_from_slice(&size.to_ne_bytes());
    bytes
}

fn memfd(size: u64, seals: SealFlag) -> OwnedFd {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let file = File::from(memfd_create(c"test", flags).expect("a memfd"));
    file.set_len(size).expect("it can grow");
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals)).expect("it takes seals");
    file.into()
}

fn sealed(size: u64) -> OwnedFd {
    memfd(size, SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW | SealFlag::F_SEAL_SEAL)
}

fn send(stream: &UnixStream, bytes: &[u8], fds: &[OwnedFd]) {
    let fds: Vec<_> = fds.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = [ControlMessage::ScmRights(&fds)];
    let rights = if fds.is_empty() { &[][..] } else { &rights[..] };
    sendmsg::<()>(stream.as_raw_fd(), &[IoSlice::new(bytes)], rights, MsgFlags::MSG_NOSIGNAL, None)
        .expect("it is sent");
}

/// A memory that must not be believed in, and what is said of it.
type Offer = (u64, fn() -> Vec<OwnedFd>, &'static str);

fn offers(scratch: &Path) -> Vec<Offer> {
    const SIZE: u64 = foreign::DEFAULT_SIZE;
    fs::write(scratch.join("file"), vec![0; SIZE as usize]).expect("our own directory");
    vec![
        (SIZE, Vec::new, "0 descriptors"),
        (SIZE, || vec![sealed(SIZE), sealed(SIZE)], "2 descriptors"),
        (SIZE, || vec![sealed(SIZE), sealed(SIZE), sealed(SIZE)], "3 descriptors"),
        (SIZE, || vec![memfd(SIZE, SealFlag::empty())], "not sealed"),
        (SIZE, || vec![memfd(SIZE, SealFlag::F_SEAL_SHRINK | SealFlag::F_SEAL_GROW)], "not sealed"),
        (SIZE, || vec![sealed(SIZE - 1)], "33855 bytes, not 33856"),
        (SIZE - 1, || vec![sealed(SIZE - 1)], "size of no exchange"),
        (u64::MAX, || vec![sealed(SIZE)], "33856 bytes, not"),
        (SIZE, || vec![File::open("/dev/zero").expect("a device").into()], "no memfd"),
        (SIZE, || vec![File::open("/proc/self/exe").expect("a file").into()], "no memfd"),
    ]
}

/// The reader still does its work.
#[track_caller]
fn expect_well(site: &Site, reader: Running) {
    site.writer().reading("genuine\n").start().exit().expect_code(0);
    reader.exit().expect_code(0).expect_stdout(b"genuine\n");
    site.expect_nothing_left();
}

pub(crate) fn offers_are_judged(kind: &'static Kind) {
    let site = Site::new(kind);
    let Some(path) = site.path().filter(|_| !kind.persists && kind.devices.is_empty()) else {
        return;
    };
    for (size, fds, word) in offers(site.scratch().path()) {
        let mut reader = site.waiting_reader();
        let mut stream = UnixStream::connect(&path).expect("it listens");
        send(&stream, &message(kind.name, LACKS, 0), &[]);
        stream.read_exact(&mut [0; 32]).expect("it lacks the memory, too");
        send(&stream, &message(kind.name, TAKES, size), &fds());
        reader.wait_until_says(word);
        assert_eq!(stream.read(&mut [0; 32]).ok(), Some(0), "the liar is left alone: {word}");
        expect_well(&site, reader);
    }
}

pub(crate) fn nonsense_is_refused(kind: &'static Kind) {
    let site = Site::new(kind);
    let Some(path) = site.path().filter(|_| !kind.persists) else { return };
    let mut wrong_magic = message(kind.name, LACKS, 0);
    wrong_magic[0] = b'H';
    let other = if kind.name == "memfd" { "dmabuf" } else { "memfd" };
    let nonsense: [(&[u8], &str); 5] = [
        (b"GET / HTTP/1.0\r\n\r\n", "18 bytes are no message"),
        (&wrong_magic, "no message of ours"),
        (&message(other, LACKS, 0), "it came with --via"),
        (&message(kind.name, 77, 0), "77 is nothing"),
        (&message("\u{1b}[31m", LACKS, 0), "\\u{1b}"),
    ];
    let mut reader = site.waiting_reader();
    for (bytes, word) in nonsense {
        let mut stream = UnixStream::connect(&path).expect("it listens");
        stream.write_all(bytes).expect("it is sent");
        reader.wait_until_says(word);
    }
    // One that says nothing, and one that goes at once, keep nobody from coming.
    let silent = UnixStream::connect(&path).expect("it listens");
    drop(UnixStream::connect(&path).expect("it listens"));
    expect_well(&site, reader);
    drop(silent);
}

pub(crate) fn a_host_is_not_believed_either(kind: &'static Kind) {
    let site = Site::new(kind);
    let Some(path) = site.path().filter(|_| !kind.persists && kind.devices.is_empty()) else {
        return;
    };
    for (size, fds, word) in offers(site.scratch().path()) {
        let listener = UnixListener::bind(&path).expect("nobody else listens");
        let newcomer = site.reader().start();
        let (mut stream, _) = listener.accept().expect("it comes");
        stream.read_exact(&mut [0; 32]).expect("it says what it has");
        send(&stream, &message(kind.name, TAKES, size), &fds());
        newcomer.exit().expect_code(1).expect_stdout(b"").expect_line_with(&[word]);
        fs::remove_file(&path).expect("our own");
    }
}

pub(crate) fn a_directory_open_to_others_is_refused(kind: &'static Kind) {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new(kind);
    if kind.persists {
        return;
    }
    for mode in [0o755, 0o770, 0o701] {
        let open = fs::Permissions::from_mode(mode);
        fs::set_permissions(site.directory(), open).expect("our own");
        for program in [site.reader(), site.writer()] {
            let outcome = program.start().exit();
            outcome.expect_code(1).expect_line_with(&["mode 0700", &format!("{mode:04o}")]);
        }
    }
}
