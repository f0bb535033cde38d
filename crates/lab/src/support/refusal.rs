//! Calls that have to fail.

use std::fmt::Display;

use handoff_shm::sysv;
use nix::errno::Errno;

use super::unseen;
use crate::{Report, Stop};

/// The errno of a call that fails, and says what it means in this call.
///
/// # Errors
/// [`Stop::Failed`] if it succeeds: then `what` was not refused.
pub fn refusal<T>(
    report: &mut Report,
    what: impl Display,
    result: Result<T, sysv::Error>,
) -> Result<Errno, Stop> {
    let Err(error) = result else {
        return Err(Stop::failed(format!("{what} was not refused")));
    };
    let errno = Errno::from_raw(error.errno());
    // To say so, it may ask the kernel more.
    let meaning = unseen(|| error.meaning().to_string());
    report.saw(format_args!("{errno:?}: {meaning}"));
    Ok(errno)
}
