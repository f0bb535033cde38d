//! Programs run as on an old kernel, or behind an old container's filter.

use crate::binaries;
use crate::program::Program;

/// What the kernel seems to lack, and what it answers instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OldKernel {
    missing: &'static str,
    errno: &'static str,
}

impl OldKernel {
    /// No `futex_waitv`: as before Linux 5.16 (ENOSYS), and as behind a filter older than it.
    pub const WITHOUT_WAITV: [Self; 2] = Self::without("--no-futex-waitv");

    /// No `set_robust_list`: as without CONFIG_FUTEX (ENOSYS), and as in a strict sandbox.
    pub const WITHOUT_ROBUST_LIST: [Self; 2] = Self::without("--no-robust-list");

    const fn without(missing: &'static str) -> [Self; 2] {
        [Self { missing, errno: "ENOSYS" }, Self { missing, errno: "EPERM" }]
    }

    /// Runs a program on it. To be asked for before a change of user.
    #[must_use]
    pub fn run(self, program: Program) -> Program {
        let launcher = binaries::path("oldkernel").into_os_string();
        program.through([launcher]).through([self.missing, "--errno", self.errno, "--"])
    }

    /// Runs a program where the first FUTEX_WAKE across processes is its death, by SIGSYS.
    #[must_use]
    pub fn without_wakes(program: Program) -> Program {
        let launcher = binaries::path("oldkernel").into_os_string();
        program.through([launcher]).through(["--no-futex-wake", "--"])
    }

    /// What a person reads of its answer.
    #[must_use]
    pub fn answer(self) -> &'static str {
        match self.errno {
            "ENOSYS" => "not implemented",
            _ => "not permitted",
        }
    }
}
