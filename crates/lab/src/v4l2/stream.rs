//! A device's buffers: queued, filled, and queued again.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use super::camera::{Camera, CameraError, Format};
use super::{abi, request};

/// A capture with its buffers, each of them a dma-buf. Dropped, it stops.
#[derive(Debug)]
pub struct Stream {
    camera: Camera,
    buffers: Vec<OwnedFd>,
    /// Bytes of a buffer.
    size: u32,
    /// Whose they are: V4L2_MEMORY_MMAP or V4L2_MEMORY_DMABUF.
    memory: u32,
}

/// What EFAULT means for a buffer that is there.
const UNFIT: &str = "it cannot write into pages that do not lie in a row: have it fill its driver's own (frames export)";

/// A frame in a buffer, which is ours until it is queued again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filled {
    /// Which buffer.
    pub index: u32,
    /// Number of the frame, counted by the device: one missing was dropped for want of buffers.
    pub number: u32,
    /// Bytes.
    pub used: u32,
    /// The device says that something is wrong with it.
    pub damaged: bool,
}

impl Stream {
    /// Buffers of the driver's own, exported: VIDIOC_REQBUFS, VIDIOC_EXPBUF.
    ///
    /// # Errors
    /// The device cannot do it, or another process streams from it.
    pub fn exported(camera: Camera, format: Format, count: u32) -> Result<Self, CameraError> {
        let memory = abi::V4L2_MEMORY_MMAP;
        let count = request_buffers(&camera, memory, count)?;
        let buffers = (0..count)
            .map(|index| request::export(&camera, camera.interface(), index))
            .collect::<io::Result<_>>()
            .map_err(|error| {
                CameraError::new(format!("export buffers of {}", camera.name()), error)
            })?;
        Ok(Self { camera, buffers, size: format.size, memory })
    }

    /// Buffers that `allocate` makes, a dma-buf of the given size for each call: the device
    /// writes into them (V4L2_MEMORY_DMABUF).
    ///
    /// # Errors
    /// The device cannot do it, or there is no memory.
    pub fn into_ours(
        camera: Camera,
        format: Format,
        count: u32,
        allocate: impl Fn(usize) -> io::Result<OwnedFd>,
    ) -> Result<Self, CameraError> {
        let memory = abi::V4L2_MEMORY_DMABUF;
        let count = request_buffers(&camera, memory, count)?;
        let buffers = (0..count)
            .map(|_| allocate(format.size as usize))
            .collect::<io::Result<_>>()
            .map_err(|error| CameraError::new("allocate dma-bufs for the frames", error))?;
        Ok(Self { camera, buffers, size: format.size, memory })
    }

    /// Its buffers, by index.
    pub fn buffers(&self) -> &[OwnedFd] {
        &self.buffers
    }

    /// Queues all buffers; the device begins.
    ///
    /// # Errors
    /// It does not take a buffer, or does not begin.
    pub fn start(&self) -> Result<(), CameraError> {
        for index in (0..).take(self.buffers.len()) {
            // Not to begin without: a device that waits for buffers fails every poll(2).
            self.queue(index)?;
        }
        let mut interface = self.camera.interface().cast_signed();
        request::STREAMON
            .send(&self.camera, &mut interface)
            .map_err(|error| self.cannot("begin to capture from", error))
    }

    /// Gives a buffer to the device, to be filled.
    ///
    /// # Errors
    /// The device cannot write into such memory (EFAULT: it wants pages in a row; EINVAL: too
    /// small), or has the buffer already.
    ///
    /// # Panics
    /// There is no such buffer.
    pub fn queue(&self, index: u32) -> Result<(), CameraError> {
        // For a buffer of the driver's own, the union holds an offset that it ignores.
        let fd = match self.memory {
            abi::V4L2_MEMORY_DMABUF => self.buffers[index as usize].as_raw_fd(),
            _ => 0,
        };
        let interface = self.camera.interface();
        request::Frame::new(interface, self.memory, index, fd, self.size)
            .queue(&self.camera)
            .map_err(|error| {
                let of_ours = self.memory == abi::V4L2_MEMORY_DMABUF;
                let unfit = of_ours && error.raw_os_error() == Some(libc::EFAULT);
                let error = self.cannot("queue a buffer to", error);
                if unfit { error.advise(UNFIT) } else { error }
            })
    }

    /// The next frame, if there is one.
    ///
    /// # Errors
    /// The device is gone (ENODEV), or stopped.
    pub fn next(&self) -> Result<Option<Filled>, CameraError> {
        let mut frame = request::Frame::new(self.camera.interface(), self.memory, 0, 0, 0);
        match frame.dequeue(&self.camera) {
            Ok(()) => Ok(Some(Filled {
                index: frame.buffer.index,
                number: frame.buffer.sequence,
                used: frame.used().min(self.size),
                damaged: frame.buffer.flags & abi::V4L2_BUF_FLAG_ERROR != 0,
            })),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(self.cannot("take a frame from", error)),
        }
    }

    fn cannot(&self, attempt: &str, error: io::Error) -> CameraError {
        CameraError::new(format!("{attempt} {}", self.camera.name()), error)
    }
}

/// For poll(2): readable when there is a frame.
impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.camera.as_fd()
    }
}

/// VIDIOC_REQBUFS: how many there are, which may be more or fewer.
fn request_buffers(camera: &Camera, memory: u32, count: u32) -> Result<u32, CameraError> {
    let r#type = camera.interface();
    let mut asked = abi::RequestBuffers { count, r#type, memory, ..abi::RequestBuffers::default() };
    request::REQBUFS
        .send(camera, &mut asked)
        .map_err(|error| CameraError::new(format!("have buffers of {}", camera.name()), error))?;
    Ok(asked.count)
}
