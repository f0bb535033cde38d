//! What a message says is what was meant, and what cannot be is refused.

use handoff_lab::frames::wire::{Hello, MOST_BUFFERS, Notice};
use handoff_lab::v4l2::{Format, abi};

fn hello(buffers: usize) -> Hello {
    let pixels = abi::V4L2_PIX_FMT_YUYV;
    let format = Format { width: 320, height: 180, pixels, stride: 640, size: 115_200 };
    Hello { format, buffers: u32::try_from(buffers).expect("it is small") }
}

#[test]
fn a_message_comes_out_as_it_went_in() {
    for buffers in [1, MOST_BUFFERS] {
        assert_eq!(Hello::decode(&hello(buffers).encode()), Some(hello(buffers)));
    }
    for notice in [Notice { index: 3, number: 4711, used: 115_200 }, Notice::END] {
        assert_eq!(Notice::decode(&notice.encode(), &hello(4)), Some(notice));
    }
}

#[test]
fn another_programs_message_is_refused() {
    let mut message = hello(4).encode();
    message[0] ^= 1;
    assert_eq!(Hello::decode(&message), None);
}

#[test]
fn no_buffers_and_more_than_there_can_be_are_refused() {
    for buffers in [0, MOST_BUFFERS + 1] {
        assert_eq!(Hello::decode(&hello(buffers).encode()), None);
    }
}

#[test]
fn a_buffer_that_does_not_exist_and_more_than_it_holds_are_refused() {
    for (index, used) in [(4, 0), (u32::MAX, 1), (0, 115_201)] {
        let notice = Notice { index, number: 0, used };
        assert_eq!(Notice::decode(&notice.encode(), &hello(4)), None, "{notice:?}");
    }
}
