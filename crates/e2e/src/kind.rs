//! Kinds of memory from outside: how each is asked for, and what there is to see of it.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::key::TestKey;
use crate::program::Program;
use crate::running::Running;
use crate::scratch::Scratch;
use crate::skip::skip;

/// What a test has to know of a kind: the columns of the table.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// As `--via` takes it.
    pub name: &'static str,
    /// What keeps an exchange, for a key and a directory: a path, if it has one.
    pub found_at: fn(&Site) -> Option<PathBuf>,
    /// Whether it is there without any process that has it.
    pub persists: bool,
    /// Whether a peer can shrink it.
    pub shrinks: bool,
    /// Devices of which one must be there; none are needed if there are none.
    pub devices: &'static [&'static str],
}

/// A key and a directory of a test's own, where one kind of memory is used. What is left
/// goes away with it. Declare it before the processes that use it.
#[derive(Debug)]
pub struct Site {
    /// Of which kind.
    pub kind: &'static Kind,
    /// The key.
    pub key: TestKey,
    scratch: Scratch,
}

impl Kind {
    /// Whether this machine has what it takes. If not, that has been reported as skipped.
    #[must_use]
    pub fn is_here_or_skips(&self) -> bool {
        let here = self.devices.is_empty() || self.devices.iter().any(|it| Path::new(it).exists());
        if !here {
            skip(&format!("this kernel has neither {}", self.devices.join(" nor ")));
        }
        here
    }
}

impl Site {
    /// A fresh one.
    ///
    /// # Panics
    /// When there can be no directory.
    #[must_use]
    pub fn new(kind: &'static Kind) -> Self {
        let site = Self { kind, key: TestKey::new(), scratch: Scratch::new() };
        // Sockets want a directory that is their user's alone.
        fs::DirBuilder::new().mode(0o700).create(site.directory()).expect("a fresh directory");
        site
    }

    /// What the programs have as `$XDG_RUNTIME_DIR`.
    #[must_use]
    pub fn directory(&self) -> PathBuf {
        self.scratch.path().join("run")
    }

    /// A directory for files of the test's own.
    #[must_use]
    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    /// `writer` with this kind, with an empty stdin.
    #[must_use]
    pub fn writer(&self) -> Program {
        self.with(Program::writer(&self.key))
    }

    /// `reader` with this kind.
    #[must_use]
    pub fn reader(&self) -> Program {
        self.with(Program::reader(&self.key))
    }

    fn with(&self, program: Program) -> Program {
        program
            .args(["--via", self.kind.name])
            .env("XDG_RUNTIME_DIR", &self.directory().display().to_string())
    }

    /// A reader that waits for a writer.
    #[must_use]
    #[track_caller]
    pub fn waiting_reader(&self) -> Running {
        let mut reader = self.reader().start();
        reader.wait_until_says("waiting for a writer");
        reader
    }

    /// The key, as names have it.
    #[must_use]
    pub fn key_in_names(&self) -> String {
        format!("{:#010x}", self.key.number())
    }

    /// The path by which it is found.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        (self.kind.found_at)(self)
    }

    /// Size, mode and owner of what is found by the key, if anything is.
    #[must_use]
    pub fn object(&self) -> Option<(u64, u32, u32)> {
        match self.path() {
            None => self.key.segment().map(|row| (row.size, row.mode(), row.owner)),
            Some(path) => fs::symlink_metadata(path)
                .ok()
                .map(|status| (status.len(), status.permissions().mode() & 0o777, status.uid())),
        }
    }

    /// Checks that nothing is left: no segment, no file, no socket.
    ///
    /// # Panics
    /// When something is.
    #[track_caller]
    pub fn expect_nothing_left(&self) {
        self.key.expect_no_segment();
        assert_eq!(self.object(), None, "{:?} is left", self.path());
        let left: Vec<_> = fs::read_dir(self.directory()).expect("our own").flatten().collect();
        assert!(left.is_empty(), "left: {left:?}");
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(path) = self.path() {
            // Most often it is not there any more.
            let _ = fs::remove_file(path);
        }
    }
}

/// [`Kind::found_at`] of POSIX objects.
#[must_use]
pub fn in_dev_shm(site: &Site) -> Option<PathBuf> {
    Some(PathBuf::from("/dev/shm").join(format!("handoff-{}", site.key_in_names())))
}

/// [`Kind::found_at`] of files, which are in the directory of who runs the programs.
#[must_use]
pub fn in_directory(site: &Site) -> Option<PathBuf> {
    Some(site.directory().join(format!("handoff-{}", site.key_in_names())))
}

/// [`Kind::found_at`] of memory without a name: the socket where it is passed on.
#[must_use]
pub fn at_socket(site: &Site) -> Option<PathBuf> {
    Some(site.directory().join(format!("handoff-{}.sock", site.key_in_names())))
}
