//! Claim 14: SHM_LOCK and SHM_UNLOCK.

use std::sync::atomic::Ordering::Relaxed;

use handoff_shm::sysv::{Attachment, Key, Options};
use nix::errno::Errno;
use nix::sys::mman::{MlockAllFlags, mlockall};
use nix::sys::resource::{Resource, setrlimit};

use crate::support::{Guarded, NOBODY, Peer, is_root, mapping_at, page_size, say, unevictable};
use crate::{Expect, Experiment, Report, Stop, Verdict};

const NAME: &str = "lock";
const POOR: &str = "poor";
/// Enough that the last few pages do not count.
const SIZE: usize = 8 << 20;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: NAME,
    claim: 14,
    says: "SHM_LOCK has the segment in memory and keeps it there, as mlock does",
    expect: Expect::Partly,
    remember: "SHM_LOCK keeps what you touch from being swapped out, but touches nothing, and \
               belongs to the segment: smaps does not show it, SHM_LOCKED in its mode does",
    run,
    roles: &[(POOR, poor)],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    // A plain user's RLIMIT_MEMLOCK allows at least this much.
    let size = if is_root() { SIZE } else { 2 * page_size()? };
    report.does(format_args!("make a segment of {size} bytes, attach and lock it:"));
    let segment = Guarded::new(Options::new(size).create(Key::PRIVATE)?);
    let attachment = segment.attach()?;
    segment
        .lock()
        .map_err(|error| Stop::skipped(format!("this user may lock nothing: {error}")))?;
    let locked = segment.status()?.is_locked;
    report.saw(format_args!("SHM_LOCKED is set: {locked}"));
    report.part("the kernel knows that it is locked", locked);
    let here = resident(report, &attachment)? == size >> 10;
    report.part("its pages are in memory now", here);

    report.does("store a byte in each page:");
    (0..size).step_by(page_size()?).for_each(|offset| attachment.store_u8(offset, 1, Relaxed));
    let here = resident(report, &attachment)? == size >> 10;
    report.must(here, "what is touched is in memory")?;
    stays(report, &attachment)?;
    beside_mlock(report, &attachment)?;

    report.does("unlock it:");
    segment.unlock()?;
    let locked = segment.status()?.is_locked;
    report.saw(format_args!("SHM_LOCKED is set: {locked}"));
    report.part("SHM_UNLOCK ends it", !locked);
    errors(report)?;
    report.verdict()
}

/// Whether what is in memory stays there.
fn stays(report: &mut Report, attachment: &Attachment) -> Result<(), Stop> {
    let page = page_size()?;
    let (start, pages) = (attachment.address(), attachment.len() / page);
    match unevictable((0..pages).map(|index| start + index * page), page) {
        Ok(count) => {
            report.saw(format_args!("/proc/kpageflags: {count} of {pages} are UNEVICTABLE"));
            // The kernel sorts pages in lots: the last few are still waiting.
            report.part("what is touched then stays", count > pages / 2);
        }
        Err(error) => {
            report.not_shown(format_args!("what is touched stays (/proc/kpageflags: {error})"));
        }
    }
    Ok(())
}

fn beside_mlock(report: &mut Report, attachment: &Attachment) -> Result<(), Stop> {
    let locked = || -> Result<usize, Stop> {
        Ok(mapping_at(attachment.address())?.kilobytes("Locked").unwrap_or(0))
    };
    let by_segment = locked()?;
    report.saw(format_args!("/proc/self/smaps: Locked is {by_segment} kB"));
    report.part("smaps shows it as Locked", by_segment > 0);
    report.does("a child, which has it attached, too, calls mlockall(2):");
    let mut child = Peer::fork(|| {
        match mlockall(MlockAllFlags::MCL_CURRENT) {
            Ok(()) => say(locked()?),
            Err(error) => say(error),
        }
        Ok(())
    })?;
    let said = child.hears()?;
    child.end_well()?;
    match said.parse::<usize>() {
        Ok(by_mapping) => {
            report.saw(format_args!(
                "its /proc/self/smaps: Locked is {by_mapping} kB, its half of them"
            ));
            report.must(by_mapping > 0, "smaps shows what mlockall locks")?;
        }
        Err(_) => report.not_shown(format_args!("what smaps says of mlockall ({said})")),
    }
    Ok(())
}

/// Kilobytes of it that are in memory.
fn resident(report: &mut Report, attachment: &Attachment) -> Result<usize, Stop> {
    let resident = mapping_at(attachment.address())?.kilobytes("Rss").unwrap_or(0);
    report
        .saw(format_args!("/proc/self/smaps: Rss is {resident} kB of {}", attachment.len() >> 10));
    Ok(resident)
}

fn errors(report: &mut Report) -> Result<(), Stop> {
    report.does("a user without rights, with RLIMIT_MEMLOCK of one page, locks two; then with 0:");
    let mut peer = match is_root() {
        true => Peer::start_as(NOBODY, NAME, POOR, &[])?,
        false => Peer::start(NAME, POOR, &[])?,
    };
    let (one, none) = (peer.hears()?, peer.hears()?);
    peer.end_well()?;
    report.saw(format_args!("{one}; {none}"));
    let expected = [Errno::ENOMEM.to_string(), Errno::EPERM.to_string()];
    report.part("RLIMIT_MEMLOCK is its limit, for a plain user", [one, none] == expected);
    Ok(())
}

fn poor(_: &[String]) -> Result<(), Stop> {
    let page = page_size()?;
    let segment = Guarded::new(Options::new(2 * page).create(Key::PRIVATE)?);
    for limit in [page as u64, 0] {
        setrlimit(Resource::RLIMIT_MEMLOCK, limit, limit)?;
        match segment.lock() {
            Ok(()) => say("locked"),
            Err(error) => say(Errno::from_raw(error.errno())),
        }
    }
    Ok(())
}
