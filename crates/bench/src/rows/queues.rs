//! Message queues: System V's and POSIX's.

use std::ffi::CString;
use std::io;

use nix::mqueue::{MQ_OFlag, MqAttr, MqdT, mq_open, mq_receive, mq_send};
use nix::sys::stat::Mode;

use crate::row::Clock::Each;
use crate::row::Group::Kernel;
use crate::row::Row;
use crate::side::{Channel, Failure, Part, Side};
use crate::sys::Queue;

/// Up to the largest of the sizes that both let through without a limit being moved.
const SIZES: &[usize] = &[8, 64, 512, 4 << 10];

/// Messages that a POSIX queue holds, and bytes of each: what Linux allows everybody.
const POSIX: (i64, i64) = (10, 8192);

pub(super) const ROWS: &[Row] = &[
    Row::trip(Kernel, Each, "sysv-queue", "System V message queue", sysv),
    Row::trip(Kernel, Each, "posix-queue", "POSIX message queue", posix),
    Row::stream(Kernel, SIZES, "stream/sysv-queue", "System V message queue", sysv),
    Row::stream(Kernel, SIZES, "stream/posix-queue", "POSIX message queue", posix),
];

fn check(came: usize, expected: usize) -> io::Result<()> {
    match came == expected {
        true => Ok(()),
        false => Err(io::Error::other(format!("{came} bytes came, not {expected}"))),
    }
}

struct SysvQueues {
    from: Queue,
    to: Queue,
}

impl Channel for SysvQueues {
    #[inline]
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.to.send(message)
    }

    #[inline]
    fn receive(&mut self, into: &mut [u8]) -> io::Result<()> {
        check(self.from.receive(into)?, into.len())
    }
}

fn sysv(side: &Side) -> Result<(), Failure> {
    let open = |n| Queue::open(side.plan.scene.key(n), side.plan.size);
    let (there, back) = (open(3)?, open(4)?);
    let queues = match side.plan.part {
        Part::There => SysvQueues { from: back, to: there },
        Part::Back => SysvQueues { from: there, to: back },
    };
    side.run(queues, side.peer_by_name()?)
}

struct PosixQueues {
    from: MqdT,
    to: MqdT,
    buffer: Vec<u8>,
}

impl Channel for PosixQueues {
    #[inline]
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        Ok(mq_send(&self.to, message, 0)?)
    }

    #[inline]
    fn receive(&mut self, into: &mut [u8]) -> io::Result<()> {
        let came = mq_receive(&self.from, &mut self.buffer, &mut 0)?;
        check(came, into.len())?;
        into.copy_from_slice(&self.buffer[..came]);
        Ok(())
    }
}

fn posix(side: &Side) -> Result<(), Failure> {
    let open = |way: &str| -> Result<MqdT, Failure> {
        let name = CString::new(format!("/{}-{way}", side.plan.scene.name))?;
        let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_RDWR | MQ_OFlag::O_CLOEXEC;
        let attributes = MqAttr::new(0, POSIX.0, POSIX.1, 0);
        Ok(mq_open(name.as_c_str(), flags, Mode::S_IRUSR | Mode::S_IWUSR, Some(&attributes))?)
    };
    let (there, back) = (open("there")?, open("back")?);
    let buffer = vec![0; POSIX.1 as usize];
    let queues = match side.plan.part {
        Part::There => PosixQueues { from: back, to: there, buffer },
        Part::Back => PosixQueues { from: there, to: back, buffer },
    };
    side.run(queues, side.peer_by_name()?)
}
