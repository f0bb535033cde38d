//! ipc-channel: its channels of bytes, which need no serialisation.

use std::fs;
use std::io;

use handoff_bench::row::Clock::Each;
use handoff_bench::row::Group::Library;
use handoff_bench::row::{Row, SIZES};
use handoff_bench::side::{Channel, Failure, Part, Side};
use ipc_channel::ipc::{
    IpcBytesReceiver, IpcBytesSender, IpcOneShotServer, IpcSender, bytes_channel,
};

pub(crate) const ROWS: &[Row] = &[
    Row::trip(Library, Each, "ipc-channel", "ipc-channel", ipc),
    Row::stream(Library, SIZES, "stream/ipc-channel", "ipc-channel", ipc),
];

struct Bytes {
    from: IpcBytesReceiver,
    to: IpcBytesSender,
}

impl Channel for Bytes {
    #[inline]
    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.to.send(message)
    }

    #[inline]
    fn receive(&mut self, into: &mut [u8]) -> io::Result<()> {
        let message = self.from.recv().map_err(|error| io::Error::other(error.to_string()))?;
        if message.len() != into.len() {
            return Err(io::Error::other("a message has another length"));
        }
        into.copy_from_slice(&message);
        Ok(())
    }
}

/// The ends of a side: what comes from the other, and what goes to it.
type Ends = (IpcBytesReceiver, IpcBytesSender);

fn ipc(side: &Side) -> Result<(), Failure> {
    let name = side.plan.scene.dir.join("one-shot-server");
    if side.plan.part == Part::Back {
        let (to_there, from_back) = bytes_channel()?;
        let (to_back, from_there) = bytes_channel()?;
        let server: IpcSender<Ends> = IpcSender::connect(fs::read_to_string(name)?)?;
        server.send((from_back, to_back))?;
        return side.run(Bytes { from: from_there, to: to_there }, None);
    }
    let (server, its_name) = IpcOneShotServer::<Ends>::new()?;
    fs::write(name, its_name)?;
    let peer = side.peer_by_name()?;
    let (_, (from, to)) = server.accept()?;
    side.run(Bytes { from, to }, peer)
}
