//! What the programs cost while there is nothing to hand over.

use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use nix::unistd::{SysconfVar, sysconf};
use serde::{Deserialize, Serialize};

use crate::conductor::Tools;
use crate::pin;
use crate::procfs::{Used, is_asleep, used};
use crate::side::Failure;
use crate::watch::Running;

/// Every way of waiting, as on the command line.
const WAITS: [&str; 3] = ["futex", "sleep", "spin"];

/// One way of waiting, both programs idle for a while.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Idle {
    /// `--wait`.
    pub(crate) wait: String,
    pub(crate) seconds: u64,
    /// CPU clock ticks in a second.
    pub(crate) ticks_per_second: u64,
    pub(crate) writer: Cost,
    pub(crate) reader: Cost,
}

/// What one program cost.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Cost {
    pub(crate) switches: u64,
    pub(crate) ticks: u64,
}

impl Cost {
    fn between(before: Used, after: Used) -> Self {
        Self { switches: after.switches - before.switches, ticks: after.ticks - before.ticks }
    }
}

/// Both programs with a line handed over, and then nothing, for each way of waiting.
///
/// # Errors
/// A program fails; the line does not come.
pub(crate) fn measure(tools: &Tools, seconds: u64) -> Result<Vec<Idle>, Failure> {
    WAITS
        .iter()
        .map(|wait| {
            tools.bar.set_message(format!("{seconds} s of nothing, --wait {wait}"));
            let idle = one(tools, wait, seconds);
            tools.stage.sweep()?;
            idle
        })
        .collect()
}

fn one(tools: &Tools, wait: &str, seconds: u64) -> Result<Idle, Failure> {
    let mut running = Running::default();
    let (mut typed, mut shown) = start(tools, wait, &mut running)?;
    let line = b"nothing follows\n";
    typed.write_all(line)?;
    let mut came = vec![0; line.len()];
    shown.read_exact(&mut came)?;
    if came != line {
        return Err("the reader shows something else".into());
    }
    let [reader, writer] = [0, 1].map(|at| running.0[at].id());
    // The line is printed, but not yet acknowledged: until both are asleep, they have
    // something to do. Who spins, never sleeps.
    while wait != "spin" && !(is_asleep(writer)? && is_asleep(reader)?) {
        tools.watch.pass(Duration::from_millis(10))?;
    }
    let before = (used(writer)?, used(reader)?);
    tools.watch.pass(Duration::from_secs(seconds))?;
    let after = (used(writer)?, used(reader)?);
    drop(typed);
    tools.watch.wait_well(&mut running)?;
    Ok(Idle {
        wait: wait.into(),
        seconds,
        ticks_per_second: sysconf(SysconfVar::CLK_TCK)?.unwrap_or(100) as u64,
        writer: Cost::between(before.0, after.0),
        reader: Cost::between(before.1, after.1),
    })
}

/// Starts the reader, then the writer, each on its core: where to type, and what is shown.
fn start(
    tools: &Tools,
    wait: &str,
    running: &mut Running,
) -> Result<(PipeWriter, PipeReader), Failure> {
    let ((stdin, typed), (shown, stdout)) = (io::pipe()?, io::pipe()?);
    let key = tools.stage.scene.key(8).to_string();
    let command = |name| {
        let mut command = Command::new(tools.programs.join(name));
        command.args(["-q", "-k", &key, "--wait", wait]);
        command
    };
    pin::to(&[tools.cores[1]])?;
    running.start(command("reader").stdin(Stdio::null()).stdout(stdout))?;
    pin::to(&[tools.cores[0]])?;
    running.start(command("writer").stdin(stdin).stdout(Stdio::null()))?;
    pin::to(&tools.cores)?;
    Ok((typed, shown))
}
