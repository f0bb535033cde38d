//! What `{{#include FILE:ANCHOR}}` leads to.

use std::fs;
use std::path::{Path, PathBuf};

use crate::chapters::book;

/// An include, as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// The file that is included.
    pub path: PathBuf,
    /// Which part of it; none for all of it.
    pub anchor: Option<String>,
}

impl Include {
    /// The include that `text` is, if it is one and nothing else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix("{{#include ")?.strip_suffix("}}")?;
        if inner.contains("{{") {
            return None;
        }
        let (file, anchor) = match inner.split_once(':') {
            Some((file, anchor)) => (file, Some(anchor.to_owned())),
            None => (inner, None),
        };
        Some(Self { path: book().join(file), anchor })
    }

    /// What stands there. Lines with anchors of other parts are left out, as mdBook does.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn text(&self) -> Result<String, String> {
        let whole = fs::read_to_string(&self.path)
            .map_err(|error| format!("{}: {error}", self.path.display()))?;
        let lines = match &self.anchor {
            None => whole.lines().collect(),
            Some(anchor) => part(&whole, anchor)
                .ok_or_else(|| format!("{} has no anchor {anchor}", self.path.display()))?,
        };
        let shown = lines.into_iter().filter(|line| !line.contains("ANCHOR"));
        Ok(shown.flat_map(|line| [line, "\n"]).collect())
    }

    /// The path, relative to the repository.
    ///
    /// # Panics
    /// When it leads nowhere, or out of the repository.
    #[must_use]
    pub fn relative(&self) -> PathBuf {
        let path = self.path.canonicalize();
        let path = path.unwrap_or_else(|error| panic!("{}: {error}", self.path.display()));
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize();
        let root = root.expect("this crate is in the repository");
        path.strip_prefix(root).expect("it is in the repository").to_owned()
    }
}

fn part<'a>(whole: &'a str, anchor: &str) -> Option<Vec<&'a str>> {
    let marks = |line: &str, mark: &str| {
        line.split_once(mark).is_some_and(|(_, name)| name.trim() == anchor)
    };
    let mut lines = whole.lines().skip_while(|line| !marks(line, "ANCHOR: "));
    lines.next()?;
    let mut part = Vec::new();
    for line in lines {
        if marks(line, "ANCHOR_END: ") {
            return Some(part);
        }
        part.push(line);
    }
    None
}
