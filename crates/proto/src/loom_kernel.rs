//! What loom needs of a kernel: sleeping on words, and the marks of the dead.
//!
//! Stands in for `futex` and `robust` when the crate is built for loom.

pub(crate) mod futex {
    //! futex(2), as far as its promises go: who sleeps has compared under the lock
    //! that a waker takes, and a wake reaches who sleeps on that very word only.

    use std::io;
    use std::sync::atomic::Ordering::SeqCst;
    use std::time::Duration;

    use loom::sync::{Condvar, Mutex};

    use crate::sync::AtomicU32;

    #[derive(Default)]
    struct Sleepers {
        next: usize,
        asleep: Vec<(usize, Vec<usize>)>,
    }

    loom::lazy_static! {
        static ref SLEEPERS: Mutex<Sleepers> = Mutex::new(Sleepers::default());
        static ref WOKEN: Condvar = Condvar::new();
    }

    fn address(word: &AtomicU32) -> usize {
        std::ptr::from_ref(word).addr()
    }

    pub(crate) fn wait_any(words: [(&AtomicU32, u32); 3]) -> io::Result<()> {
        let mut sleepers = SLEEPERS.lock().unwrap();
        if words.iter().any(|(word, value)| word.load(SeqCst) != *value) {
            return Ok(());
        }
        let ticket = sleepers.next;
        sleepers.next += 1;
        sleepers.asleep.push((ticket, words.iter().map(|(word, _)| address(word)).collect()));
        while sleepers.asleep.iter().any(|(asleep, _)| *asleep == ticket) {
            sleepers = WOKEN.wait(sleepers).unwrap();
        }
        Ok(())
    }

    pub(crate) fn wait_bounded(_: &AtomicU32, _: u32, _: Duration) -> io::Result<()> {
        loom::thread::yield_now();
        Ok(())
    }

    pub(crate) fn wake_all(word: &AtomicU32) -> i64 {
        let word = address(word);
        SLEEPERS.lock().unwrap().asleep.retain(|(_, words)| !words.contains(&word));
        WOKEN.notify_all();
        0
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
