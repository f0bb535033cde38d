//! Claim 30: memory that devices share.
//!
//! A video device fills dma-bufs, its driver's own or ours, and another process looks at the
//! frames where the device put them: that is the program `frames`, which is driven here.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use handoff_shm::dmabuf::{Source, View};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::unistd::ftruncate;

use super::ways;
use crate::support::{self, Directory, Mapped, Program, program, udmabuf, until};
use crate::{Expect, Experiment, Report, Stop, Verdict};

/// The video device.
const CAMERA: &str = "/dev/video0";

/// Frames of each capture.
const FRAMES: usize = 6;

pub(super) const EXPERIMENT: Experiment = Experiment {
    name: "dma-buf-devices",
    claim: 30,
    says: "a dma-buf is one buffer that several devices and processes share: one driver exports \
        it, another imports it",
    expect: Expect::True,
    remember: "a dma-buf is a descriptor like a memfd's, but of memory that devices reach, too: \
        pass it once, and a frame is seen where the device put it, never copied",
    run,
    roles: &[],
};

fn run(report: &mut Report) -> Result<Verdict, Stop> {
    let (heap, udmabuf) = (Source::DmaHeap.path(), Source::Udmabuf.path());
    let camera = Path::new(CAMERA);
    let parts: [(&[&Path], Show); 5] = [
        (&[udmabuf], from_a_memfd),
        (&[heap], from_a_heap),
        (&[camera], |report| frames(report, &["export"])),
        (&[camera, heap], |report| frames(report, &["fill", "--from", "heap"])),
        (&[camera, udmabuf], |report| frames(report, &["fill", "--from", "udmabuf"])),
    ];
    let mut reasons = Vec::new();
    for (devices, show) in parts {
        let shown = devices.iter().try_for_each(|device| can_be_used(device));
        match shown.and_then(|()| show(report)) {
            Err(Stop::Skipped(why)) if !reasons.contains(&why) => reasons.push(why),
            Err(Stop::Skipped(_)) => {}
            shown => shown?,
        }
    }
    // Without a part there is no verdict.
    let verdict = report.verdict().map_err(|_| Stop::skipped(reasons.join(", ")))?;
    reasons.iter().for_each(|why| report.not_shown(why));
    Ok(verdict)
}

/// Shows a part of it.
type Show = fn(&mut Report) -> Result<(), Stop>;

fn can_be_used(device: &Path) -> Result<(), Stop> {
    let opened = File::options().read(true).write(true).open(device);
    opened.map(drop).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Stop::skipped(format!("there is no {}", device.display())),
        _ => Stop::skipped(format!("{}: {error}", device.display())),
    })
}

/// The same pages as a memfd and as a dma-buf.
fn from_a_memfd(report: &mut Report) -> Result<(), Stop> {
    let page = support::page_size()?;
    let memfd = ways::memfd()?;
    ftruncate(&memfd.fd, i64::try_from(page)?)?;
    report.does("UDMABUF_CREATE of a memfd that is not sealed:");
    let refused = udmabuf(&memfd.fd, page).err();
    report.saw(format_args!("{refused:?}: its pages could be taken away"));
    report.must(refused == Some(Errno::EINVAL), "a memfd that could shrink is refused")?;

    report.does("fcntl(F_ADD_SEALS, F_SEAL_SHRINK), UDMABUF_CREATE again, and 42 in the memfd:");
    fcntl(&memfd.fd, FcntlArg::F_ADD_SEALS(SealFlag::F_SEAL_SHRINK))?;
    let buffer = udmabuf(&memfd.fd, page)?;
    Mapped::new(&memfd.fd, page)?.store(0, 42);
    let seen = first_byte(buffer)?;
    report.saw(format_args!("the dma-buf has {seen} there"));
    report.part("a sealed memfd's pages are a dma-buf, too", seen == 42);
    Ok(())
}

/// Memory of the kernel's, mapped twice.
fn from_a_heap(report: &mut Report) -> Result<(), Stop> {
    let page = support::page_size()?;
    report.does(format_args!("a page of {}, and 42 in it:", Source::DmaHeap.path().display()));
    let buffer = Source::DmaHeap.allocate(page)?;
    Mapped::new(&buffer, page)?.store(0, 42);
    let seen = first_byte(buffer)?;
    report.saw(format_args!("another mapping of the dma-buf has {seen} there"));
    report.part("a heap's dma-buf is memory to map", seen == 42);
    Ok(())
}

fn first_byte(buffer: OwnedFd) -> Result<u8, Stop> {
    let mut byte = [0];
    View::map(buffer, 1)?.read(&mut byte)?;
    Ok(byte[0])
}

/// `frames` on both sides: what the one had filled, the other must have seen.
fn frames(report: &mut Report, how: &[&str]) -> Result<(), Stop> {
    let Some(path) = program::find("frames") else {
        return Err(Stop::skipped("the program frames is not built beside lab"));
    };
    let directory = Directory::new()?;
    let socket = directory.path().join("socket");
    let at = socket.display().to_string();
    let count = FRAMES.to_string();
    let give = [
        "--size", "320x180", "--rate", "30", "--frames", &count, "--device", CAMERA, "--socket",
        &at,
    ];
    report.does(format_args!("frames {} {}:", how.join(" "), give[..8].join(" ")));
    let mut giver = Program::start(&path, how.iter().chain(&give), b"")?;
    until("frames waits for the other side", || {
        Ok((socket.exists() || !giver.is_alive()?).then_some(()))
    })?;
    let import = ["import", "--columns", "0", "--socket", &at];
    let mut seer = Program::start(&path, import, b"")?;
    seer.wait()?;
    if !giver.wait()?.success() {
        // Other cameras than those this was tried with: busy, or of other abilities.
        return Err(Stop::skipped(giver.complained()?.trim().replace('\n', "; ")));
    }
    seer.wait_well()?;
    let (given, seen) = (lines(&giver)?, lines(&seer)?);
    let sums: HashSet<&str> = seen.iter().filter_map(|line| line.split(" sum ").nth(1)).collect();
    report.saw(seen.first().map_or("nothing", String::as_str));
    report.saw(format_args!("{} frames seen, {} of them different", seen.len(), sums.len()));
    report.must(seen.len() == FRAMES && sums.len() == FRAMES, "all frames come, each a new one")?;
    report.part(
        format_args!("what frames {} has filled, the other process sees", how.join(" ")),
        given == seen,
    );
    Ok(())
}

/// What it printed of each frame.
fn lines(program: &Program) -> Result<Vec<String>, Stop> {
    let printed = String::from_utf8_lossy(&program.printed()?).into_owned();
    Ok(printed.lines().filter(|line| line.starts_with("frame ")).map(String::from).collect())
}
