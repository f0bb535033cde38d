//! All segments of the IPC namespace, one after the other.
//!
//! The kernel keeps them in a table. SHM_INFO says which row is the last in use, SHM_STAT_ANY
//! what is in a row: to anybody, as `/proc/sysvipc/shm` does. Linux knows it since 4.17. Before,
//! there is SHM_STAT, which tells of a segment only to who may read it; of the others that file
//! tells.

use std::ops::RangeInclusive;

use super::table;
use super::{Error, Segment, Status, calls};

/// How many rows there are, unless the kernel was booted with `ipcmni_extend`: an id is a
/// sequence number times that, plus the row.
const ROWS: i32 = 1 << 15;

/// Every segment, with its status.
///
/// Nothing is stopped meanwhile: a segment that comes or goes may be among them or not.
///
/// ```
/// use handoff_shm::sysv::{Key, Options, segments};
///
/// # fn main() -> Result<(), handoff_shm::sysv::Error> {
/// let ours = Options::new(100).create(Key::PRIVATE)?;
/// let (_, status) = segments()?.find(|(segment, _)| *segment == ours).expect("it is there");
/// assert_eq!(status.size, 100);
/// ours.remove()
/// # }
/// ```
///
/// # Errors
/// [`Error::List`].
#[doc(alias = "SHM_STAT_ANY")]
pub fn segments() -> Result<Segments, Error> {
    let (last, _) = calls::usage().map_err(|source| Error::List { source })?;
    Ok(Segments { rows: 0..=last, answers: Answers::Unknown })
}

/// The status of one segment, also for who may not read it.
pub(super) fn status_of(segment: Segment) -> Result<Option<Status>, Error> {
    if let Ok((id, ds)) = calls::status_in_row(segment.id() % ROWS, true)
        && id == segment.id()
    {
        return Ok(Some(Status::new(id, &ds)));
    }
    Ok(segments()?.find(|(found, _)| *found == segment).map(|(_, status)| status))
}

/// Every segment, with its status: see [`segments`].
#[derive(Debug)]
pub struct Segments {
    rows: RangeInclusive<i32>,
    answers: Answers,
}

/// Which command the kernel knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answers {
    /// An empty row and an unknown command are the same EINVAL.
    Unknown,
    Anybody,
    ReadersAlone,
}

impl Segments {
    fn status(&mut self, row: i32) -> Option<Status> {
        if self.answers != Answers::ReadersAlone
            && let Ok((id, ds)) = calls::status_in_row(row, true)
        {
            self.answers = Answers::Anybody;
            return Some(Status::new(id, &ds));
        }
        if self.answers == Answers::Anybody {
            return None;
        }
        match calls::status_in_row(row, false) {
            Ok((id, ds)) => {
                self.answers = Answers::ReadersAlone;
                Some(Status::new(id, &ds))
            }
            Err(error) if error.raw_os_error() == Some(libc::EACCES) => {
                self.answers = Answers::ReadersAlone;
                table::statuses().into_iter().find(|status| status.id % ROWS == row)
            }
            Err(_) => None,
        }
    }
}

impl Iterator for Segments {
    type Item = (Segment, Status);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let row = self.rows.next()?;
            if let Some(status) = self.status(row) {
                return Some((status.segment(), status));
            }
        }
    }
}
