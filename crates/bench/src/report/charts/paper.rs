//! Size, fonts and colours, which all charts share.

use plotters::style::RGBColor;

use crate::row::Group;

pub(super) const WIDTH: u32 = 960;
pub(super) const MARGIN: i32 = 24;
/// Room for the title and the line below it.
pub(super) const HEAD: i32 = 76;

pub(super) const FONT: &str = "sans-serif";
pub(super) const TITLE: i32 = 22;
pub(super) const TEXT: i32 = 14;

pub(super) const INK: RGBColor = RGBColor(0x22, 0x2b, 0x38);
pub(super) const FAINT: RGBColor = RGBColor(0x6b, 0x76, 0x85);
pub(super) const GRID: RGBColor = RGBColor(0xe4, 0xe8, 0xee);
pub(super) const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);

/// A group's colour: told apart by those who see no red or green, too.
pub(super) fn colour(group: Group) -> RGBColor {
    match group {
        Group::Limit => RGBColor(0x9a, 0xa5, 0xb1),
        Group::Ours => RGBColor(0xd5, 0x5e, 0x00),
        Group::Kernel => RGBColor(0x00, 0x72, 0xb2),
        Group::Library => RGBColor(0x00, 0x9e, 0x73),
    }
}

/// A shade of it, for the `n`th of several curves of a group.
pub(super) fn shade(group: Group, n: usize) -> RGBColor {
    let part = [1.0, 0.62, 0.4, 0.8, 0.5][n % 5];
    let RGBColor(red, green, blue) = colour(group);
    let lighter = |of: u8| (255.0 - f64::from(255 - of) * part) as u8;
    RGBColor(lighter(red), lighter(green), lighter(blue))
}

/// What a group is called beside its colour.
pub(super) const LEGEND: [(Group, &str); 4] = [
    (Group::Limit, "limit"),
    (Group::Ours, "this project"),
    (Group::Kernel, "the kernel's"),
    (Group::Library, "libraries"),
];
