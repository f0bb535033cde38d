//! A terminal to run a program on, played by the test from the other side.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

use nix::fcntl::OFlag;
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::termios::{Termios, tcgetattr};

use crate::capture::Capture;
use crate::watchdog::wait_until;

/// The byte that Ctrl-C sends; the line discipline turns it into SIGINT.
pub const CTRL_C: &[u8] = b"\x03";
/// The byte that Ctrl-D sends; at the start of a line it ends the input.
pub const CTRL_D: &[u8] = b"\x04";

/// A pseudo-terminal: the keyboard and the screen are the test's, the line is the program's.
#[derive(Debug)]
pub struct Terminal {
    keyboard: File,
    screen: Capture,
    line: OwnedFd,
    at_first: Termios,
}

impl Terminal {
    /// Opens one. `openpty` would leave its descriptors open in the children of other tests,
    /// which run at the same time, so this takes the steps of it with `O_CLOEXEC`.
    ///
    /// # Panics
    /// When the system has no more terminals.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it opens a device")]
    pub fn new() -> Self {
        let flags = OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC;
        let master = posix_openpt(flags).expect("there is a free pty");
        grantpt(&master).expect("our own pty");
        unlockpt(&master).expect("our own pty");
        let line: OwnedFd = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(OFlag::O_NOCTTY.bits())
            .open(ptsname_r(&master).expect("our own pty"))
            .expect("the pty has a name")
            .into();
        let keyboard = File::from(OwnedFd::from(master));
        let screen = Capture::of(keyboard.try_clone().expect("a spare descriptor"));
        let at_first = tcgetattr(&line).expect("it is a terminal");
        Self { keyboard, screen, line, at_first }
    }

    /// The program's end, to be its stdin, stdout or stderr.
    ///
    /// # Panics
    /// When the process is out of descriptors.
    #[must_use]
    pub fn line(&self) -> OwnedFd {
        self.line.try_clone().expect("a spare descriptor")
    }

    /// Types.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn type_in(&self, keys: &[u8]) {
        (&self.keyboard).write_all(keys).expect("the terminal takes keys");
    }

    /// What is on the screen by now, with every escape sequence as it came.
    #[must_use]
    pub fn screen(&self) -> String {
        self.screen.text()
    }

    /// Waits until the screen shows `text`.
    pub fn wait_for(&self, text: &str) {
        wait_until(&format!("the terminal shows {text:?}"), || {
            self.screen.text().contains(text).then_some(())
        });
    }

    /// Checks that echo, line editing and signals are as they were before the program ran.
    ///
    /// # Panics
    /// When the program left the terminal in another state.
    #[track_caller]
    pub fn expect_sane(&self) {
        let now = tcgetattr(self.keyboard.as_fd()).expect("it is a terminal");
        assert_eq!(now, self.at_first, "the program changed the terminal");
    }

    /// Closes the test's copy of the line and takes all that came to the screen. The program
    /// must have ended, else its own copy keeps the terminal open.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        drop(self.line);
        self.screen.whole()
    }
}
