//! What is mapped where in this process: `/proc/self/maps`, see proc(5).

use std::io;
use std::ops::Range;

/// The addresses of the mapping that begins at `address`, as a number of bytes.
pub(super) fn size_at(address: usize) -> io::Result<usize> {
    let maps = read()?;
    let mut ranges = maps.lines().filter_map(range);
    let found = ranges.find(|range| range.start == address);
    found.map(|range| range.len()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// The main thread's stack. It grows downwards by itself.
pub(super) fn stack() -> io::Result<Range<usize>> {
    let maps = read()?;
    let line = maps.lines().find(|line| line.ends_with("[stack]"));
    line.and_then(range).ok_or_else(|| io::ErrorKind::NotFound.into())
}

fn read() -> io::Result<String> {
    // Paths need not be UTF-8.
    std::fs::read("/proc/self/maps").map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn range(line: &str) -> Option<Range<usize>> {
    let (start, end) = line.split_once(' ')?.0.split_once('-')?;
    let number = |hex| usize::from_str_radix(hex, 16).ok();
    Some(number(start)?..number(end)?)
}
