//! Rung 7: the crates. What the rungs do by hand is in them, and what they leave out:
//! who holds which role, who died, and who may remove the segment.

use handoff_proto::{Arrival, Interrupt, RoleState, Room, Strategy};
use handoff_shm::{Attached, Request, attach_reader, attach_writer, finish, sysv::Sysv};
use std::{env, error::Error, io, os::fd::AsFd};

const WRITER: u32 = 0;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let side = args.next().map(|side| u32::from(side == "reader")).expect("writer or reader");
    let key = args.next().unwrap_or_else(|| "1007".to_owned()).parse()?;
    let request = Request::new(key);
    if side == WRITER { write(&request) } else { read(&request) }
}

fn write(request: &Request) -> Result<(), Box<dyn Error>> {
    let (interrupt, strategy) = (Interrupt::never(), Strategy::Futex);
    let mut sender = attach_writer(&Sysv, request, &interrupt, strategy)?.endpoint;
    loop {
        if sender.wait()? != Room::Free {
            continue; // News of the reader: it came, it left, it died.
        }
        let len = sender.read_from(io::stdin().as_fd())?;
        if len == 0 {
            break;
        }
        sender.hand_over_read(len)?;
    }
    Ok(sender.end()?)
}

fn read(request: &Request) -> Result<(), Box<dyn Error>> {
    let (interrupt, strategy) = (Interrupt::never(), Strategy::Futex);
    let Attached { endpoint: mut receiver, segment, .. } =
        attach_reader(&Sysv, request, &interrupt, strategy)?;
    let result = loop {
        match receiver.wait()? {
            Arrival::Text => receiver.write_to(io::stdout().as_fd())??,
            Arrival::End(end) => break Ok(receiver.wait_for_writer_to_go(end.by)?),
            Arrival::Peer(RoleState::Closed) => receiver.reopen(),
            Arrival::Peer(writer) if writer.is_orphaned() => break Err("the writer is gone".into()),
            Arrival::Peer(_) | Arrival::Interrupted => {}
        }
    };
    // Unless another writer has come meanwhile, the segment goes.
    finish(&*segment, receiver, &interrupt)?;
    result
}
