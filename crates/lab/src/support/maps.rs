//! /proc/self/maps and smaps: which memory is where, and what is known of it.
//! See proc_pid_maps(5) and proc_pid_smaps(5).

use std::fs;
use std::ops::Range;

use crate::Stop;

/// One line of maps: a range of addresses and what is mapped there.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// Its addresses.
    pub addresses: Range<usize>,
    /// As `rw-s`: read, write, execute, and shared or private.
    pub permissions: String,
    /// What is mapped, as the kernel calls it (`[heap]`, `/SYSV7e000001 (deleted)`, a path);
    /// empty for memory without a name.
    pub name: String,
    /// Its lines in smaps, name and value: `KernelPageSize`, `4 kB`.
    pub details: Vec<(String, String)>,
}

impl Mapping {
    /// A value of smaps that is a number of kB.
    #[must_use]
    pub fn kilobytes(&self, name: &str) -> Option<usize> {
        let (_, value) = self.details.iter().find(|(known, _)| known == name)?;
        value.strip_suffix(" kB")?.trim().parse().ok()
    }

    /// As in maps, but for what says nothing to people.
    #[must_use]
    pub fn line(&self) -> String {
        let Range { start, end } = self.addresses;
        format!("{start:012x}-{end:012x} {} {}", self.permissions, self.name)
    }
}

/// All of this process's memory, by address.
///
/// # Errors
/// What open(2) and read(2) say.
pub fn mappings() -> Result<Vec<Mapping>, Stop> {
    let mut mappings: Vec<Mapping> = Vec::new();
    for line in fs::read_to_string("/proc/self/smaps")?.lines() {
        if let Some(mapping) = head(line) {
            mappings.push(mapping);
        } else if let (Some(last), Some((name, value))) =
            (mappings.last_mut(), line.split_once(':'))
        {
            last.details.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    Ok(mappings)
}

/// The one that this address lies in.
///
/// # Errors
/// [`Stop::Failed`] if nothing is mapped there.
pub fn mapping_at(address: usize) -> Result<Mapping, Stop> {
    let found = mappings()?.into_iter().find(|mapping| mapping.addresses.contains(&address));
    found.ok_or_else(|| Stop::failed(format!("nothing is mapped at {address:#x}")))
}

/// A line of smaps that is also one of maps.
fn head(line: &str) -> Option<Mapping> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let address = |hex| usize::from_str_radix(hex, 16).ok();
    let addresses = address(start)?..address(end)?;
    // Permissions, offset, device, inode; then the name, which may contain spaces.
    let mut fields = rest.splitn(5, ' ');
    let permissions = fields.next()?.to_owned();
    let name = fields.nth(3).unwrap_or_default().trim().to_owned();
    Some(Mapping { addresses, permissions, name, details: Vec::new() })
}
