//! The floor of a one-shot sync: a process that starts, asks once over a raw socket, and writes one file durably.
//!
//! `floor ADDRESS FILE` is what nobody can do with less: `GET /v1/models`, a temporary file with the answer, `fsync`,
//! `rename`, `fsync` of the folder. It parses nothing and checks nothing.
#![allow(clippy::unwrap_used, reason = "a measured program, whose failure is its end")]

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (address, file) = (arguments.next().unwrap(), PathBuf::from(arguments.next().unwrap()));

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
