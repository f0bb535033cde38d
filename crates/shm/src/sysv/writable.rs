//! An attachment that an exchange can lie in.

use std::ops::Deref;
use std::ptr::NonNull;

use handoff_proto::Mapping;

use super::Attachment;

/// An [`Attachment`] that is known to be writable, and so a [`Mapping`].
///
/// ```
/// use handoff_proto::{Exchange, segment_size};
/// use handoff_shm::sysv::{Key, Options, Writable};
///
/// # fn main() -> Result<(), handoff_shm::sysv::Error> {
/// let segment = Options::new(segment_size(4)).create(Key::PRIVATE)?;
/// let memory = Writable::try_from(segment.attach()?).expect("attached to read and write");
/// assert_eq!(Exchange::new(memory).unwrap().slots(), 4);
/// segment.remove()
/// # }
/// ```
#[derive(Debug)]
pub struct Writable(Attachment);

/// One that is read-only comes back as it was.
impl TryFrom<Attachment> for Writable {
    type Error = Attachment;

    fn try_from(attachment: Attachment) -> Result<Self, Attachment> {
        match attachment.is_read_only() || attachment.mapped_len() == 0 {
            true => Err(attachment),
            false => Ok(Self(attachment)),
        }
    }
}

impl Deref for Writable {
    type Target = Attachment;

    fn deref(&self) -> &Attachment {
        &self.0
    }
}

// SAFETY: shmat mapped shm_segsz bytes readable and writable, page-aligned and zeroed when the
// segment was made; only drop unmaps them. No method of an attachment gives a reference out,
// and the one that puts another segment in its place wants it `&mut`, which nobody gets here.
unsafe impl Mapping for Writable {
    fn base(&self) -> NonNull<u8> {
        self.0.base
    }
    fn size(&self) -> usize {
        self.0.len()
    }
}
