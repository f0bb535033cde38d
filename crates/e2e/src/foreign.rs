//! Segments that are not ours: made and filled by other programs.

use std::process::{Command, Stdio};

use crate::segment::{self, Row};

/// Size of an exchange with sixteen slots, in bytes.
pub const DEFAULT_SIZE: u64 = exchange_size(16);

/// Size in bytes of an exchange: the header and its slots.
#[must_use]
pub const fn exchange_size(slots: u64) -> u64 {
    64 + slots * 2112
}

/// A segment made by `ipcmk`, with a key that `ipcmk` chose; removed on drop.
#[derive(Debug)]
pub struct Foreign {
    row: Row,
}

impl Foreign {
    /// A segment of `size` zero bytes with an octal `mode`.
    ///
    /// # Panics
    /// When `ipcmk` fails.
    #[must_use]
    pub fn new(size: u64, mode: &str) -> Self {
        Self::by(Command::new("ipcmk"), size, mode)
    }

    /// The same, made by and therefore owned by user 65534. Needs root.
    ///
    /// # Panics
    /// When `setpriv` or `ipcmk` fails.
    #[must_use]
    pub fn of_another_user(size: u64, mode: &str) -> Self {
        let mut command = Command::new("setpriv");
        command.args(crate::program::ANOTHER_USER).arg("ipcmk");
        Self::by(command, size, mode)
    }

    fn by(mut command: Command, size: u64, mode: &str) -> Self {
        let output = command
            .args(["-M", &size.to_string(), "-p", mode])
            .output()
            .expect("util-linux's ipcmk runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let id = text
            .split_whitespace()
            .last()
            .and_then(|word| word.parse().ok())
            .unwrap_or_else(|| panic!("ipcmk printed no id: {output:?}"));
        let row = segment::find_id(id).expect("what ipcmk made is in the table");
        Self { row }
    }

    /// Its row in the table when it was made.
    #[must_use]
    pub fn row(&self) -> &Row {
        &self.row
    }

    /// Its key, as the programs take it.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{:#x}", self.row.key)
    }

    /// Stores little-endian words at an offset with Perl's `shmwrite`, the one tool found
    /// everywhere that can. False means that there is no Perl.
    ///
    /// # Panics
    /// When Perl is there and fails.
    #[must_use]
    pub fn store(&self, offset: usize, words: &[u32]) -> bool {
        let script = format!(
            "my $b = pack('V*', {}); shmwrite({}, $b, {offset}, length $b) or die $!",
            words.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
            self.row.id,
        );
        run_perl(&script).is_some()
    }

    /// The bytes in it, or nothing if there is no Perl to read them.
    ///
    /// # Panics
    /// When Perl is there and fails.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let script = format!(
            "binmode STDOUT; shmread({}, my $b, 0, {}) or die $!; print $b",
            self.row.id, self.row.size
        );
        run_perl(&script)
    }

    /// Checks that its row is what it was at the beginning.
    ///
    /// # Panics
    /// When it changed or is gone.
    #[track_caller]
    pub fn expect_untouched(&self) {
        assert_eq!(segment::find_id(self.row.id).as_ref(), Some(&self.row));
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        segment::remove(self.row.id);
    }
}

fn run_perl(script: &str) -> Option<Vec<u8>> {
    let output = Command::new("perl").args(["-e", script]).stdin(Stdio::null()).output().ok()?;
    assert!(output.status.success(), "perl failed: {output:?}");
    Some(output.stdout)
}
