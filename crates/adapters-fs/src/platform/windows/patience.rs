//! Waiting for another program that holds a file in a way that keeps others out.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

/// The system error codes by which Windows says so (`winerror.h`).
const ACCESS_DENIED: i32 = 5;
const SHARING_VIOLATION: i32 = 32;
const LOCK_VIOLATION: i32 = 33;
const USER_MAPPED_FILE: i32 = 1224;

/// How long a reader may hold a file: Node reads a configuration in a moment, and a virus scanner takes a second at
/// most. A pass has five seconds for all that it does with a file.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long to wait before the second try; twice as long before each further one.
const FIRST_BREATH: Duration = Duration::from_millis(1);
const LONGEST_BREATH: Duration = Duration::from_millis(20);

/// Does it again while another program keeps it from being done, for a while.
pub(super) fn retry<T>(attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    retry_for(PATIENCE, attempt)
}

/// The same, with another bound.
pub(super) fn retry_for<T>(patience: Duration, mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let (since, mut breath) = (Instant::now(), FIRST_BREATH);
    loop {
        match attempt() {
            // A file that another process is about to remove denies access until it is gone.
            Err(error) if is_held(&error) && since.elapsed() < patience => {
                #[expect(clippy::disallowed_methods, reason = "this thread waits for the disk alone")]
                thread::sleep(breath);
                breath = (breath * 2).min(LONGEST_BREATH);
            }
            result => return result,
        }
    }
}

/// Whether an error says that another program holds the file and shares it with nobody.
pub(super) fn is_sharing_violation(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(SHARING_VIOLATION | LOCK_VIOLATION | USER_MAPPED_FILE))
}

fn is_held(error: &io::Error) -> bool {
    is_sharing_violation(error) || error.raw_os_error() == Some(ACCESS_DENIED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_program_holds_is_tried_again_and_all_else_is_not() {
        let tried = |code: i32, patience: Duration| {
            let mut tries = 0;
            let result = retry_for(patience, || {
                tries += 1;
                if tries < 4 { Err(io::Error::from_raw_os_error(code)) } else { Ok(()) }
            });
            (tries, result.is_ok())
        };
        for code in [ACCESS_DENIED, SHARING_VIOLATION, LOCK_VIOLATION, USER_MAPPED_FILE] {
            assert_eq!(tried(code, PATIENCE), (4, true), "{code}");
        }
        assert_eq!(tried(2, PATIENCE), (1, false), "a file that is not there will not come");
        assert_eq!(tried(SHARING_VIOLATION, Duration::ZERO), (1, false));
    }
}
