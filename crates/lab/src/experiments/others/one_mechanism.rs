//! Claim 26: what is underneath shmat and mmap.

use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::TimeValLike;

use super::ways::{self, Way};
use crate::support::{self, Spread, conditions, mapping_at, unseen};
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// Pages that are touched, one byte each.
const PAGES: usize = 1024;

/// Rounds; each way comes in every round, so that drift hits all alike.
const ROUNDS: usize = 11;

/// Faults that have nothing to do with the memory: of the stack, of the heap.
const OTHERS: i64 = 16;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "one-mechanism",
    claim: 26,
    says: "shmat and mmap are one mechanism underneath",
    expect: Expect::True,
    remember: "a System V segment, a POSIX object and a memfd are all files of a tmpfs, mapped: \
        a page appears at its first touch, by a fault that costs the same in all of them",
    run: |report| unseen(|| run(report)),
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let page = support::page_size()?;
    are_files(report, page)?;
    cost_the_same(report, page)?;
    report.verdict()
}

fn are_files(report: &mut Report, page: usize) -> Result<(), Stop> {
    let mut are_files = true;
    for way in Way::ALL {
        let memory = way.make(page)?;
        report.does(format_args!("{}; /proc/self/maps:", way.calls()));
        let mapping = mapping_at(memory.address())?;
        report.saw(mapping.line());
        are_files &= mapping.permissions.ends_with('s') && mapping.name.contains(expected(way));
    }
    report.part("each of them is a file that is mapped shared", are_files);
    Ok(())
}

fn cost_the_same(report: &mut Report, page: usize) -> Result<(), Stop> {
    let place = ways::place_for_files();
    let kind = ways::file_system(&place)?;
    report.does(format_args!(
        "the first touch of {PAGES} pages, {ROUNDS} rounds (the file: {kind}, {}):",
        place.display()
    ));
    let mut all = Way::ALL.map(|way| (way, Vec::new()));
    for _ in 0..ROUNDS {
        for (way, rounds) in &mut all {
            rounds.push(touch(*way, page)?);
        }
    }
    report.saw(conditions());
    let mut alike = true;
    let sysv = Spread::of(all[0].1.iter().map(|touch| touch.nanos).collect()).median;
    for (way, rounds) in &all {
        let faults = Spread::of(rounds.iter().map(|touch| touch.faults as f64).collect());
        let major = Spread::of(rounds.iter().map(|touch| touch.major as f64).collect());
        let nanos = Spread::of(rounds.iter().map(|touch| touch.nanos).collect());
        report.saw(format_args!(
            "{:30} {:.0} minor and {:.0} major faults, {nanos:.0} ns a page, {:.2} times System V",
            way.calls(),
            faults.median,
            major.median,
            nanos.median / sysv
        ));
        let each_page = (PAGES as i64..PAGES as i64 + OTHERS).contains(&(faults.median as i64));
        alike &= each_page || *way == Way::File;
    }
    report.part("in System V, POSIX and memfd each page takes one minor fault", alike);
    Ok(())
}

/// What /proc/self/maps has to say.
fn expected(way: Way) -> &'static str {
    match way {
        Way::Sysv => "/SYSV",
        Way::Posix => "/dev/shm/handoff-",
        Way::Memfd => "/memfd:lab",
        Way::File => "handoff-",
    }
}

/// What the first touch of all pages cost.
struct Touch {
    faults: i64,
    major: i64,
    /// Of the processor, for a page: waiting for the processor is nobody's fault here.
    nanos: f64,
}

fn touch(way: Way, page: usize) -> Result<Touch, Stop> {
    let memory = way.make(PAGES * page)?;
    let before = getrusage(UsageWho::RUSAGE_SELF)?;
    for number in 0..PAGES {
        memory.store(number * page, 1);
    }
    let after = getrusage(UsageWho::RUSAGE_SELF)?;
    let time = |usage: &Usage| usage.user_time() + usage.system_time();
    let nanos = (time(&after) - time(&before)).num_nanoseconds() as f64 / PAGES as f64;
    Ok(Touch {
        faults: after.minor_page_faults() - before.minor_page_faults(),
        major: after.major_page_faults() - before.major_page_faults(),
        nanos,
    })
}
