//! Claims 18 to 25: two processes that share memory and agree on nothing.

mod lab;

lab::experiments! {
    plain_int_flag: 18, "plain-int-flag", "partly true",
        but ["built with -O1", "built with -O2"];
    both_reset: 19, "both-reset", "partly true",
        but ["with the writer there first"];
    end_prefix: 20, "end-prefix", "partly true",
        but ["no other line does"];
    strncpy_cut: 21, "strncpy-cut", "false";
    after_eof: 22, "after-eof", "false";
    bare_page: 23, "bare-page", "false";
    torn_text: 24, "torn-text", "true";
    acquire_release: 25, "acquire-release", "true";
}
