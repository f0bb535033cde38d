//! Limits, with bars.

use crate::facts::limits::Limits;

use super::table::Table;

const BAR: usize = 20;

/// "[####......] 12 %"; not even one mark means none at all.
fn bar(used: u64, most: u64) -> String {
    if most == 0 {
        return "there are none".into();
    }
    let share = (used as f64 / most as f64).min(1.0);
    let marks = (share * BAR as f64).ceil() as usize;
    let percent = match share * 100.0 {
        0.0 => "0 %".into(),
        tiny if tiny < 1.0 => "< 1 %".into(),
        percent => format!("{percent:.0} %"),
    };
    format!("[{}{}] {percent}", "#".repeat(marks), ".".repeat(BAR - marks))
}

/// All of them.
pub(crate) fn all(limits: &Limits) -> String {
    let used = &limits.used;
    let mut table = Table::headed(&["LIMIT", "USED", "OF AT MOST", "", "SYSCTL"]);
    let mut row = |what: &str, used: u64, most: u64, sysctl: &str| {
        let (now, at_most) = (used.to_string(), most.to_string());
        table.row(vec![what.into(), now, at_most, bar(used, most), sysctl.into()]);
    };
    row("segments", used.segments, limits.max_segments, "kernel.shmmni");
    row("pages of all segments", used.pages, limits.max_pages, "kernel.shmall");
    row("bytes of the largest", used.largest_bytes, limits.max_bytes, "kernel.shmmax");
    if let Some(huge) = &limits.huge_pages {
        row("huge pages", huge.total - huge.free.min(huge.total), huge.total, "vm.nr_hugepages");
    }
    table.lines() + &notes(limits)
}

fn notes(limits: &Limits) -> String {
    let used = &limits.used;
    let memlock = match limits.memlock_bytes {
        Some(bytes) => format!("at most {bytes} bytes for this user's processes (ulimit -l)"),
        None => "as much as there is, for this user's processes (ulimit -l)".into(),
    };
    let forced = match limits.rmid_forced {
        Some(true) => "1: a segment goes with its last detach, as if it were removed",
        Some(false) => "0: a segment stays until it is removed",
        None => "unknown",
    };
    [
        ("pages in memory", format!("{} of {} bytes", used.resident_pages, limits.page_bytes)),
        ("pages swapped out", used.swapped_pages.to_string()),
        ("smallest segment", format!("{} byte; fixed (SHMMIN)", limits.min_bytes)),
        (
            "attachments",
            format!("{} a process, says SHMSEG; nobody counts", limits.max_per_process),
        ),
        ("locked in memory", memlock),
        ("kernel.shm_rmid_forced", forced.into()),
    ]
    .map(|(name, value)| format!("{name:<23} {value}\n"))
    .concat()
}
