//! How a pass touches the disk, as the kernel sees it: durably when something changed, not at all otherwise.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::list_server::ListServer;
use crate::support::lmsync::{at_home, binary};
use crate::support::running::Running;
use crate::support::world::World;
use crate::support::{PATIENCE, tool};

/// The calls that change a file, its name or its owner. `open` is here for its flags.
const TRACED: &str = "trace=open,openat,openat2,creat,write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,fsync,\
    fdatasync,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,chmod,fchmod,\
    fchmodat,chown,fchown,fchownat,lchown,utimensat";

#[tokio::test]
async fn a_change_is_written_synced_renamed_and_the_folder_synced_in_this_order() {
    let (world, server) = (World::new(), ListServer::start(&["a", "b"]));
    let calls = sync_traced(&world, server.base()).await;
    let file = world.models_json();
    let folder = file.parent().unwrap();

    let renamed = index(&calls, |call| call.is("rename") && call.paths().get(1) == Some(&file));
    let temporary = calls[renamed].paths().remove(0);
    assert_eq!(temporary.parent(), Some(folder), "a rename is atomic within a folder only");

    let fd = format!("<{}>", temporary.display());
    let on_temporary = |call: &Call| call.text.contains(&fd);
    let written = index(&calls, |call| call.name.contains("write") && on_temporary(call));
    let synced = index(&calls, |call| call.is("fsync") && on_temporary(call));
    let folder_fd = format!("<{}>", folder.display());
    let last_written = calls.iter().rposition(|call| call.name.contains("write") && on_temporary(call)).unwrap();
    let folder_synced = calls[renamed..]
        .iter()
        .position(|call| call.is("fsync") && call.text.contains(&folder_fd))
        .map(|at| renamed + at)
        .unwrap_or_else(|| panic!("the folder is not synced after the rename: {:#?}", calls));
    assert!(
        written <= last_written && last_written < synced && synced < renamed && renamed < folder_synced,
        "write {written}..{last_written}, fsync {synced}, rename {renamed}, fsync of the folder {folder_synced}"
    );
}

#[tokio::test]
async fn a_pass_without_a_change_opens_nothing_for_writing() {
    let (world, server) = (World::new(), ListServer::start(&["a", "b"]));
    let first = sync_traced(&world, server.base()).await;
    let before = fs::metadata(world.models_json()).unwrap().modified().unwrap();

    let calls = sync_traced(&world, server.base()).await;
    assert!(calls.iter().any(|call| call.paths().contains(&world.models_json())), "it was read: {calls:#?}");
    assert!(first.iter().any(Call::changes_files), "a change would be seen: {first:#?}");
    let changing: Vec<&Call> = calls.iter().filter(|call| call.changes_files()).collect();
    assert!(changing.is_empty(), "{changing:#?}");
    assert_eq!(fs::metadata(world.models_json()).unwrap().modified().unwrap(), before);
}

/// One system call: its name, and its line with descriptors shown as `7</path>`.
#[derive(Debug)]
struct Call {
    name: String,
    text: String,
}

impl Call {
    /// `123 fsync(7</path>) = 0`, or the first half of a call that another thread interrupted.
    fn of_line(line: &str) -> Option<Self> {
        let text = line.split_once(' ')?.1.trim_start();
        let name = text.split_once('(')?.0;
        let plain = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
        plain.then(|| Self { name: name.to_owned(), text: text.to_owned() })
    }

    /// Whether it is this call or one of its kind: `rename` is also `renameat2`, `fsync` also `fdatasync`.
    fn is(&self, kind: &str) -> bool {
        self.name.starts_with(kind) || (kind == "fsync" && self.name == "fdatasync")
    }

    /// Every path that it names, those below an open folder (`9</folder>, "name"`) in full.
    fn paths(&self) -> Vec<PathBuf> {
        let parts: Vec<&str> = self.text.split('"').collect();
        let named = parts.chunks_exact(2).map(|pair| {
            let folder = pair[0].rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
            Path::new(folder.map_or("", |(folder, _)| folder)).join(pair[1])
        });
        named.collect()
    }

    /// Whether it makes, opens for writing or alters anything but a device, a pipe or a socket.
    fn changes_files(&self) -> bool {
        if self.is("open") {
            let for_writing = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"];
            let device = self.paths().iter().any(|path| path.starts_with("/dev") || path.starts_with("/proc"));
            return for_writing.iter().any(|flag| self.text.contains(flag)) && !device;
        }
        if self.name.contains("write") {
            // Logs and answers go to pipes and sockets, which have no path.
            return self.text.split('<').nth(1).is_some_and(|path| path.starts_with('/') && !path.starts_with("/dev/"));
        }
        true
    }
}

/// Runs `lmsync sync` under strace and returns its calls, in their order.
async fn sync_traced(world: &World, base: &str) -> Vec<Call> {
    let trace = world.home().join("strace.out");
    let mut command = Command::new(tool("LMSYNC_TEST_STRACE"));
    command.args(["-f", "-y", "-s", "4096", "-e", TRACED, "-o"]).arg(&trace).arg(binary()).arg("sync");
    Running::start(&mut at_home(command, world, base)).finish(PATIENCE).await.success();
    let text = fs::read_to_string(trace).unwrap();
    text.lines().filter_map(Call::of_line).collect()
}

fn index(calls: &[Call], wanted: impl Fn(&Call) -> bool) -> usize {
    calls.iter().position(wanted).unwrap_or_else(|| panic!("there is no such call in {calls:#?}"))
}
