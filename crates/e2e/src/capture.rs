//! What a process has printed so far, collected by a thread so that the process never blocks.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crate::watchdog::wait_until;

/// A growing copy of one output stream.
#[derive(Clone, Debug, Default)]
pub struct Capture {
    bytes: Arc<Mutex<Vec<u8>>>,
    ended: Arc<AtomicBool>,
}

impl Capture {
    /// Reads `source` to its end in the background.
    #[must_use]
    pub fn of(mut source: impl Read + Send + 'static) -> Self {
        let capture = Self::default();
        let sink = capture.clone();
        thread::spawn(move || {
            let mut chunk = vec![0; 1 << 16];
            // A pty reports EIO, not a length of 0, when its last slave is closed.
            while let Ok(length @ 1..) = source.read(&mut chunk) {
                sink.with(|bytes| bytes.extend_from_slice(&chunk[..length]));
            }
            sink.ended.store(true, Ordering::Release);
        });
        capture
    }

    /// One that is empty and has ended, for a stream that goes elsewhere.
    #[must_use]
    pub fn nothing() -> Self {
        let capture = Self::default();
        capture.ended.store(true, Ordering::Release);
        capture
    }

    fn with<T>(&self, look: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        look(&mut self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What has been printed so far.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.with(|bytes| bytes.clone())
    }

    /// The same as text, for searching and for messages.
    #[must_use]
    pub fn text(&self) -> String {
        self.with(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// How much has been printed so far, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.with(|bytes| bytes.len())
    }

    /// Whether nothing has been printed so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits until the stream has ended and takes everything.
    #[must_use]
    pub fn whole(&self) -> Vec<u8> {
        wait_until("an output stream has ended", || {
            self.ended.load(Ordering::Acquire).then_some(())
        });
        self.with(std::mem::take)
    }
}
