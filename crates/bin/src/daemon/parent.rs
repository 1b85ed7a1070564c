//! The program that started this one, and may be killed without a word.

use std::io;
use std::thread;

use tokio::sync::oneshot;
use tracing::info;

/// Ends when standard input is closed: the system closes the pipe of a program that ends, however it ends.
///
/// The reading thread is none of the runtime's, which would wait for it at the end.
pub(crate) async fn stdin_closed() {
    let (closed, is_closed) = oneshot::channel::<()>();
    thread::spawn(move || {
        // A read that fails means the same as the end.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        drop(closed);
    });
    // Nothing is sent: the channel closes.
    let _ = is_closed.await;
    info!("the program that started lmsync has closed its standard input: lmsync ends");
}
