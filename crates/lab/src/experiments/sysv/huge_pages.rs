//! Claim 16: SHM_HUGETLB and SHM_NORESERVE.

use std::sync::atomic::Ordering::Relaxed;

use handoff_shm::sysv::{self, HugePages, Key, Options};
use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};

use crate::support::{
    Changed, Guarded, NOBODY, Peer, is_root, mapping_at, page_size, refusal, say, setting, unseen,
};
use crate::{Expect, Experiment, Report, Stop, Verdict};

const NAME: &str = "huge-pages";
const POOR: &str = "poor";
const SIZE: usize = 2 << 20;
const POOL: &str = "/sys/kernel/mm/hugepages/hugepages-2048kB";

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: NAME,
    claim: 16,
    says: "SHM_HUGETLB takes large pages, and SHM_NORESERVE sets nothing aside",
    expect: Expect::True,
    remember: "huge pages are there only if somebody has set them aside (vm.nr_hugepages): the \
               call fails with ENOMEM if not, so be ready to do without",
    run,
    roles: &[(POOR, poor)],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    reserve(report)?;
    let count =
        |what: &str| -> Result<u64, Stop> { Ok(setting(format!("{POOL}/{what}"))?.parse()?) };
    let (all, free) = match (count("nr_hugepages"), count("free_hugepages")) {
        (Ok(all), Ok(free)) => (all, free),
        _ => return Err(Stop::skipped("this kernel has no huge pages of 2 MiB")),
    };
    report.does(format_args!("huge pages of 2 MiB: there are {all}, of which {free} are free"));
    report.does("ask for a thousand more than are free:");
    let most = usize::try_from(free)? + 1000;
    let errno = refusal(report, "more than there are", huge(most * SIZE))?;
    report.part("without enough of them it is ENOMEM", errno == Errno::ENOMEM);
    // Put back when this function ends.
    let _more = (free == 0).then(|| more(report, all)).transpose()?;

    report.does("a segment of one, attached:");
    let segment = huge(SIZE).map_err(|error| {
        let meaning = error.meaning();
        Stop::skipped(format!("no huge page to be had here: {error}: {meaning}"))
    })?;
    let attachment = segment.attach()?;
    attachment.store_u8(0, 1, Relaxed);
    let mapping = mapping_at(attachment.address())?;
    let page = mapping.kilobytes("KernelPageSize").unwrap_or(0);
    report.saw(mapping.line());
    report.saw(format_args!("/proc/self/smaps: KernelPageSize is {page} kB"));
    report.part("SHM_HUGETLB with SHM_HUGE_2MB takes pages of 2 MiB", page == 2048);
    denied(report)?;
    report.verdict()
}

fn huge(size: usize) -> Result<Guarded, sysv::Error> {
    Options::new(size).huge(HugePages::MB_2).create(Key::PRIVATE).map(Guarded::new)
}

/// Has the kernel set one more aside, for as long as the result lives.
fn more(report: &mut Report, all: u64) -> Result<Changed, Stop> {
    let path = format!("{POOL}/nr_hugepages");
    report.does(format_args!("have the kernel set {} aside, until we are done:", all + 1));
    let changed = Changed::new(&path, &(all + 1).to_string())?;
    let now = setting(&path)?;
    report.saw(format_args!("{path} is {now}"));
    Ok(changed)
}

fn denied(report: &mut Report) -> Result<(), Stop> {
    report.does("a user who may lock no memory asks for one:");
    let mut peer = match is_root() {
        true => Peer::start_as(NOBODY, NAME, POOR, &[])?,
        false => Peer::start(NAME, POOR, &[])?,
    };
    let said = peer.hears()?;
    peer.end_well()?;
    report.saw(&said);
    report.part("it takes a right: else it is EPERM", said == Errno::EPERM.to_string());
    Ok(())
}

fn poor(_: &[String]) -> Result<(), Stop> {
    setrlimit(Resource::RLIMIT_MEMLOCK, 0, 0)?;
    match huge(SIZE) {
        Ok(_) => say("allowed"),
        Err(error) => say(Errno::from_raw(error.errno())),
    }
    Ok(())
}

/// A segment larger than the machine, of which nothing is ever touched.
fn reserve(report: &mut Report) -> Result<(), Stop> {
    let (machine, limits) = (machine()?, unseen(sysv::limits)?);
    let size = 2 * machine;
    let policy = setting("/proc/sys/vm/overcommit_memory")?;
    if policy != "0" {
        report.not_shown(format_args!("SHM_NORESERVE, as vm.overcommit_memory is {policy}, not 0"));
        return Ok(());
    }
    if limits.max_bytes < size as u64 || limits.max_pages < (size / page_size()?) as u64 {
        report.not_shown("SHM_NORESERVE, as kernel.shmmax or kernel.shmall is too small");
        return Ok(());
    }
    report.does(format_args!("memory and swap are {machine} bytes; ask for twice as many:"));
    let options = Options::new(size);
    let plain = options.create(Key::PRIVATE).map(Guarded::new);
    let errno = refusal(report, "more than there is", plain)?;
    report.does("the same with SHM_NORESERVE:");
    let segment = Guarded::new(options.no_reserve(true).create(Key::PRIVATE)?);
    report.saw(format_args!("segment {} of {} bytes", segment.id(), segment.status()?.size));
    let refused = errno == Errno::ENOMEM;
    report.part("SHM_NORESERVE sets nothing aside, where else it is ENOMEM", refused);
    Ok(())
}

/// Bytes of memory and swap.
fn machine() -> Result<usize, Stop> {
    let meminfo = setting("/proc/meminfo")?;
    let kilobytes = |name: &str| -> Option<usize> {
        let value = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        value.strip_suffix("kB")?.trim().parse().ok()
    };
    let both = kilobytes("MemTotal:").zip(kilobytes("SwapTotal:"));
    both.map(|(memory, swap)| (memory + swap) << 10)
        .ok_or_else(|| Stop::failed("/proc/meminfo does not say how much memory there is"))
}
