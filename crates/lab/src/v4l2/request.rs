//! The one call, ioctl(2), and which struct belongs to which number.

use std::io;
use std::marker::PhantomData;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::ioctl::ioctl_num_type;

use super::abi;

/// A request number that reads and writes an `A` and nothing else.
pub(super) struct Request<A> {
    number: ioctl_num_type,
    argument: PhantomData<fn(&mut A)>,
}

impl<A> Request<A> {
    /// Only here, so that all pairs of number and struct stand below each other.
    const fn new(number: ioctl_num_type) -> Self {
        Self { number, argument: PhantomData }
    }

    /// ioctl(2), again if a signal came.
    pub(super) fn send(&self, device: impl AsFd, argument: &mut A) -> io::Result<()> {
        loop {
            // SAFETY: each number below goes with the struct that the kernel reads and writes
            // for it, and a struct with a pointer in it is sent by `Frame` alone.
            let result = Errno::result(unsafe {
                libc::ioctl(device.as_fd().as_raw_fd(), self.number, &raw mut *argument)
            });
            match result {
                Err(Errno::EINTR) => {}
                result => return Ok(result.map(drop)?),
            }
        }
    }
}

pub(super) const QUERYCAP: Request<abi::Capability> = Request::new(abi::VIDIOC_QUERYCAP);
pub(super) const G_FMT: Request<abi::FormatOne> = Request::new(abi::VIDIOC_G_FMT);
pub(super) const S_FMT: Request<abi::FormatOne> = Request::new(abi::VIDIOC_S_FMT);
pub(super) const G_FMT_MANY: Request<abi::FormatMany> = Request::new(abi::VIDIOC_G_FMT);
pub(super) const S_FMT_MANY: Request<abi::FormatMany> = Request::new(abi::VIDIOC_S_FMT);
pub(super) const S_PARM: Request<abi::StreamParm> = Request::new(abi::VIDIOC_S_PARM);
pub(super) const REQBUFS: Request<abi::RequestBuffers> = Request::new(abi::VIDIOC_REQBUFS);
pub(super) const STREAMON: Request<i32> = Request::new(abi::VIDIOC_STREAMON);
const EXPBUF: Request<abi::ExportBuffer> = Request::new(abi::VIDIOC_EXPBUF);
const QBUF: Request<abi::Buffer> = Request::new(abi::VIDIOC_QBUF);
const DQBUF: Request<abi::Buffer> = Request::new(abi::VIDIOC_DQBUF);

/// VIDIOC_EXPBUF: a buffer of the device's as a dma-buf, which whoever gets it may read, and
/// closed on exec.
pub(super) fn export(device: impl AsFd, r#type: u32, index: u32) -> io::Result<OwnedFd> {
    let flags = (libc::O_RDONLY | libc::O_CLOEXEC).cast_unsigned();
    let mut asked = abi::ExportBuffer { r#type, index, flags, ..abi::ExportBuffer::default() };
    EXPBUF.send(device, &mut asked)?;
    // SAFETY: the kernel has just opened it for us, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(asked.fd) })
}

/// A `struct v4l2_buffer` on its way, with the one plane that it may point to.
pub(super) struct Frame {
    /// As the kernel wants or has filled it; its pointer is set by `send` alone.
    pub(super) buffer: abi::Buffer,
    pub(super) plane: abi::Plane,
}

impl Frame {
    /// Buffer `index`, with a dma-buf to be written into or without.
    pub(super) fn new(r#type: u32, memory: u32, index: u32, fd: i32, length: u32) -> Self {
        let plane = abi::Plane {
            bytesused: 0,
            length,
            m: abi::PlaneMemory { fd },
            data_offset: 0,
            reserved: [0; 11],
        };
        let buffer = abi::Buffer {
            index,
            r#type,
            bytesused: 0,
            flags: 0,
            field: 0,
            timestamp: libc::timeval { tv_sec: 0, tv_usec: 0 },
            timecode: abi::Timecode::default(),
            sequence: 0,
            memory,
            m: abi::BufferMemory { fd },
            length,
            reserved2: 0,
            request_fd: 0,
        };
        Self { buffer, plane }
    }

    /// VIDIOC_QBUF.
    pub(super) fn queue(&mut self, device: impl AsFd) -> io::Result<()> {
        self.send(&QBUF, device)
    }

    /// VIDIOC_DQBUF.
    pub(super) fn dequeue(&mut self, device: impl AsFd) -> io::Result<()> {
        self.send(&DQBUF, device)
    }

    /// Points to the plane first, where the interface has planes.
    fn send(&mut self, request: &Request<abi::Buffer>, device: impl AsFd) -> io::Result<()> {
        if self.buffer.r#type == abi::V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE {
            self.buffer.m = abi::BufferMemory { planes: &raw mut self.plane };
            self.buffer.length = 1;
        }
        request.send(device, &mut self.buffer)
    }

    /// Bytes that the device wrote.
    pub(super) fn used(&self) -> u32 {
        match self.buffer.r#type {
            abi::V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE => self.plane.bytesused,
            _ => self.buffer.bytesused,
        }
    }
}
