//! What the process of an experiment tells the one that started it, beside what it prints.
//!
//! Both go through the one pipe that is its stdout, so they keep their order. A line of
//! tidings begins with a byte that no experiment prints.

use std::io::{self, Write};
use std::process;

/// The first byte of a line that is not for people: SOH.
const MARK: char = '\u{1}';

/// One of these tidings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tidings {
    /// It has made a segment: the id, and the process. If that is killed, somebody else has
    /// to remove it.
    Segment {
        /// Its identifier, as shmget returns it.
        id: i32,
        /// The process that made it.
        by: u32,
    },
    /// It changes a setting of the kernel. If it is killed, somebody else has to put it back.
    Setting {
        /// The file.
        path: String,
        /// What was in it.
        before: String,
    },
    /// It has made this directory. If it is killed, somebody else has to remove it.
    Directory(String),
    /// It has made, or is about to make, this file. The same.
    File(String),
    /// A peer has made this call.
    Call(String),
    /// The verdict that was expected.
    Verdict(String),
    /// Another one.
    Otherwise(String),
    /// It cannot be shown here: why.
    Skipped(String),
    /// It went wrong: how.
    Failed(String),
}

impl Tidings {
    /// This process has made this segment.
    #[must_use]
    pub fn segment(id: i32) -> Self {
        Self::Segment { id, by: process::id() }
    }

    /// Whether it is how the experiment ended.
    #[must_use]
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Verdict(_) | Self::Otherwise(_) | Self::Skipped(_) | Self::Failed(_))
    }

    /// Tells it, if anybody is there to be told.
    pub fn send(&self) {
        let _ = writeln!(io::stdout(), "{}", self.to_line());
    }

    /// The line that tells it, without its end.
    #[must_use]
    pub fn to_line(&self) -> String {
        let (word, rest) = match self {
            Self::Segment { id, by } => ("segment", format!("{id} {by}")),
            Self::Setting { path, before } => ("setting", format!("{path} {before}")),
            Self::Directory(path) => ("directory", path.clone()),
            Self::File(path) => ("file", path.clone()),
            Self::Call(call) => ("call", call.clone()),
            Self::Verdict(verdict) => ("verdict", verdict.clone()),
            Self::Otherwise(verdict) => ("otherwise", verdict.clone()),
            Self::Skipped(why) => ("skipped", why.clone()),
            Self::Failed(how) => ("failed", how.clone()),
        };
        // A line it is, whatever an error message says.
        let rest = rest.replace('\n', " ");
        format!("{MARK}{word} {rest}")
    }

    /// What a line tells; none if it is for people.
    #[must_use]
    pub fn from_line(line: &str) -> Option<Self> {
        let (word, rest) = line.trim_end_matches('\n').strip_prefix(MARK)?.split_once(' ')?;
        match word {
            "segment" => {
                let (id, by) = rest.split_once(' ')?;
                Some(Self::Segment { id: id.parse().ok()?, by: by.parse().ok()? })
            }
            "setting" => {
                let (path, before) = rest.split_once(' ')?;
                Some(Self::Setting { path: path.to_owned(), before: before.to_owned() })
            }
            "directory" => Some(Self::Directory(rest.to_owned())),
            "file" => Some(Self::File(rest.to_owned())),
            "call" => Some(Self::Call(rest.to_owned())),
            "verdict" => Some(Self::Verdict(rest.to_owned())),
            "otherwise" => Some(Self::Otherwise(rest.to_owned())),
            "skipped" => Some(Self::Skipped(rest.to_owned())),
            "failed" => Some(Self::Failed(rest.to_owned())),
            _ => None,
        }
    }
}
