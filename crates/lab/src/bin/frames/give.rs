//! The side with the device: it has buffers filled, says so, and gets them back.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use handoff_cli::{Exit, Failure};
use handoff_lab::frames::wire::{Hello, Notice};
use handoff_lab::v4l2::{Camera, CameraError, Filled, Format, Stream};
use handoff_shm::descriptors;
use handoff_shm::dmabuf::{self, View};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::args::{Capture, From};
use crate::{line, meeting, say};

/// How long a device may take for a frame: longer than any exposure.
const PATIENCE_MS: u16 = 10_000;

/// `frames export`: the driver's buffers.
pub(crate) fn export(args: &Capture, socket: &Path) -> Result<Exit, Failure> {
    let (camera, format) = open(args)?;
    let stream = Stream::exported(camera, format, args.buffers).map_err(failure)?;
    say(&format!("{} buffers of the driver's own", stream.buffers().len()));
    give(&stream, format, args, socket)
}

/// `frames fill`: buffers that we allocate.
pub(crate) fn fill(args: &Capture, from: Option<From>, socket: &Path) -> Result<Exit, Failure> {
    let (camera, format) = open(args)?;
    let allocate = |size| match from {
        Some(from) => from.source().allocate(size),
        None => dmabuf::allocate(size).map(|(_, buffer)| buffer),
    };
    let stream = Stream::into_ours(camera, format, args.buffers, allocate).map_err(failure)?;
    let from =
        from.map_or_else(String::new, |from| format!(" from {}", from.source().path().display()));
    say(&format!("{} buffers of our own{from}", stream.buffers().len()));
    give(&stream, format, args, socket)
}

fn open(args: &Capture) -> Result<(Camera, Format), Failure> {
    let camera = Camera::open(&args.device).map_err(failure)?;
    let format = camera.set_format(args.size).map_err(failure)?;
    if let Some(rate) = args.rate {
        camera.set_rate(rate).map_err(failure)?;
    }
    let Format { width, height, size, .. } = format;
    say(&format!("{}: {width}x{height}, {size} bytes a frame", camera.name()));
    Ok((camera, format))
}

fn give(stream: &Stream, format: Format, args: &Capture, at: &Path) -> Result<Exit, Failure> {
    say(&format!("waiting for: frames import --socket {}", at.display()));
    let socket = meeting::wait_at(at)?;
    let buffers = u32::try_from(stream.buffers().len()).expect("a device has few buffers");
    let fds: Vec<_> = stream.buffers().iter().map(AsFd::as_fd).collect();
    descriptors::send(&socket, &fds, &Hello { format, buffers }.encode()).map_err(unsent)?;
    let views = views_of(stream, format)
        .map_err(|error| Failure::of("cannot look at our own buffers", error))?;
    stream.start().map_err(failure)?;
    Giving { stream, views, socket, left: args.frames, queued: buffers }.run()
}

/// Our own mappings, to show that both sides see the same.
fn views_of(stream: &Stream, format: Format) -> io::Result<Vec<View>> {
    let map = |buffer: &OwnedFd| View::map(buffer.try_clone()?, format.size as usize);
    stream.buffers().iter().map(map).collect()
}

/// A capture that is under way.
struct Giving<'a> {
    stream: &'a Stream,
    views: Vec<View>,
    socket: UnixStream,
    /// Frames to be given yet, if not for ever.
    left: Option<u64>,
    /// Buffers that are the device's to fill.
    queued: u32,
}

/// What there is to do.
enum Ready {
    Frame,
    Returned,
}

impl Giving<'_> {
    fn run(mut self) -> Result<Exit, Failure> {
        while self.left != Some(0) {
            let goes_on = match self.wait()? {
                Ready::Frame => self.pass_on()?,
                Ready::Returned => self.take_back()?,
            };
            if !goes_on {
                say("the other side has left");
                return Ok(Exit::Ended);
            }
        }
        self.tell(&Notice::END)?;
        // Not to take the buffers away while they are looked at, however long.
        let forever = self.socket.set_read_timeout(None);
        forever.map_err(|error| Failure::of("cannot wait for the other side", error))?;
        while self.take_back()? {}
        Ok(Exit::Ended)
    }

    /// Until a frame is there or a buffer comes back. The device is not asked while it has
    /// nothing to fill.
    fn wait(&self) -> Result<Ready, Failure> {
        let mut fds = vec![PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
        let mut patience = PollTimeout::NONE;
        if self.queued > 0 {
            fds.push(PollFd::new(self.stream.as_fd(), PollFlags::POLLIN));
            patience = PATIENCE_MS.into();
        }
        loop {
            match poll(&mut fds, patience) {
                Ok(0) => {
                    let why = io::Error::from(io::ErrorKind::TimedOut);
                    return Err(Failure::of("cannot get a frame from the device", why)
                        .advise("see whether it has a signal"));
                }
                Ok(_) if fds[0].any() == Some(true) => return Ok(Ready::Returned),
                Ok(_) => return Ok(Ready::Frame),
                Err(nix::Error::EINTR) => {}
                Err(error) => return Err(Failure::of("cannot wait for the device", error)),
            }
        }
    }

    /// The next frame; false if the other side has left.
    fn pass_on(&mut self) -> Result<bool, Failure> {
        let Some(Filled { index, number, used, damaged }) = self.stream.next().map_err(failure)?
        else {
            return Ok(true);
        };
        if damaged {
            say(&format!("frame {number} is damaged, says the device"));
            self.stream.queue(index).map_err(failure)?;
            return Ok(true);
        }
        let notice = Notice { index, number, used };
        let mut bytes = vec![0; used as usize];
        self.views[index as usize]
            .read(&mut bytes)
            .map_err(|error| Failure::of("cannot look at a frame", error))?;
        // Who does not read it may still want the frames.
        let _ = writeln!(io::stdout(), "{}", line(&notice, &bytes));
        self.queued -= 1;
        self.left = self.left.map(|left| left - 1);
        self.tell(&notice)
    }

    /// False if the other side has left.
    fn tell(&self, notice: &Notice) -> Result<bool, Failure> {
        match descriptors::send(&self.socket, &[], &notice.encode()) {
            Ok(()) => Ok(true),
            Err(error) if meeting::is_gone(&error) => Ok(false),
            Err(error) => Err(unsent(error)),
        }
    }

    /// A buffer comes back; false if the other side has left.
    fn take_back(&mut self) -> Result<bool, Failure> {
        let mut index = [0; size_of::<u32>()];
        match self.socket.read_exact(&mut index) {
            Ok(()) => {}
            Err(error) if meeting::is_gone(&error) => return Ok(false),
            Err(error) => return Err(Failure::of("cannot hear from the other side", error)),
        }
        let index = u32::from_ne_bytes(index);
        if index as usize >= self.views.len() {
            let why = format!("it gives back buffer {index}, which does not exist");
            return Err(Failure::of("cannot go on with the other side", why));
        }
        // One that it does not hold: the driver refuses it.
        self.stream.queue(index).map_err(failure)?;
        self.queued += 1;
        Ok(true)
    }
}

fn failure(error: CameraError) -> Failure {
    let advice = error.advice().map(ToOwned::to_owned);
    let failure = Failure::from_error(error);
    match advice {
        Some(advice) => failure.advise(advice),
        None => failure,
    }
}

fn unsent(error: io::Error) -> Failure {
    Failure::of("cannot tell the other side", error).advise("it may have ended: see what it says")
}
