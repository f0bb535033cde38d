//! What /proc tells of a process: proc_pid_status(5), proc_pid_stat(5).

use std::fs;
use std::io;

/// What a process has used so far, all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Used {
    /// Context switches, of its own will or not.
    pub(crate) switches: u64,
    /// CPU clock ticks, in user mode and in the kernel.
    pub(crate) ticks: u64,
}

/// What process `pid` has used so far.
///
/// # Errors
/// There is no such process.
pub(crate) fn used(pid: u32) -> io::Result<Used> {
    let mut used = Used::default();
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let path = thread?.path();
        let status = fs::read_to_string(path.join("status"))?;
        used.switches += field(&status, "voluntary_ctxt_switches:")?;
        used.switches += field(&status, "nonvoluntary_ctxt_switches:")?;
        let stat = stat(fs::read_to_string(path.join("stat"))?)?;
        // Fields 14 and 15, of which the third is the first behind the name.
        for at in [11, 12] {
            used.ticks += stat.get(at).and_then(|ticks| ticks.parse().ok()).unwrap_or(0);
        }
    }
    Ok(used)
}

/// Whether every thread of process `pid` is asleep.
///
/// # Errors
/// There is no such process.
pub(crate) fn is_asleep(pid: u32) -> io::Result<bool> {
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let stat = stat(fs::read_to_string(thread?.path().join("stat"))?)?;
        if stat.first().is_none_or(|state| state != "S") {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The most memory that process `pid` ever had resident, in bytes: VmHWM.
///
/// # Errors
/// There is no such process.
pub(crate) fn most_resident(pid: u32) -> io::Result<u64> {
    field(&fs::read_to_string(format!("/proc/{pid}/status"))?, "VmHWM:").map(|kib| kib * 1024)
}

/// The fields of a stat file behind the name, which may hold anything.
fn stat(text: String) -> io::Result<Vec<String>> {
    let (_, behind) = text.rsplit_once(')').ok_or(io::ErrorKind::InvalidData)?;
    Ok(behind.split_whitespace().map(String::from).collect())
}

/// The number of a line of a status file.
fn field(status: &str, name: &str) -> io::Result<u64> {
    status
        .lines()
        .find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("no {name}")))
}
