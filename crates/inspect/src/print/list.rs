//! All objects, a line each.

use crate::command::list::Listing;
use crate::facts::named::Named;
use crate::facts::nameless::Nameless;
use crate::facts::segment::Segment;
use crate::facts::socket::Socket;

use super::exchange::{holders, line};
use super::segment::status;
use super::table::Table;
use super::time::age;

/// System V segments always, the rest where there is any.
pub(crate) fn all(listing: &Listing) -> String {
    let mut text = String::from("System V segments\n");
    text.push_str(&segments(&listing.segments));
    let others = [
        ("POSIX objects", named(&listing.posix)),
        ("Files", named(&listing.files)),
        ("Memory without a name", nameless(&listing.memfds)),
        ("Sockets", sockets(&listing.sockets)),
    ];
    for (head, lines) in others {
        if let Some(lines) = lines {
            text.push_str(&format!("\n{head}\n{lines}"));
        }
    }
    text
}

fn segments(segments: &[Segment]) -> String {
    if segments.is_empty() {
        return "none\n".into();
    }
    let head = ["KEY", "ID", "OWNER", "MODE", "BYTES", "ATTACHED", "STATUS", "AGE", "WHAT"];
    let mut table = Table::headed(&head);
    for segment in segments {
        table.row(vec![
            segment.key_hex.clone(),
            segment.id.to_string(),
            segment.owner.to_string(),
            format!("{:o}", segment.mode),
            segment.bytes.to_string(),
            segment.attachments.to_string(),
            status(segment),
            age(segment.age),
            line(&segment.contents),
        ]);
    }
    table.lines()
}

fn named(objects: &[Named]) -> Option<String> {
    let mut table = Table::headed(&["NAME", "OWNER", "MODE", "BYTES", "HELD BY", "AGE", "WHAT"]);
    for object in objects {
        table.row(vec![
            object.path.display().to_string(),
            object.owner.to_string(),
            format!("{:o}", object.mode),
            object.bytes.to_string(),
            object.holders.len().to_string(),
            age(object.age),
            line(&object.contents),
        ]);
    }
    (!objects.is_empty()).then(|| table.lines())
}

fn nameless(memfds: &[Nameless]) -> Option<String> {
    let mut table = Table::headed(&["INODE", "BYTES", "HELD BY", "WHAT"]);
    for memfd in memfds {
        table.row(vec![
            memfd.inode.to_string(),
            memfd.bytes.to_string(),
            holders(&memfd.holders),
            line(&memfd.contents),
        ]);
    }
    (!memfds.is_empty()).then(|| table.lines())
}

fn sockets(sockets: &[Socket]) -> Option<String> {
    let mut table = Table::headed(&["NAME", "OWNER", "MODE", "AGE", "WHAT"]);
    for socket in sockets {
        let what = match (socket.listening, &socket.holders[..]) {
            (false, _) => "nobody listens, as far as can be seen".into(),
            (true, []) => "somebody listens".into(),
            (true, some) => format!("has come: {}", holders(some)),
        };
        table.row(vec![
            socket.path.display().to_string(),
            socket.owner.to_string(),
            format!("{:o}", socket.mode),
            age(socket.age),
            what,
        ]);
    }
    (!sockets.is_empty()).then(|| table.lines())
}
