//! Claims 1 to 17: the System V calls, one at a time.

mod lab;

lab::experiments! {
    page_rounding: 1, "page-rounding", "partly true";
}
