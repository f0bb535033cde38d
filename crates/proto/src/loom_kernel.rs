//! What loom needs of a kernel: sleeping on words, and the marks of the dead.
//!
//! Stands in for `futex` and `robust` when the crate is built for loom.

pub(crate) mod futex {
    //! futex(2), as far as its promises go: who sleeps has looked at the words' latest
    //! values behind being on the list of sleepers, and a wake reaches who sleeps on that
    //! very word only.
    //!
    //! The list is no object of loom's, so that a wake that finds nobody orders nothing:
    //! no test may pass thanks to a lock that the kernel does not take for it.

    use std::io;
    use std::sync::Mutex;
    use std::sync::atomic::Ordering::Relaxed;
    use std::time::Duration;

    use loom::thread::{self, Thread, ThreadId};

    use crate::sync::AtomicU32;

    struct Sleeper {
        words: [usize; 3],
        thread: Thread,
    }

    loom::lazy_static! {
        static ref SLEEPERS: Mutex<Vec<Sleeper>> = Mutex::new(Vec::new());
    }

    fn address(word: &AtomicU32) -> usize {
        std::ptr::from_ref(word).addr()
    }

    /// What the kernel compares with: a read-modify-write is what sees the latest value.
    fn latest(word: &AtomicU32) -> u32 {
        word.fetch_or(0, Relaxed)
    }

    pub(crate) fn wait_any(words: [(&AtomicU32, u32); 3]) -> io::Result<()> {
        let thread = thread::current();
        let id = thread.id();
        let words_asleep = words.map(|(word, _)| address(word));
        SLEEPERS.lock().unwrap().push(Sleeper { words: words_asleep, thread });
        // The third is Ctrl-C's, which no model raises: no need to explore when it is read.
        let unchanged = words[..2].iter().all(|(word, value)| latest(word) == *value);
        // Who was woken meanwhile parks as well, and so uses that wake up.
        if unchanged || !leave_list(id) {
            thread::park();
        }
        Ok(())
    }

    /// Whether this thread was still on the list of sleepers.
    fn leave_list(id: ThreadId) -> bool {
        let mut sleepers = SLEEPERS.lock().unwrap();
        let before = sleepers.len();
        sleepers.retain(|sleeper| sleeper.thread.id() != id);
        sleepers.len() < before
    }

    pub(crate) fn wait_bounded(_: &AtomicU32, _: u32, _: Duration) -> io::Result<()> {
        thread::yield_now();
        Ok(())
    }

    pub(crate) fn wake_all(word: &AtomicU32) -> i64 {
        let word = address(word);
        let mut sleepers = SLEEPERS.lock().unwrap();
        let woken: Vec<_> = sleepers.extract_if(.., |it| it.words.contains(&word)).collect();
        woken.iter().for_each(|sleeper| sleeper.thread.unpark());
        woken.len() as i64
    }
}

pub(crate) mod robust {
    //! No list: a model says itself when a holder dies, by `Role::die`.

    use std::io;

    use crate::sync::AtomicU32;

    #[derive(Debug)]
    pub(crate) struct Registration;

    #[allow(dead_code)]
    pub(crate) enum Refused {
        SecondOfThread,
        Kernel(io::Error),
    }

    impl Registration {
        pub(crate) fn new(_: &AtomicU32) -> Result<Self, Refused> {
            Ok(Self)
        }
        pub(crate) fn begin(&self) {}
        pub(crate) fn hold(&self) {}
        pub(crate) fn let_go(&self) {}
        pub(crate) fn end(&self) {}
    }

    loom::thread_local! {
        static ID: u32 = {
            use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
            static NEXT: AtomicU32 = AtomicU32::new(1);
            NEXT.fetch_add(1, Relaxed)
        };
    }

    pub(crate) fn thread_id() -> u32 {
        ID.with(|id| *id)
    }
}
