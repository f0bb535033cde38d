//! A small picture of a frame, in characters.

use std::fmt::Write;

use crate::v4l2::{Format, abi};

/// What the characters may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Darker and lighter ones, for any place that takes text.
    Plain,
    /// Colours, for a terminal: each character is two pixels, one above the other.
    Colours,
}

/// Red, green, blue.
type Pixel = [u8; 3];

/// The picture, `columns` characters wide and with the frame's proportions; a character is
/// twice as high as wide. None if it is not known what the bytes mean, there are too few, or
/// it would be a tower: eight times as high as wide.
#[must_use]
pub fn picture(frame: &[u8], format: &Format, columns: u32, style: Style) -> Option<String> {
    // Wider numbers than the fields': who sent those may have sent anything.
    let (width, height) = (u64::from(format.width), u64::from(format.height));
    let columns = u64::from(columns).min(width);
    let rows = (columns * height).checked_div(width)? / 2;
    if rows > 4 * columns {
        return None;
    }
    let mut picture = String::new();
    for row in 0..rows {
        for column in 0..columns {
            let at =
                |line| pixel(frame, format, column * width / columns, line * height / (2 * rows));
            let (upper, lower) = (at(2 * row)?, at(2 * row + 1)?);
            match style {
                Style::Plain => picture.push(shade(upper, lower)),
                Style::Colours => {
                    let ([r, g, b], [s, h, c]) = (upper, lower);
                    let colours = write!(picture, "\x1b[38;2;{r};{g};{b};48;2;{s};{h};{c}m▀");
                    colours.expect("a string takes all");
                }
            }
        }
        picture.push_str(match style {
            Style::Plain => "\n",
            Style::Colours => "\x1b[0m\n",
        });
    }
    Some(picture)
}

/// From dark to light.
const SHADES: [char; 10] = [' ', '.', ':', '-', '=', '+', '*', '#', '%', '@'];

fn shade(upper: Pixel, lower: Pixel) -> char {
    // Green is most of what an eye takes for brightness.
    let light = |[r, g, b]: Pixel| (3 * usize::from(r) + 6 * usize::from(g) + usize::from(b)) / 10;
    SHADES[usize::midpoint(light(upper), light(lower)) * SHADES.len() / 256]
}

fn pixel(frame: &[u8], format: &Format, x: u64, y: u64) -> Option<Pixel> {
    let line = frame.get(usize::try_from(y.checked_mul(format.stride.into())?).ok()?..)?;
    let x = usize::try_from(x).ok()?;
    match format.pixels {
        abi::V4L2_PIX_FMT_GREY => line.get(x).map(|&light| [light; 3]),
        abi::V4L2_PIX_FMT_YUYV => {
            // Two pixels in four bytes: a brightness each, and one colour for both.
            let pair = line.get(2 * (x & !1)..)?.first_chunk::<4>()?;
            Some(from_yuv(pair[2 * (x & 1)], pair[1], pair[3]))
        }
        _ => None,
    }
}

/// ITU-R BT.601, brightness from 16 to 235, colours from 16 to 240 around 128; in 256ths.
fn from_yuv(y: u8, u: u8, v: u8) -> Pixel {
    let (y, u, v) = (298 * (i32::from(y) - 16), i32::from(u) - 128, i32::from(v) - 128);
    [y + 409 * v, y - 100 * u - 208 * v, y + 516 * u]
        .map(|colour| u8::try_from(((colour + 128) / 256).clamp(0, 255)).expect("it is clamped"))
}
