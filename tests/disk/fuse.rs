//! A file that is served by this process, so that every write to it and every flush is seen: just as much of FUSE's
//! protocol (`linux/fuse.h`) as the kernel's loop device asks for.

use std::ffi::CString;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::mount::{MountFlags, mount};

use super::simulated::Disk;

/// The one file's name.
pub(crate) const NAME: &str = "disk";

const ROOT: u64 = 1;
const FILE: u64 = 2;

/// A request may carry a write of this size.
const MAX_WRITE: u32 = 128 << 10;

const ENOENT: i32 = -2;
const ENOSYS: i32 = -38;

/// The length of what every request begins with.
const HEADER: usize = 40;

/// Serves the disk in this folder for as long as that is mounted.
pub(crate) fn serve(disk: &Arc<Mutex<Disk>>, folder: &Path) {
    let mut device = File::options().read(true).write(true).open("/dev/fuse").unwrap();
    let options = format!("fd={},rootmode=40000,user_id=0,group_id=0", device.as_raw_fd());
    let options = CString::new(options).unwrap();
    mount("lmsync-disk", folder, "fuse", MountFlags::NOSUID | MountFlags::NODEV, options.as_c_str()).unwrap();
    let disk = Arc::clone(disk);
    thread::spawn(move || {
        let mut buffer = vec![0; MAX_WRITE as usize + 4096];
        // Ends when it is unmounted.
        while let Ok(length) = device.read(&mut buffer) {
            let request = Request(&buffer[..length]);
            if let Some(answer) = answer(&request, &disk) {
                let (error, body) = answer.map_or_else(|error| (error, Vec::new()), |body| (0, body));
                let length = u32::try_from(16 + body.len()).unwrap();
                let mut reply = Vec::new();
                reply.extend(length.to_ne_bytes());
                reply.extend(i32::to_ne_bytes(error));
                reply.extend(request.u64(8).to_ne_bytes());
                reply.extend(body);
                // One that is interrupted has nobody to hear the answer.
                let _ = device.write(&reply);
            }
        }
    });
}

struct Request<'a>(&'a [u8]);

impl Request<'_> {
    fn u32(&self, at: usize) -> u32 {
        u32::from_ne_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from_ne_bytes(self.0[at..at + 8].try_into().unwrap())
    }

    fn offset(&self) -> usize {
        usize::try_from(self.u64(HEADER + 8)).unwrap()
    }

    fn size(&self) -> usize {
        self.u32(HEADER + 16) as usize
    }
}

/// What a request is answered: nothing, an error, or a body.
fn answer(request: &Request<'_>, disk: &Mutex<Disk>) -> Option<Result<Vec<u8>, i32>> {
    let node = request.u64(16);
    let mut disk = disk.lock().unwrap();
    let size = disk.size() as u64;
    Some(match request.u32(4) {
        // LOOKUP
        1 => match &request.0[HEADER..] {
            [name @ .., 0] if name == NAME.as_bytes() => {
                let mut entry = words64(&[FILE, 0, 0, 0]);
                entry.extend([0; 8]);
                entry.extend(attributes(FILE, size));
                Ok(entry)
            }
            _ => Err(ENOENT),
        },
        // FORGET, INTERRUPT, BATCH_FORGET
        2 | 36 | 42 => return None,
        // GETATTR, SETATTR
        3 | 4 => {
            let mut body = vec![0; 16];
            body.extend(attributes(node, size));
            Ok(body)
        }
        // OPEN
        14 => Ok(vec![0; 16]),
        // READ
        15 => Ok(disk.read(request.offset(), request.size()).to_owned()),
        // WRITE
        16 => {
            let data = &request.0[HEADER + 40..HEADER + 40 + request.size()];
            disk.write(request.offset(), data);
            Ok(words64(&[data.len() as u64]))
        }
        // STATFS
        17 => Ok(vec![0; 80]),
        // RELEASE, FLUSH, DESTROY
        18 | 25 | 38 => Ok(Vec::new()),
        // FSYNC
        20 => {
            disk.flush();
            Ok(Vec::new())
        }
        // INIT
        26 => {
            let mut body = Vec::new();
            for word in [7, 31, 0, 0, 0, MAX_WRITE, 1] {
                body.extend(u32::to_ne_bytes(word));
            }
            body.resize(64, 0);
            Ok(body)
        }
        _ => Err(ENOSYS),
    })
}

fn attributes(node: u64, size: u64) -> Vec<u8> {
    let (mode, size) = if node == ROOT { (0o40_755, 0) } else { (0o100_600, size) };
    let mut body = words64(&[node, size, size / 512, 0, 0, 0]);
    for word in [0, 0, 0, mode, 1, 0, 0, 0, 4096, 0] {
        body.extend(u32::to_ne_bytes(word));
    }
    body
}

fn words64(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_ne_bytes()).collect()
}
