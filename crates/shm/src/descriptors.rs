//! Descriptors from one process to another: SCM_RIGHTS over a Unix stream socket.
//!
//! A descriptor that is sent is a second name for the same open file, as dup(2)
//! makes one. Who receives has to judge what it got: a message can carry
//! descriptors that nobody asked for, and whatever arrives takes a place in the
//! receiver's table until it is closed.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use handoff_proto::step::{Step, step_with};
use nix::sys::socket::{ControlMessage, MsgFlags, recvmsg, sendmsg};

/// SCM_MAX_FD of <net/scm.h>: the kernel lets no message carry more.
const MOST: usize = 253;

/// CMSG_LEN(0): length, level and type, before the descriptors.
const HEAD: usize = size_of::<libc::cmsghdr>();

/// Sends `message` with `fds` beside its first byte.
///
/// # Errors
/// sendmsg(2)'s, EPIPE instead of a signal among them. A message of no bytes cannot
/// carry descriptors: InvalidInput.
pub fn send(stream: impl AsFd, fds: &[BorrowedFd<'_>], message: &[u8]) -> io::Result<()> {
    if message.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a message of no bytes"));
    }
    let fds: Vec<RawFd> = fds.iter().map(AsRawFd::as_raw_fd).collect();
    let mut rights = vec![ControlMessage::ScmRights(&fds)];
    let mut rest = message;
    while !rest.is_empty() {
        let parts = [IoSlice::new(rest)];
        let stream = stream.as_fd().as_raw_fd();
        step_with(Step::Pass, || {
            format!("sendmsg: {} bytes, {} descriptors", rest.len(), fds.len())
        });
        match sendmsg::<()>(stream, &parts, &rights, MsgFlags::MSG_NOSIGNAL, None) {
            Ok(sent) => {
                log::debug!("sendmsg({sent} bytes, {} descriptors)", fds.len());
                rest = &rest[sent..];
                // They went with the first byte, and must not go again with the others.
                rights.clear();
            }
            Err(nix::Error::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Receives what one recvmsg(2) brings: how many bytes of `message` it filled, 0 at the
/// end of the stream, and the descriptors, which are closed on exec.
///
/// # Errors
/// recvmsg(2)'s, EINTR among them. InvalidData where more than `most` descriptors came,
/// or some were cut off because our table is full; all that came are closed then.
pub fn receive(
    stream: impl AsFd,
    most: usize,
    message: &mut [u8],
) -> io::Result<(usize, Vec<OwnedFd>)> {
    let invalid = |why: String| Err(io::Error::new(io::ErrorKind::InvalidData, why));
    // Room for as many as can come: what does not fit would be cut off unseen.
    let mut control = nix::cmsg_space!([RawFd; MOST]);
    let mut parts = [IoSliceMut::new(message)];
    let stream = stream.as_fd().as_raw_fd();
    step_with(Step::Take, || format!("recvmsg: {most} descriptors at most"));
    let (bytes, flags) = {
        let flags = MsgFlags::MSG_CMSG_CLOEXEC;
        let received = recvmsg::<()>(stream, &mut parts, Some(&mut control), flags)?;
        (received.bytes, received.flags)
    };
    let fds = descriptors_in(&control);
    log::debug!("recvmsg() = {bytes} bytes, {} descriptors", fds.len());
    if flags.contains(MsgFlags::MSG_CTRUNC) {
        return invalid("descriptors were cut off the message: too many files are open".into());
    }
    if fds.len() > most {
        return invalid(format!("{} descriptors came, not {most}", fds.len()));
    }
    Ok((bytes, fds))
}

/// The descriptors in a control buffer that was zeroed before the kernel filled it.
///
/// Read as bytes, because nix gives out none at all when some were cut off: those that
/// did come would stay open, and a hostile peer could fill our table with them.
fn descriptors_in(control: &[u8]) -> Vec<OwnedFd> {
    let mut fds = Vec::new();
    let mut rest = control;
    while let Some((length, head)) = rest.split_first_chunk::<{ size_of::<usize>() }>() {
        let length = usize::from_ne_bytes(*length);
        if length < HEAD || length > rest.len() {
            break;
        }
        let number = |at: usize| head[at..].first_chunk().copied().map(i32::from_ne_bytes);
        if (number(0), number(4)) == (Some(libc::SOL_SOCKET), Some(libc::SCM_RIGHTS)) {
            for fd in rest[HEAD..length].as_chunks::<4>().0 {
                // SAFETY: the kernel has just opened it for us, and nobody else knows it.
                fds.push(unsafe { OwnedFd::from_raw_fd(RawFd::from_ne_bytes(*fd)) });
            }
        }
        // CMSG_ALIGN: the next head is aligned as a size_t is.
        rest = rest.get(length.next_multiple_of(size_of::<usize>())..).unwrap_or_default();
    }
    fds
}
