//! The kernel's structs and numbers, as <linux/videodev2.h> has them. A test asks the C
//! compiler whether they are right.
//!
//! Where C has a union, there is only the member that we use, and room for the rest.

use nix::sys::ioctl::ioctl_num_type;
use nix::{request_code_read, request_code_readwrite, request_code_write};

/// `struct v4l2_capability`: what a device is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "fields as in C")]
pub struct Capability {
    pub driver: [u8; 16],
    pub card: [u8; 32],
    pub bus_info: [u8; 32],
    pub version: u32,
    pub capabilities: u32,
    pub device_caps: u32,
    pub reserved: [u32; 3],
}

/// `struct v4l2_pix_format`: a frame in one piece.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "fields as in C")]
pub struct PixFormat {
    pub width: u32,
    pub height: u32,
    pub pixelformat: u32,
    pub field: u32,
    pub bytesperline: u32,
    pub sizeimage: u32,
    pub colorspace: u32,
    pub r#priv: u32,
    pub flags: u32,
    pub ycbcr_enc: u32,
    pub quantization: u32,
    pub xfer_func: u32,
}

/// `struct v4l2_plane_pix_format`: one of the pieces of a frame.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "fields as in C")]
pub struct PlanePixFormat {
    pub sizeimage: u32,
    pub bytesperline: u32,
    pub reserved: [u16; 6],
}

/// `struct v4l2_pix_format_mplane`: a frame in pieces, or in one.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "fields as in C")]
pub struct PixFormatMplane {
    pub width: u32,
    pub height: u32,
    pub pixelformat: u32,
    pub field: u32,
    pub colorspace: u32,
    pub plane_fmt: [PlanePixFormat; 8],
    pub num_planes: u8,
    pub flags: u8,
    pub ycbcr_enc: u8,
    pub quantization: u8,
    pub xfer_func: u8,
    pub reserved: [u8; 7],
}

/// `struct v4l2_format`, with `P` in its union: 200 bytes, aligned as a pointer is.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "fields as in C")]
pub struct Format<P: Copy, const REST: usize> {
    pub r#type: u32,
    pub fmt: Aligned<P>,
    pub rest: [u8; REST],
}

/// A union's member that has no pointer in it, in a union that has one elsewhere.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug, Default)]
pub struct Aligned<P: Copy>(pub P);

/// [`Format`] of a frame in one piece.
pub type FormatOne = Format<PixFormat, { 200 - size_of::<PixFormat>() }>;
/// [`Format`] of a frame in pieces.
pub type FormatMany = Format<PixFormatMplane, { 200 - size_of::<PixFormatMplane>() }>;

/// `struct v4l2_streamparm`, with `struct v4l2_captureparm` in its union.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "fields as in C")]
pub struct StreamParm {
    pub r#type: u32,
    pub capability: u32,
    pub capturemode: u32,
    /// `timeperframe`, seconds: numerator and denominator.
    pub timeperframe: [u32; 2],
    pub extendedmode: u32,
    pub readbuffers: u32,
    pub rest: [u8; 176],
}

/// `struct v4l2_requestbuffers`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "fields as in C")]
pub struct RequestBuffers {
    pub count: u32,
    pub r#type: u32,
    pub memory: u32,
    pub capabilities: u32,
    pub flags: u8,
    pub reserved: [u8; 3],
}

/// `struct v4l2_exportbuffer`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "fields as in C")]
pub struct ExportBuffer {
    pub r#type: u32,
    pub index: u32,
    pub plane: u32,
    pub flags: u32,
    pub fd: i32,
    pub reserved: [u32; 11],
}

/// The union of `struct v4l2_plane`.
#[repr(C)]
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "fields as in C")]
pub union PlaneMemory {
    pub mem_offset: u32,
    pub userptr: libc::c_ulong,
    pub fd: i32,
}

/// `struct v4l2_plane`.
#[repr(C)]
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "fields as in C")]
pub struct Plane {
    pub bytesused: u32,
    pub length: u32,
    pub m: PlaneMemory,
    pub data_offset: u32,
    pub reserved: [u32; 11],
}

/// The union of `struct v4l2_buffer`.
#[repr(C)]
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "fields as in C")]
pub union BufferMemory {
    pub offset: u32,
    pub userptr: libc::c_ulong,
    pub planes: *mut Plane,
    pub fd: i32,
}

/// `struct v4l2_timecode`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[expect(missing_docs, reason = "fields as in C")]
pub struct Timecode {
    pub r#type: u32,
    pub flags: u32,
    pub frames: u8,
    pub seconds: u8,
    pub minutes: u8,
    pub hours: u8,
    pub userbits: [u8; 4],
}

/// `struct v4l2_buffer`.
#[repr(C)]
#[derive(Clone, Copy)]
#[expect(missing_docs, reason = "fields as in C")]
pub struct Buffer {
    pub index: u32,
    pub r#type: u32,
    pub bytesused: u32,
    pub flags: u32,
    pub field: u32,
    pub timestamp: libc::timeval,
    pub timecode: Timecode,
    pub sequence: u32,
    pub memory: u32,
    pub m: BufferMemory,
    pub length: u32,
    pub reserved2: u32,
    pub request_fd: i32,
}

/// Declares numbers with their C names as documentation.
macro_rules! numbers {
    ($($name:ident: $type:ty = $value:expr;)+) => {
        $(#[doc = concat!("`", stringify!($name), "`.")] pub const $name: $type = $value;)+
    };
}

numbers! {
    V4L2_CAP_VIDEO_CAPTURE: u32 = 0x1;
    V4L2_CAP_VIDEO_CAPTURE_MPLANE: u32 = 0x1000;
    V4L2_CAP_STREAMING: u32 = 0x0400_0000;
    V4L2_CAP_DEVICE_CAPS: u32 = 0x8000_0000;
    V4L2_BUF_TYPE_VIDEO_CAPTURE: u32 = 1;
    V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE: u32 = 9;
    V4L2_MEMORY_MMAP: u32 = 1;
    V4L2_MEMORY_DMABUF: u32 = 4;
    V4L2_BUF_FLAG_ERROR: u32 = 0x40;
    V4L2_PIX_FMT_YUYV: u32 = u32::from_le_bytes(*b"YUYV");
    V4L2_PIX_FMT_GREY: u32 = u32::from_le_bytes(*b"GREY");
    VIDIOC_QUERYCAP: ioctl_num_type = request_code_read!(b'V', 0, size_of::<Capability>());
    VIDIOC_G_FMT: ioctl_num_type = request_code_readwrite!(b'V', 4, size_of::<FormatOne>());
    VIDIOC_S_FMT: ioctl_num_type = request_code_readwrite!(b'V', 5, size_of::<FormatOne>());
    VIDIOC_REQBUFS: ioctl_num_type = request_code_readwrite!(b'V', 8, size_of::<RequestBuffers>());
    VIDIOC_QBUF: ioctl_num_type = request_code_readwrite!(b'V', 15, size_of::<Buffer>());
    VIDIOC_EXPBUF: ioctl_num_type = request_code_readwrite!(b'V', 16, size_of::<ExportBuffer>());
    VIDIOC_DQBUF: ioctl_num_type = request_code_readwrite!(b'V', 17, size_of::<Buffer>());
    VIDIOC_STREAMON: ioctl_num_type = request_code_write!(b'V', 18, size_of::<i32>());
    VIDIOC_S_PARM: ioctl_num_type = request_code_readwrite!(b'V', 22, size_of::<StreamParm>());
}
