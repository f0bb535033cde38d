//! The side that looks: receives buffers, and shows what is in them when it is told.

use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use handoff_cli::{Exit, Failure};
use handoff_lab::frames::picture::{Style, picture};
use handoff_lab::frames::wire::{Hello, MOST_BUFFERS, Notice};
use handoff_shm::descriptors;
use handoff_shm::dmabuf::View;

use crate::{line, meeting, say};

/// `frames import`.
pub(crate) fn run(columns: u32, socket: &Path) -> Result<Exit, Failure> {
    let socket = meeting::go_to(socket)?;
    let (hello, views) = receive(&socket)
        .map_err(|error| Failure::of("cannot use what the other side sent", error))?;
    let format = hello.format;
    let (width, height) = (format.width, format.height);
    say(&format!("{} buffers for frames of {width}x{height}", views.len()));
    // A device may take its time for a frame.
    socket.set_read_timeout(None).map_err(|error| Failure::of("cannot wait", error))?;
    let style = if io::stdout().is_terminal() { Style::Colours } else { Style::Plain };
    let mut bytes = Vec::new();
    while let Some(notice) = next(&socket, &hello)? {
        bytes.resize(notice.used as usize, 0);
        views[notice.index as usize]
            .read(&mut bytes)
            .map_err(|error| Failure::of("cannot look at a frame", error))?;
        // What we print is a copy: the device may go on.
        give_back(&socket, notice.index)?;
        let picture = picture(&bytes, &format, columns, style);
        if !show(&line(&notice, &bytes), picture.as_deref().unwrap_or(""))? {
            break;
        }
    }
    Ok(Exit::Ended)
}

/// The buffers, mapped. The other side is not trusted with what they are.
fn receive(socket: &UnixStream) -> io::Result<(Hello, Vec<View>)> {
    let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let mut message = [0; Hello::LENGTH];
    let (length, fds) = descriptors::receive(socket, MOST_BUFFERS, &mut message)?;
    let hello = Hello::decode(&message)
        .filter(|_| length == message.len())
        .ok_or_else(|| invalid("it is not frames export, nor frames fill".into()))?;
    if fds.len() != hello.buffers as usize {
        let (came, announced) = (fds.len(), hello.buffers);
        return Err(invalid(format!("{came} buffers came, and {announced} were announced")));
    }
    let map = |fd| {
        View::map(fd, hello.format.size as usize).map_err(|error| {
            // ENOTTY says "inappropriate ioctl", which would help nobody.
            match error.raw_os_error() {
                Some(libc::ENOTTY) => invalid("a descriptor among it is no dma-buf".into()),
                _ => error,
            }
        })
    };
    Ok((hello, fds.into_iter().map(map).collect::<io::Result<_>>()?))
}

/// The next frame; none at the end.
fn next(mut socket: &UnixStream, hello: &Hello) -> Result<Option<Notice>, Failure> {
    let mut message = [0; Notice::LENGTH];
    socket.read_exact(&mut message).map_err(|error| match meeting::is_gone(&error) {
        true => Failure::of("cannot go on", "the other side is gone without an end"),
        false => Failure::of("cannot hear from the other side", error),
    })?;
    match Notice::decode(&message, hello) {
        Some(Notice::END) => Ok(None),
        Some(notice) => Ok(Some(notice)),
        None => Err(Failure::of("cannot go on", "the other side speaks of a frame that cannot be")),
    }
}

fn give_back(mut socket: &UnixStream, index: u32) -> Result<(), Failure> {
    match socket.write_all(&index.to_ne_bytes()) {
        // It has ended; what it said before is still to be read.
        Err(error) if meeting::is_gone(&error) => Ok(()),
        result => result.map_err(|error| Failure::of("cannot give a buffer back", error)),
    }
}

/// Whether anybody wants to see more.
fn show(line: &str, picture: &str) -> Result<bool, Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{line}\n{picture}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        result => result.map(|()| true).map_err(|error| Failure::of("cannot print", error)),
    }
}
