//! What the whole programs hand over: texts of one length, cut into lines in three ways.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

/// What is in every line behind its number.
const REST: &str = " the quick brown fox jumps over all the lazy dogs..";
const _: () = assert!(12 + REST.len() + 1 == 64);

/// What is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Text {
    /// Numbered lines of 64 bytes.
    Lines,
    /// Lines of one byte, the newline.
    Newlines,
    /// No newline at all.
    OneLine,
}

impl Text {
    pub(crate) const ALL: [Self; 3] = [Self::Lines, Self::Newlines, Self::OneLine];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Lines => "lines of 64 bytes",
            Self::Newlines => "lines of 1 byte",
            Self::OneLine => "one line",
        }
    }

    pub(crate) fn lines(self, bytes: u64) -> u64 {
        match self {
            Self::Lines => bytes / 64,
            Self::Newlines => bytes,
            Self::OneLine => 1,
        }
    }

    /// Writes so many bytes of it to a file.
    pub(crate) fn write(self, file: &Path, bytes: u64) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
        let end = if self == Self::OneLine { ' ' } else { '\n' };
        let newlines = [b'\n'; 64];
        for number in 0..bytes / 64 {
            match self {
                Self::Newlines => out.write_all(&newlines)?,
                _ => write!(out, "{number:012}{REST}{end}")?,
            }
        }
        out.flush()
    }
}
