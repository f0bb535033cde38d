//! Claims 1 to 17: the System V calls, one at a time.

mod lab;

lab::experiments! {
    page_rounding: 1, "page-rounding", "partly true",
        but ["the size of the segment is whole pages"];
    size_of_existing: 2, "size-of-existing", "true";
    create_or_open: 3, "create-or-open", "true";
    ipc_private: 4, "ipc-private", "true";
    ftok_collision: 5, "ftok-collision", "partly true",
        but ["another file makes another key"];
    where_it_is_mapped: 6, "where-it-is-mapped", "false";
    own_address: 7, "own-address", "true";
    read_only: 8, "read-only", "true";
    attach_twice: 9, "attach-twice", "true";
    fork_and_exec: 10, "fork-and-exec", "true";
    detach_keeps: 11, "detach-keeps", "true";
    remove_while_attached: 12, "remove-while-attached", "true";
    stat_and_set: 13, "stat-and-set", "true";
    shm_lock: 14, "lock", "partly true",
        but ["its pages are in memory now", "smaps shows it as Locked"];
    limits: 15, "limits", "partly true",
        but ["SHMSEG is the number that a process may attach"];
    huge_pages: 16, "huge-pages", "true";
    mode_0666: 17, "mode-0666", "false";
}
