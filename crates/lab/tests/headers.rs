//! The kernel's structs and numbers, asked of the C headers.

use std::mem::offset_of;

use handoff_e2e::headers::expect_same_in_c;
use handoff_lab::v4l2::abi;

/// What it is in C, and what we say.
type Fact = (String, u64);

/// Size of a struct, and where its fields are.
macro_rules! layout_of {
    ($facts:ident, $rust:ty, $c:literal: $($field:ident),+) => {
        $facts.push((format!("sizeof({})", $c), size_of::<$rust>() as u64));
        $facts.push((format!("_Alignof({})", $c), align_of::<$rust>() as u64));
        $(
            let field = stringify!($field).trim_start_matches("r#");
            let offset = offset_of!($rust, $field) as u64;
            $facts.push((format!("offsetof({}, {field})", $c), offset));
        )+
    };
}

macro_rules! numbers {
    ($($name:ident),+) => {
        vec![$((stringify!($name).into(), u64::from(abi::$name)),)+]
    };
}

fn structs() -> Vec<Fact> {
    let mut facts = Vec::new();
    layout_of!(facts, abi::Capability, "struct v4l2_capability":
        driver, card, bus_info, version, capabilities, device_caps, reserved);
    layout_of!(facts, abi::PixFormat, "struct v4l2_pix_format":
        width, height, pixelformat, field, bytesperline, sizeimage, colorspace, r#priv, flags,
        ycbcr_enc, quantization, xfer_func);
    layout_of!(facts, abi::StreamParm, "struct v4l2_streamparm": r#type);
    layout_of!(facts, abi::RequestBuffers, "struct v4l2_requestbuffers":
        count, r#type, memory, capabilities, flags, reserved);
    layout_of!(facts, abi::ExportBuffer, "struct v4l2_exportbuffer":
        r#type, index, plane, flags, fd, reserved);
    layout_of!(facts, abi::Plane, "struct v4l2_plane":
        bytesused, length, m, data_offset, reserved);
    layout_of!(facts, abi::Timecode, "struct v4l2_timecode":
        r#type, flags, frames, seconds, minutes, hours, userbits);
    layout_of!(facts, abi::Buffer, "struct v4l2_buffer":
        index, r#type, bytesused, flags, field, timestamp, timecode, sequence, memory, m, length,
        reserved2, request_fd);
    layout_of!(facts, abi::FormatOne, "struct v4l2_format": r#type, fmt);
    layout_of!(facts, abi::FormatMany, "struct v4l2_format": r#type, fmt);
    facts
}

/// Packed in C, and so of no alignment there: size and fields only.
fn packed_structs() -> Vec<Fact> {
    let mut facts = Vec::new();
    layout_of!(facts, abi::PlanePixFormat, "struct v4l2_plane_pix_format":
        sizeimage, bytesperline, reserved);
    layout_of!(facts, abi::PixFormatMplane, "struct v4l2_pix_format_mplane":
        width, height, pixelformat, field, colorspace, plane_fmt, num_planes, flags, ycbcr_enc,
        quantization, xfer_func, reserved);
    facts.retain(|(name, _)| !name.starts_with("_Alignof"));
    facts
}

/// Members of a C union's member.
fn inner_fields() -> Vec<Fact> {
    macro_rules! captureparm {
        ($($field:ident),+) => {
            [$((concat!("parm.capture.", stringify!($field)), offset_of!(abi::StreamParm, $field))),+]
        };
    }
    captureparm!(capability, capturemode, timeperframe, extendedmode, readbuffers)
        .map(|(field, offset)| {
            (format!("offsetof(struct v4l2_streamparm, {field})"), offset as u64)
        })
        .into()
}

fn numbers() -> Vec<Fact> {
    let mut facts: Vec<Fact> = numbers!(
        V4L2_CAP_VIDEO_CAPTURE,
        V4L2_CAP_VIDEO_CAPTURE_MPLANE,
        V4L2_CAP_STREAMING,
        V4L2_CAP_DEVICE_CAPS,
        V4L2_BUF_TYPE_VIDEO_CAPTURE,
        V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE,
        V4L2_MEMORY_MMAP,
        V4L2_MEMORY_DMABUF,
        V4L2_BUF_FLAG_ERROR,
        V4L2_PIX_FMT_YUYV,
        V4L2_PIX_FMT_GREY,
        VIDIOC_QUERYCAP,
        VIDIOC_G_FMT,
        VIDIOC_S_FMT,
        VIDIOC_REQBUFS,
        VIDIOC_QBUF,
        VIDIOC_EXPBUF,
        VIDIOC_DQBUF,
        VIDIOC_STREAMON,
        VIDIOC_S_PARM
    );
    facts.push(("VIDEO_MAX_FRAME".into(), handoff_lab::frames::wire::MOST_BUFFERS as u64));
    facts
}

#[test]
fn structs_and_numbers_are_those_of_the_c_headers() {
    let facts = [structs(), packed_structs(), inner_fields(), numbers()].concat();
    expect_same_in_c(&["sys/time.h", "linux/videodev2.h"], &facts);
}
