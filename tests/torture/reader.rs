//! A reader that never rests, as OpenClaw may be at any moment.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

/// Reads a file without rest, and knows what it may hold.
pub(crate) struct Reader {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<u64>,
}

impl Reader {
    /// Begins to read; anything but one of these contents is a failure.
    pub(crate) fn start(file: PathBuf, allowed: [Vec<u8>; 2]) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || {
            let mut reads = 0;
            while !stopped.load(Ordering::Relaxed) {
                let content = fs::read(&file).expect("the file is there at any time");
                assert!(allowed.contains(&content), "{}", String::from_utf8_lossy(&content));
                reads += 1;
            }
            reads
        });
        Self { stop, thread }
    }

    /// How often it has read; fails where it saw anything else.
    pub(crate) fn stop(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("the reader saw something that was neither old nor new")
    }
}
