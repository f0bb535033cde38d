//! A picture shows what the bytes mean, and never more than there are.

use handoff_lab::frames::picture::{Style, picture};
use handoff_lab::v4l2::{Format, abi};

fn format(pixels: u32, width: u32, height: u32, stride: u32) -> Format {
    Format { width, height, pixels, stride, size: stride * height }
}

#[test]
fn black_and_white_are_the_two_ends() {
    let format = format(abi::V4L2_PIX_FMT_YUYV, 4, 2, 8);
    // Brightness, blue, brightness, red.
    let (black, white) = ([16, 128, 16, 128], [235, 128, 235, 128]);
    let line = [black, white].concat();
    let frame = line.repeat(2);
    assert_eq!(picture(&frame, &format, 4, Style::Plain).as_deref(), Some("  @@\n"));
    let coloured = picture(&frame, &format, 4, Style::Colours).expect("a picture");
    assert_eq!(coloured.matches("\x1b[38;2;0;0;0;48;2;0;0;0m▀").count(), 2);
    assert_eq!(coloured.matches("\x1b[38;2;255;255;255;48;2;255;255;255m▀").count(), 2);
    assert!(coloured.ends_with("\x1b[0m\n"));
}

#[test]
fn red_is_red() {
    let format = format(abi::V4L2_PIX_FMT_YUYV, 2, 2, 4);
    let frame = [81, 90, 81, 240].repeat(2);
    let picture = picture(&frame, &format, 2, Style::Colours).expect("a picture");
    assert!(picture.starts_with("\x1b[38;2;255;0;0;"), "{picture:?}");
}

#[test]
fn lines_may_be_longer_than_their_pixels() {
    let format = format(abi::V4L2_PIX_FMT_GREY, 2, 2, 5);
    let frame = [0, 255, 9, 9, 9, 0, 255, 9, 9, 9];
    assert_eq!(picture(&frame, &format, 2, Style::Plain).as_deref(), Some(" @\n"));
}

#[test]
fn a_picture_is_no_wider_than_its_frame_and_keeps_its_proportions() {
    let format = format(abi::V4L2_PIX_FMT_GREY, 320, 180, 320);
    let frame = vec![0; 320 * 180];
    let lines = |columns| -> Vec<usize> {
        let picture = picture(&frame, &format, columns, Style::Plain).expect("a picture");
        picture.lines().map(str::len).collect()
    };
    assert_eq!(lines(64), [64; 18]);
    assert_eq!(lines(1000), [320; 90]);
    assert_eq!(lines(0), [0; 0]);
}

#[test]
fn a_frame_that_is_too_short_or_compressed_has_no_picture() {
    let yuyv = format(abi::V4L2_PIX_FMT_YUYV, 320, 180, 640);
    assert_eq!(picture(&vec![0; 115_199], &yuyv, 320, Style::Plain), None);
    assert_eq!(picture(&[], &yuyv, 64, Style::Plain), None);
    let jpeg = format(u32::from_le_bytes(*b"MJPG"), 320, 180, 0);
    assert_eq!(picture(&[0; 1000], &jpeg, 64, Style::Plain), None);
}

#[test]
fn a_format_that_nobody_has_does_no_harm() {
    const MOST: u32 = u32::MAX;
    for (width, height, stride) in [(0, 0, 0), (MOST, MOST, MOST), (1, MOST, 1), (64, MOST, 0)] {
        for pixels in [abi::V4L2_PIX_FMT_GREY, abi::V4L2_PIX_FMT_YUYV] {
            let format = Format { width, height, pixels, stride, size: 64 };
            let _ = picture(&[0; 64], &format, MOST, Style::Plain);
        }
    }
}
