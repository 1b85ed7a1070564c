//! The floor of a one-shot sync: a process that starts, asks once over a raw socket, and writes one file durably.
//!
//! `floor ADDRESS FILE` is what nobody can do with less: `GET /v1/models`, a temporary file with the answer, `fsync`,
//! `rename`, `fsync` of the folder. It parses nothing and checks nothing. `floor ADDRESS FILE MILLISECONDS` is the
//! floor of a daemon: so often, the same request over one connection, and a `stat` of the file.
#![allow(clippy::unwrap_used, reason = "a measured program, whose failure is its end")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (address, file) = (arguments.next().unwrap(), PathBuf::from(arguments.next().unwrap()));
    if let Some(every) = arguments.next() {
        passes(&address, &file, Duration::from_millis(every.parse().unwrap()));
    }

    let mut stream = TcpStream::connect(&address).unwrap();
    let request = format!("GET /v1/models HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 4;

    let temporary = file.with_extension("tmp");
    let mut new = File::create(&temporary).unwrap();
    new.write_all(&answer[head..]).unwrap();
    new.sync_all().unwrap();
    fs::rename(&temporary, &file).unwrap();
    File::open(file.parent().unwrap()).unwrap().sync_all().unwrap();
}

/// Passes of a daemon to which nothing ever happens.
#[expect(clippy::disallowed_methods, reason = "it has no runtime to block")]
fn passes(address: &str, file: &Path, every: Duration) -> ! {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /v1/models HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let mut answer = [0; 64 * 1024];
    loop {
        stream.write_all(request.as_bytes()).unwrap();
        // A short list comes in one piece.
        assert_ne!(stream.read(&mut answer).unwrap(), 0, "the server keeps its connections for longer than that");
        let _ = fs::metadata(file);
        sleep(every);
    }
}
