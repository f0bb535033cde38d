//! One object that is no System V segment, field by field.

use crate::facts::named::Named;
use crate::facts::nameless::Nameless;

use super::segment::{account, permissions};
use super::time::moment;
use super::{count, exchange};

fn lines(fields: Vec<(&str, String)>) -> String {
    fields.into_iter().map(|(name, value)| format!("  {name:<12} {value}\n")).collect()
}

/// A POSIX object or a file.
pub(crate) fn named(named: &Named, now: u64) -> String {
    lines(vec![
        ("key", named.key.map_or("none: found by its path".into(), |key| key.to_string())),
        ("size", count(named.bytes, "byte")),
        ("owner", account(&named.owner)),
        ("group", account(&named.group)),
        ("mode", format!("{:04o} {}", named.mode, permissions(named.mode))),
        ("names", format!("{} (hard links)", named.links)),
        ("changed at", moment(named.changed_at, now)),
        ("held by", exchange::holders(&named.holders)),
    ])
}

/// A memfd.
pub(crate) fn nameless(memory: &Nameless) -> String {
    let mut fields = vec![
        ("inode", memory.inode.to_string()),
        ("size", count(memory.bytes as u64, "byte")),
        ("held by", exchange::holders(&memory.holders)),
        ("seen at", memory.link.display().to_string()),
    ];
    if memory.text_in_dmabuf {
        fields.push(("texts", "in a dma-buf, into which there is no way from here".into()));
    }
    lines(fields)
}
