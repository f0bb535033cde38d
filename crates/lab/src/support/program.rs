//! Another program that an experiment drives: one of the C pair, `writer`, `reader`.
//!
//! What goes in and what comes out lies in files without a name: nobody is ever blocked by
//! a full pipe, and what was printed can be looked at while the program runs.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::errno::Errno;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, getpid, getppid};

use super::{memfd, until};
use crate::Stop;

/// A started program; ended when this is dropped.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    out: File,
    errors: File,
}

impl Program {
    /// Starts it with this input, and then its end. It dies with this process.
    ///
    /// # Errors
    /// What fork(2) and execve(2) say.
    pub fn start<S: AsRef<OsStr>>(
        path: &Path,
        args: impl IntoIterator<Item = S>,
        input: &[u8],
    ) -> Result<Self, Stop> {
        let (out, errors, mut stdin) = (nameless()?, nameless()?, nameless()?);
        stdin.write_all(input)?;
        stdin.seek(SeekFrom::Start(0))?;
        let mut command = Command::new(path);
        command.args(args).env_remove("RUST_LOG").stdin(stdin);
        command.stdout(Stdio::from(out.try_clone()?)).stderr(Stdio::from(errors.try_clone()?));
        let us = getpid();
        let die_with_us = move || {
            set_pdeathsig(Signal::SIGTERM)?;
            // We may have died before that, and then nobody would fulfil the wish.
            if getppid() == us { Ok(()) } else { Err(Errno::ESRCH.into()) }
        };
        // SAFETY: between fork and exec it makes two system calls, and allocates nothing.
        unsafe { command.pre_exec(die_with_us) };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let child = command.spawn()?;
        Ok(Self { name, child, out, errors })
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn printed(&self) -> Result<Vec<u8>, Stop> {
        whole(&self.out)
    }

    /// The same for its stderr.
    ///
    /// # Errors
    /// What read(2) says.
    pub fn complained(&self) -> Result<String, Stop> {
        Ok(String::from_utf8_lossy(&whole(&self.errors)?).into_owned())
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// What waitpid(2) says.
    pub fn is_alive(&mut self) -> Result<bool, Stop> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// The CPU time it has used so far, in clock ticks.
    ///
    /// # Errors
    /// It is gone.
    pub fn ticks(&self) -> Result<u64, Stop> {
        ticks(self.pid())
    }

    /// How often it has gone to sleep so far: its voluntary context switches.
    ///
    /// # Errors
    /// It is gone.
    pub fn sleeps(&self) -> Result<u64, Stop> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        Ok(count.unwrap_or_default().trim().parse()?)
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// [`Stop::Failed`] when that takes too long.
    pub fn wait(&mut self) -> Result<ExitStatus, Stop> {
        until(&format!("{} has ended", self.name), || Ok(self.child.try_wait()?))
    }

    /// Waits until it has ended well.
    ///
    /// # Errors
    /// The same, and [`Stop::Failed`] with what it complained of when it has failed.
    pub fn wait_well(&mut self) -> Result<(), Stop> {
        let status = self.wait()?;
        match status.success() {
            true => Ok(()),
            false => {
                let said = self.complained()?;
                Err(Stop::failed(format!("{}: {status}: {said}", self.name)))
            }
        }
    }

    /// Sends it a signal; one that has ended already is fine.
    ///
    /// # Errors
    /// What kill(2) says.
    pub fn signal(&mut self, signal: Signal) -> Result<(), Stop> {
        if self.is_alive()? {
            kill(Pid::from_raw(self.pid().cast_signed()), signal)?;
        }
        Ok(())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Not SIGKILL at once: `bench` has things to tidy up.
        let asked = self.signal(Signal::SIGTERM);
        if asked.and_then(|()| self.wait()).is_err() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Where a program of this project is: in `HANDOFF_BIN_DIR` if that is set, else beside
/// this program. None if it is not built.
#[must_use]
pub fn find(name: &str) -> Option<PathBuf> {
    let beside = || Some(env::current_exe().ok()?.parent()?.to_owned());
    let directory = env::var_os("HANDOFF_BIN_DIR").map(PathBuf::from).or_else(beside)?;
    Some(directory.join(name)).filter(|path| path.is_file())
}

/// CPU time of a process in clock ticks, in user mode and in the kernel.
///
/// # Errors
/// It is gone.
fn ticks(pid: u32) -> Result<u64, Stop> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name in parentheses may contain blanks. Fields 14 and 15 are counted from 3 behind it.
    let rest = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let field = |at: usize| fields.get(at).and_then(|text| text.parse::<u64>().ok());
    field(11)
        .zip(field(12))
        .map(|(user, system)| user + system)
        .ok_or_else(|| Stop::failed(format!("process {pid} has no ticks: {stat}")))
}

fn nameless() -> Result<File, Stop> {
    Ok(File::from(memfd()?))
}

/// All that is in a file, wherever others stand in it.
fn whole(file: &File) -> Result<Vec<u8>, Stop> {
    let length = usize::try_from(file.metadata()?.len())?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(bytes)
}
