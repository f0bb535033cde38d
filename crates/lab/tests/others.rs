//! Claims 26 to 32: mmap, POSIX, memfd, dma-buf, namespaces, and how fast it is.

mod lab;

lab::experiments! {
    one_mechanism: 26, "one-mechanism", "true";
    posix_tmpfs: 27, "posix-tmpfs", "true";
    file_or_shm: 28, "file-or-shm", "false";
    memfd_passing: 29, "memfd-passing", "true";
    dma_buf_devices: 30, "dma-buf-devices", "true";
    containers: 31, "containers", "false";
    fastest_ipc: 32, "fastest-ipc", "there and back ";
}
