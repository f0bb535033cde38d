//! Claim 7: attaching at an address of one's own.

use std::sync::atomic::Ordering::Relaxed;

use handoff_shm::sysv::{Attach, Key, Options, shmlba};
use nix::errno::Errno;

use crate::support::{Guarded, page_size, refusal};
use crate::{Expect, Experiment, Report, Stop, Verdict};

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "own-address",
    claim: 7,
    says: "an address of one's own must be page-aligned, or SHM_RND rounds it down to SHMLBA",
    expect: Expect::True,
    remember: "pass NULL unless you know that nothing is there, in any process: an address of your \
               own gains nothing that an offset does not",
    run,
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let page = page_size()?;
    report.does("find a free address: attach a segment anywhere, and detach it:");
    let segment = Guarded::new(Options::new(page).create(Key::PRIVATE)?);
    let attachment = segment.attach()?;
    let free = attachment.address();
    attachment.detach()?;
    report.saw(format_args!("SHMLBA is {}", shmlba()));

    report.does("attach there, but for 100 bytes:");
    let crooked = segment.attach_with(&Attach::new().at(free + 100));
    let errno = refusal(report, "a crooked address", crooked)?;
    report.part("an address inside a page is EINVAL", errno == Errno::EINVAL);
    report.does("the same with SHM_RND:");
    let mut rounded = segment.attach_with(&Attach::new().at(free + 100).round(true))?;
    report.part("SHM_RND rounds it down", rounded.address() == free);

    report.does("another segment, at the address where this one is:");
    rounded.store_u32(0, 1, Relaxed);
    let other = Guarded::new(Options::new(page).create(Key::PRIVATE)?);
    let occupied = other.attach_with(&Attach::new().at(free));
    let errno = refusal(report, "an address in use", occupied)?;
    report.part("an address in use is EINVAL", errno == Errno::EINVAL);

    report.does("the same with SHM_REMAP (the wrapper attaches it elsewhere first, to know how large it is):");
    let before = rounded.load_u32(0, Relaxed);
    rounded.replace(&other, &Attach::new())?;
    let after = rounded.load_u32(0, Relaxed);
    report.saw(format_args!(
        "at {:#x} there was {before}, and now there is {after}",
        rounded.address()
    ));
    let counts = [segment.status()?.attachments, other.status()?.attachments];
    report.saw(format_args!("attached {} times the one, {} times the other", counts[0], counts[1]));
    let replaces = rounded.address() == free && (before, after) == (1, 0) && counts == [0, 1];
    report.part("SHM_REMAP replaces what is there", replaces);
    report.verdict()
}
