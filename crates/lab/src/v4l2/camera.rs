//! One device: what it is, and which format it delivers.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::{abi, request};

/// What could not be done with a device, why, and what may help.
#[derive(Debug, thiserror::Error)]
#[error("cannot {attempt}")]
pub struct CameraError {
    attempt: String,
    advice: Option<String>,
    source: io::Error,
}

impl CameraError {
    pub(super) fn new(attempt: impl Into<String>, source: io::Error) -> Self {
        Self { attempt: attempt.into(), advice: None, source }
    }

    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// What a person can do about it.
    pub fn advice(&self) -> Option<&str> {
        self.advice.as_deref()
    }
}

/// How the bytes of a frame are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Pixels in a line.
    pub width: u32,
    /// Lines.
    pub height: u32,
    /// Four letters, the first in the lowest byte: `V4L2_PIX_FMT_YUYV` or another.
    pub pixels: u32,
    /// Bytes from one line to the next.
    pub stride: u32,
    /// Bytes that a frame takes at most.
    pub size: u32,
}

/// An open capture device.
#[derive(Debug)]
pub struct Camera {
    device: File,
    path: PathBuf,
    name: String,
    interface: u32,
}

impl Camera {
    /// Opens the device and asks what it is. Nothing of its settings is changed.
    ///
    /// # Errors
    /// It cannot be opened, or is no device that captures video into buffers.
    pub fn open(path: &Path) -> Result<Self, CameraError> {
        let said = || format!("open {} as a capture device", path.display());
        // Not to wait in VIDIOC_DQBUF: who streams waits in poll(2), for others too.
        let device = File::options()
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(path)
            .map_err(|error| {
                CameraError::new(said(), error).advise("name another with --device")
            })?;
        let mut can = abi::Capability {
            driver: [0; 16],
            card: [0; 32],
            bus_info: [0; 32],
            version: 0,
            capabilities: 0,
            device_caps: 0,
            reserved: [0; 3],
        };
        request::QUERYCAP.send(&device, &mut can).map_err(|error| {
            CameraError::new(said(), error).advise("it is no video device: name one with --device")
        })?;
        let interface = interface(&can).ok_or_else(|| {
            let cause = "it does not capture video into buffers";
            CameraError::new(said(), io::Error::new(io::ErrorKind::Unsupported, cause))
                .advise("name another with --device")
        })?;
        let name = String::from_utf8_lossy(&can.card).trim_end_matches('\0').to_owned();
        Ok(Self { device, path: path.to_owned(), name, interface })
    }

    /// Device and what its driver calls it, for messages.
    pub fn name(&self) -> String {
        format!("{} ({})", self.path.display(), self.name)
    }

    /// `V4L2_BUF_TYPE_VIDEO_CAPTURE` or `V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE`.
    pub(super) fn interface(&self) -> u32 {
        self.interface
    }

    /// Asks for YUYV, which nearly every device can and a picture is easily made of, and for
    /// a width and height if given. The device decides; what it says is what comes.
    ///
    /// # Errors
    /// It is in use by another process (EBUSY), or a frame comes in several pieces.
    pub fn set_format(&self, size: Option<(u32, u32)>) -> Result<Format, CameraError> {
        let format = match self.interface {
            abi::V4L2_BUF_TYPE_VIDEO_CAPTURE => self.set_format_of_one(size),
            _ => self.set_format_of_many(size),
        };
        format.map_err(|error| {
            let busy = error.raw_os_error() == Some(libc::EBUSY);
            let error = CameraError::new(format!("set the format of {}", self.name()), error);
            match busy {
                true => error.advise("another process streams from it"),
                false => error,
            }
        })
    }

    fn set_format_of_one(&self, size: Option<(u32, u32)>) -> io::Result<Format> {
        let fmt = abi::Aligned::default();
        let mut asked = abi::FormatOne { r#type: self.interface, fmt, rest: [0; _] };
        request::G_FMT.send(self, &mut asked)?;
        let pix = &mut asked.fmt.0;
        (pix.width, pix.height) = size.unwrap_or((pix.width, pix.height));
        pix.pixelformat = abi::V4L2_PIX_FMT_YUYV;
        // Those of the format of before would be kept.
        (pix.bytesperline, pix.sizeimage) = (0, 0);
        request::S_FMT.send(self, &mut asked)?;
        let pix = asked.fmt.0;
        Ok(Format {
            width: pix.width,
            height: pix.height,
            pixels: pix.pixelformat,
            stride: pix.bytesperline,
            size: pix.sizeimage,
        })
    }

    fn set_format_of_many(&self, size: Option<(u32, u32)>) -> io::Result<Format> {
        let fmt = abi::Aligned::default();
        let mut asked = abi::FormatMany { r#type: self.interface, fmt, rest: [0; _] };
        request::G_FMT_MANY.send(self, &mut asked)?;
        let pix = &mut asked.fmt.0;
        (pix.width, pix.height) = size.unwrap_or((pix.width, pix.height));
        pix.pixelformat = abi::V4L2_PIX_FMT_YUYV;
        pix.num_planes = 1;
        pix.plane_fmt = Default::default();
        request::S_FMT_MANY.send(self, &mut asked)?;
        let pix = asked.fmt.0;
        if pix.num_planes != 1 {
            let pieces = format!("its frames come in {} pieces", pix.num_planes);
            return Err(io::Error::new(io::ErrorKind::Unsupported, pieces));
        }
        Ok(Format {
            width: pix.width,
            height: pix.height,
            pixels: pix.pixelformat,
            stride: pix.plane_fmt[0].bytesperline,
            size: pix.plane_fmt[0].sizeimage,
        })
    }

    /// Asks for so many frames a second. The device takes what is nearest.
    ///
    /// # Errors
    /// It has no choice of rates.
    pub fn set_rate(&self, frames_per_second: u32) -> Result<(), CameraError> {
        let mut asked = abi::StreamParm {
            r#type: self.interface,
            capability: 0,
            capturemode: 0,
            timeperframe: [1, frames_per_second],
            extendedmode: 0,
            readbuffers: 0,
            rest: [0; 176],
        };
        request::S_PARM.send(self, &mut asked).map_err(|error| {
            CameraError::new(format!("set the rate of {}", self.name()), error)
                .advise("leave --rate away")
        })
    }
}

impl AsFd for Camera {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}

/// Which of the two interfaces to use; the plain one if it has both.
fn interface(can: &abi::Capability) -> Option<u32> {
    // Of this node; without the flag, only what all nodes of the device can together is known.
    let caps = match can.capabilities & abi::V4L2_CAP_DEVICE_CAPS {
        0 => can.capabilities,
        _ => can.device_caps,
    };
    let has = |cap: u32| caps & cap != 0;
    if !has(abi::V4L2_CAP_STREAMING) {
        return None;
    }
    if has(abi::V4L2_CAP_VIDEO_CAPTURE) {
        return Some(abi::V4L2_BUF_TYPE_VIDEO_CAPTURE);
    }
    has(abi::V4L2_CAP_VIDEO_CAPTURE_MPLANE).then_some(abi::V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE)
}
