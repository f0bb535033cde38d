//! A view of mapped memory as header and slots: where the pointers are, and nothing else.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::fmt;
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::error::NotAnExchange;
use crate::layout::{Header, MAGIC, Slot, segment_size, slots_in};
use crate::role::{RoleState, Side};
use crate::step::{Step, step_with};
use crate::sync::AtomicU32;
use crate::written::is_full;

/// Memory that may be shared with another process.
///
/// # Safety
/// From `base`, `size` bytes stay mapped readable and writable, and zero-filled
/// when first made, for as long as the value lives, wherever it is moved; `base`
/// is aligned to 64 bytes. Nothing in this process holds a reference to them. The same
/// holds from `text_base`.
pub unsafe trait Mapping {
    /// The first byte.
    fn base(&self) -> NonNull<u8>;
    /// Bytes, exactly as the object was made: the number of slots follows from it.
    fn size(&self) -> usize;

    /// Where the slots' text is, if it is not beside their words: as many bytes in the same
    /// layout, of which nothing but the text is used.
    fn text_base(&self) -> NonNull<u8> {
        self.base()
    }

    /// To be kept while text that is not beside its words is looked at or written.
    fn access_text(&self, _writes: bool) -> Option<Box<dyn Keep + '_>> {
        None
    }
}

/// Anything that can be kept.
pub trait Keep {}
impl<T> Keep for T {}

// SAFETY: the same memory, kept by what is pointed to.
unsafe impl<M: Mapping + ?Sized> Mapping for Rc<M> {
    fn base(&self) -> NonNull<u8> {
        (**self).base()
    }
    fn size(&self) -> usize {
        (**self).size()
    }
    fn text_base(&self) -> NonNull<u8> {
        (**self).text_base()
    }
    fn access_text(&self, writes: bool) -> Option<Box<dyn Keep + '_>> {
        (**self).access_text(writes)
    }
}

// SAFETY: the same memory, kept by what is pointed to.
unsafe impl<M: Mapping + ?Sized> Mapping for Arc<M> {
    fn base(&self) -> NonNull<u8> {
        (**self).base()
    }
    fn size(&self) -> usize {
        (**self).size()
    }
    fn text_base(&self) -> NonNull<u8> {
        (**self).text_base()
    }
    fn access_text(&self, writes: bool) -> Option<Box<dyn Keep + '_>> {
        (**self).access_text(writes)
    }
}

/// An exchange in some mapped memory. Cloning gives another view of the same.
#[derive(Clone)]
pub struct Exchange {
    header: NonNull<Header>,
    slots: NonNull<Slot>,
    count: usize,
    /// From a slot to the one that has its text, in bytes: 0 if that is itself.
    to_text: isize,
    /// The memory that the pointers lead to.
    mapping: Rc<dyn Memory>,
}

/// Where a slot of one exchange is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place(NonNull<Slot>);

/// What an exchange needs of its memory, once it knows the addresses.
trait Memory {
    fn access_text(&self, writes: bool) -> Option<Box<dyn Keep + '_>>;
}

#[cfg(not(loom))]
impl<M: Mapping> Memory for M {
    fn access_text(&self, writes: bool) -> Option<Box<dyn Keep + '_>> {
        Mapping::access_text(self, writes)
    }
}

/// Under loom, memory is watched, or not used at all.
#[cfg(loom)]
impl<T> Memory for T {
    fn access_text(&self, _writes: bool) -> Option<Box<dyn Keep + '_>> {
        None
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").field("slots", &self.count).finish_non_exhaustive()
    }
}

impl Exchange {
    /// Takes `mapping` for an exchange, and marks it as one if it is all new.
    ///
    /// # Errors
    /// Its size or its magic is none of ours; nothing was changed then.
    pub fn new(mapping: impl Mapping + 'static) -> Result<Self, NotAnExchange> {
        let size = mapping.size();
        let count = slots_in(size).ok_or(NotAnExchange::Size { size })?;
        let header = mapping.base().cast::<Header>();
        // SAFETY: slots_in found room for a header and at least one slot behind it.
        let slots = unsafe { header.add(1) }.cast::<Slot>();
        let text = mapping.text_base().addr().get().cast_signed();
        let to_text = text - mapping.base().addr().get().cast_signed();
        let exchange = Self { header, slots, count, to_text, mapping: Rc::new(mapping) };
        exchange.mark()?;
        Ok(exchange)
    }

    /// An exchange in memory that loom watches.
    #[cfg(loom)]
    pub fn watched(memory: Arc<(Header, Vec<Slot>)>) -> Self {
        Self {
            header: NonNull::from(&memory.0),
            slots: NonNull::from(&memory.1[0]),
            count: memory.1.len(),
            to_text: 0,
            mapping: Rc::new(memory),
        }
    }

    /// Whoever comes first writes the magic. Zeroed memory is a whole exchange
    /// already, so nothing is published by it, and Relaxed is all it needs.
    fn mark(&self) -> Result<(), NotAnExchange> {
        let magic = || self.header().magic.load(Relaxed);
        step_with(Step::Magic, || {
            format!("magic: {:#x}; it becomes {MAGIC:#x} if it is 0", magic())
        });
        match self.header().magic.compare_exchange(0, MAGIC, Relaxed, Relaxed) {
            Ok(_) => {
                log::debug!("magic: 0 -> {MAGIC:#018x}, we are the first");
                Ok(())
            }
            Err(MAGIC) => {
                log::debug!("magic: {MAGIC:#018x}, an exchange of {} slots", self.count);
                Ok(())
            }
            Err(magic) => Err(NotAnExchange::Magic { magic }),
        }
    }

    /// How many slots it has.
    pub fn slots(&self) -> usize {
        self.count
    }

    /// Who holds a role, at this moment.
    pub fn role(&self, side: Side) -> RoleState {
        RoleState::of(self.role_word(side).load(Relaxed))
    }

    pub(crate) fn header(&self) -> &Header {
        // SAFETY: the mapping is kept, holds a header, and a header is atomics only,
        // so that a peer's stores are no aliasing of this reference.
        unsafe { self.header.as_ref() }
    }

    pub(crate) fn role_word(&self, side: Side) -> &AtomicU32 {
        match side {
            Side::Writer => &self.header().writer,
            Side::Reader => &self.header().reader,
        }
    }

    pub(crate) fn slot(&self, index: usize) -> &Slot {
        assert!(index < self.count);
        // SAFETY: the mapping holds `count` slots, and index is one of them.
        let slot = unsafe { self.slots.add(index) };
        // SAFETY: mapped, and atomics only, as for the header.
        unsafe { slot.as_ref() }
    }

    /// The slot at a place that [`place`](Self::place) gave for this exchange.
    #[inline]
    pub(crate) fn at(&self, place: Place) -> &Slot {
        // SAFETY: a slot of this mapping, which self keeps (a place is private to the
        // endpoint that asked for it, beside its exchange); atomics only.
        unsafe { place.0.as_ref() }
    }

    /// The slot that has the text of the one at a place: itself, most often.
    #[inline]
    pub(crate) fn text_at(&self, place: Place) -> &Slot {
        let text = place.0.as_ptr().wrapping_byte_offset(self.to_text);
        // SAFETY: in the same place of a mapping with the same layout, which self keeps;
        // atomics only.
        unsafe { &*text }
    }

    /// To be kept while text is looked at or written, where that takes more than an address.
    #[inline]
    pub(crate) fn access_text(&self, writes: bool) -> Option<Box<dyn Keep + '_>> {
        if self.has_text_elsewhere() { self.mapping.access_text(writes) } else { None }
    }

    /// Whether the texts are not where their slots are.
    #[inline]
    pub(crate) fn has_text_elsewhere(&self) -> bool {
        self.to_text != 0
    }

    /// Where a slot is: worked out ahead, while the peer has the turn.
    #[inline]
    pub(crate) fn place(&self, index: usize) -> Place {
        Place(NonNull::from(self.slot(index)))
    }

    /// Whether every slot is free: no text waits, and no end of a stream.
    pub fn is_drained(&self) -> bool {
        self.written().all(|word| !is_full(word))
    }

    /// Every slot's counter, one look at each.
    pub(crate) fn written(&self) -> impl Iterator<Item = u32> {
        (0..self.count).map(|index| self.slot(index).written.load(Relaxed))
    }
}

/// Zeroed memory of this process alone: for threads, examples and tests.
pub struct HeapMemory {
    base: NonNull<u8>,
    layout: Layout,
}

impl HeapMemory {
    /// Room for an exchange of `slots` slots.
    ///
    /// # Panics
    /// With no slots, or more than an address space holds.
    pub fn new(slots: usize) -> Self {
        assert!(slots > 0);
        let layout = Layout::from_size_align(segment_size(slots), align_of::<Header>()).unwrap();
        // SAFETY: the layout's size is not zero.
        let base = unsafe { alloc_zeroed(layout) };
        let base = NonNull::new(base).unwrap_or_else(|| handle_alloc_error(layout));
        Self { base, layout }
    }
}

impl Drop for HeapMemory {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout, and nobody keeps a view of it any more.
        unsafe { dealloc(self.base.as_ptr(), self.layout) }
    }
}

// SAFETY: allocated zeroed, aligned to 64 bytes, and freed on drop only.
unsafe impl Mapping for HeapMemory {
    fn base(&self) -> NonNull<u8> {
        self.base
    }
    fn size(&self) -> usize {
        self.layout.size()
    }
}

// SAFETY: an owned allocation belongs to no thread.
unsafe impl Send for HeapMemory {}
// SAFETY: shared access gives out a pointer only; what is there is used through atomics.
unsafe impl Sync for HeapMemory {}
