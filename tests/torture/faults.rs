//! Every call of a pass to the file system made to fail in turn: by strace, in the running program.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::process::{Signal, geteuid};

use super::pause::pause;
use super::reader::Reader;
use crate::support::foreign::{FOREIGN, leftovers, put};
use crate::support::intensity::long;
use crate::support::list_server::ListServer;
use crate::support::lmsync::{at_home, binary, lmsync};
use crate::support::running::Running;
use crate::support::world::World;
use crate::support::{PATIENCE, figure, tool};

/// The calls of a pass, each with the errors that it may meet. The first one is tried in the quick form too.
const FAULTS: &[(&str, &[&str])] = &[
    ("openat", &["EACCES", "ENOSPC", "EIO", "EROFS", "EMFILE"]),
    ("statx", &["EIO", "EACCES"]),
    ("newfstatat", &["EIO", "EACCES"]),
    ("fstat", &["EIO"]),
    ("read", &["EIO"]),
    ("pread64", &["EIO"]),
    ("flock", &["ENOLCK", "EIO"]),
    ("getdents64", &["EIO"]),
    ("getrandom", &["ENOSYS"]),
    ("fchmod", &["EROFS", "EIO", "EPERM"]),
    ("fchown", &["EPERM", "EIO"]),
    ("pwrite64", &["ENOSPC", "EIO", "EDQUOT"]),
    ("fsync", &["EIO", "ENOSPC", "EDQUOT"]),
    ("renameat2", &["EBUSY", "ENOSPC", "EIO", "EACCES", "EROFS", "EXDEV", "EINVAL", "ENOSYS"]),
    ("unlinkat", &["EACCES", "EIO", "EBUSY", "EROFS"]),
];

/// What has to be made to fail at least once, whichever thread makes it.
const CALLS: &[&str] = &[
    "openat folder",
    "openat temp",
    "openat file",
    "newfstatat file",
    "newfstatat temp",
    "fstat file",
    "fstat temp",
    "statx file",
    "read file",
    "pread64 file",
    "pread64 temp",
    "flock folder",
    "getdents64 folder",
    "fchmod temp",
    "pwrite64 temp",
    "fsync temp",
    "fsync folder",
    "renameat2 temp",
    "unlinkat temp",
];

/// The advice to a person about an error.
const REMEDIES: &[(&str, &str)] = &[
    ("ENOSPC", "free some space"),
    ("EDQUOT", "quota"),
    ("EROFS", "mount the folder writable"),
    ("EACCES", "run it as the owner"),
    ("EPERM", "run it as the owner"),
    ("EBUSY", "mount its folder"),
    ("EXDEV", "mount the whole folder"),
    ("EIO", "look at the kernel log"),
    ("EMFILE", "ulimit -n"),
];

/// More than any call is made in one pass.
const MOST_CALLS: usize = 12;

const WARNED: &str = "the lmstudio model list cannot be updated; trying again";

#[tokio::test]
async fn whichever_call_fails_the_file_is_old_or_new_and_the_next_pass_recovers() {
    let mut stage = Stage::set().await;
    let (mut tried, mut hit) = (0, BTreeSet::new());
    for (call, errors) in FAULTS {
        let errors = if long() { errors } else { &errors[..1] };
        for error in errors {
            for nth in 1..=MOST_CALLS {
                let Some(injected) = stage.try_fault(call, error, nth).await else { break };
                tried += 1;
                hit.extend(injected);
            }
        }
    }
    // A pass may be shared among threads, and each counts for itself: what was missed is tried again.
    for (call, errors) in FAULTS {
        for nth in 1..=3 * MOST_CALLS {
            let missed = CALLS.iter().any(|wanted| wanted.split(' ').next() == Some(call) && !hit.contains(*wanted));
            if missed && let Some(injected) = stage.try_fault(call, errors[0], 1 + nth % MOST_CALLS).await {
                tried += 1;
                hit.extend(injected);
            }
        }
    }
    let reads = stage.reader.stop();
    figure("faults", tried, "each call of a pass, each error");
    figure("reads of the file meanwhile, all of them the old one or the new one", reads, "many");
    for call in &hit {
        figure("made to fail", call, "each call of a pass");
    }
    let missed: Vec<_> = CALLS.iter().filter(|call| !hit.contains(**call)).collect();
    assert!(missed.is_empty(), "never made to fail: {missed:?}");
    assert_eq!(leftovers(&stage.file), [] as [PathBuf; 0]);
    stage.daemon.signal(Signal::TERM);
    stage.daemon.finish(PATIENCE).await.success();
}

/// A daemon that finds the old content whenever it is put there, and makes it the new one.
struct Stage {
    world: World,
    file: PathBuf,
    old: Vec<u8>,
    new: Vec<u8>,
    daemon: Running,
    reader: Reader,
}

impl Stage {
    async fn set() -> Self {
        let (world, server) = (World::new(), ListServer::start(&["a"]));
        let file = world.models_json();
        put(&file, FOREIGN.as_bytes());
        let sync = async || {
            Running::start(lmsync(&world, server.base()).arg("sync")).finish(PATIENCE).await.success();
            fs::read(&file).unwrap()
        };
        let old = sync().await;
        server.set(&["a", "b"]);
        let new = sync().await;
        let mut command = lmsync(&world, server.base());
        command.args([
            "run",
            "--interval",
            "60ms",
            "--busy-sources",
            "none",
            "--refresh",
            "off",
            "--log-format",
            "json",
        ]);
        let mut daemon = Running::start(&mut command);
        daemon.wait_for_line("lmstudio answers", PATIENCE).await;
        let reader = Reader::start(file.clone(), [old.clone(), new.clone()]);
        Self { world, file, old, new, daemon, reader }
    }

    /// Makes the so-manieth call of its kind fail, in each thread, and waits for the recovery. Tells which calls these
    /// were; `None` where no thread makes so many.
    async fn try_fault(&mut self, call: &str, error: &str, nth: usize) -> Option<BTreeSet<String>> {
        let trace = self.world.home().join("fault.strace");
        let said = self.daemon.transcript().len();
        let mut strace = Command::new(tool("LMSYNC_TEST_STRACE"));
        strace.args(["-f", "-y", "-e", &format!("trace=fsync,close,{call}"), "-e"]);
        strace.arg(format!("inject={call}:error={error}:when={nth}")).arg("-o").arg(&trace);
        let mut strace = Running::start(strace.arg("-p").arg(self.daemon.id().to_string()));
        strace.wait_for_line("attached", PATIENCE).await;
        self.put_old();
        self.await_new();
        strace.signal(Signal::INT);
        strace.finish(PATIENCE).await;
        let case = format!("{call} {error} {nth}");
        let trace = fs::read_to_string(trace).unwrap();
        self.never_synced_again(&case, &trace);
        let injected: BTreeSet<_> =
            trace.lines().filter(|line| line.contains("(INJECTED)")).map(|line| self.role(call, line)).collect();
        let log = self.daemon.transcript().split_off(said);
        self.is_told(&case, error, &log, &injected);
        if injected.contains("fsync folder") {
            // In place, but not to be relied on: it is written once more, and told then.
            self.daemon.wait_for_line("could not make it durable", PATIENCE).await;
            self.daemon.wait_for_line("lmstudio models refreshed", PATIENCE).await;
        }
        // The next pass without strace leaves nothing behind.
        self.put_old();
        self.await_new();
        assert!(leftovers(&self.file).len() <= 1, "{case}: {:?}", leftovers(&self.file));
        if injected.is_empty() { None } else { Some(injected) }
    }

    fn put_old(&self) {
        put(&self.file, &self.old);
        if geteuid().is_root() {
            // So that a new file has to be given to somebody else.
            chown(&self.file, Some(1234), Some(2345)).unwrap();
        }
    }

    fn await_new(&self) {
        let deadline = Instant::now() + PATIENCE;
        while fs::read(&self.file).unwrap() != self.new {
            assert!(Instant::now() < deadline, "no recovery:\n{}", self.daemon.transcript());
            pause(Duration::from_millis(2));
        }
        // The pass ends after the file is in place.
        pause(Duration::from_millis(30));
    }

    /// What the call was made for.
    fn role(&self, call: &str, line: &str) -> String {
        let folder = self.file.parent().unwrap().display().to_string();
        let object = match line {
            _ if line.contains(".models.json.lmsync-") => "temp",
            _ if line.contains("models.json") && !line.contains(".lock") => "file",
            _ if line.contains(&folder) => "folder",
            _ => "else",
        };
        format!("{call} {object}")
    }

    /// A sync that failed is not tried again on the same descriptor, which would call lost what it calls clean.
    fn never_synced_again(&self, case: &str, trace: &str) {
        let lines: Vec<&str> = trace.lines().collect();
        for (at, line) in lines.iter().enumerate() {
            if !(line.contains(" fsync(") && line.contains("(INJECTED)")) {
                continue;
            }
            let descriptor = line.split_once(" fsync(").unwrap().1.split_once('<').unwrap().0;
            let open = lines[at + 1..].iter().take_while(|line| !line.contains(&format!(" close({descriptor}<")));
            let again: Vec<_> = open.filter(|line| line.contains(&format!(" fsync({descriptor}<"))).collect();
            assert!(again.is_empty(), "{case}: {line}, then {again:?}");
        }
    }

    /// The log names the file, and what to do.
    fn is_told(&self, case: &str, error: &str, log: &str, injected: &BTreeSet<String>) {
        let told = log.lines().find(|line| line.contains(WARNED));
        let decides = ["pwrite64 temp", "fsync temp", "fsync folder", "fchmod temp", "fchown temp", "openat temp"];
        let must = injected.iter().any(|call| decides.contains(&call.as_str()))
            || (injected.contains("renameat2 temp") && !["EINVAL", "ENOSYS"].contains(&error));
        let Some(line) = told else {
            assert!(!must, "{case} is not told:\n{log}");
            return;
        };
        let folder = self.file.parent().unwrap().display().to_string();
        assert!(line.contains(&folder), "{case} names the file or its folder: {line}");
        if let Some((_, remedy)) = REMEDIES.iter().find(|(of, _)| *of == error) {
            assert!(line.contains(remedy), "{case} says what to do: {line}");
        }
    }
}

/// What a first pass makes: folders, and a look for leftovers.
#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named_and_the_next_pass_makes_it() {
    let server = ListServer::start(&["a"]);
    for (call, error, nth) in [
        ("mkdirat", "ENOSPC", 1),
        ("mkdirat", "EACCES", 2),
        ("mkdirat", "EROFS", 3),
        ("mkdirat", "EIO", 4),
        ("fsync", "EIO", 1),
        ("fsync", "EIO", 2),
        ("getdents64", "EIO", 1),
    ] {
        let world = World::new();
        let mut command = Command::new(tool("LMSYNC_TEST_STRACE"));
        command.args(["-f", "-o", "/dev/null", "-e", &format!("inject={call}:error={error}:when={nth}")]);
        let command = &mut at_home(command, &world, server.base());
        let finished = Running::start(command.arg(binary()).arg("sync")).finish(PATIENCE).await;
        if !finished.status.success() {
            assert!(finished.stderr.contains(&world.state().display().to_string()), "{}", finished.stderr);
            let remedy = REMEDIES.iter().find(|(of, _)| *of == error).unwrap().1;
            assert!(finished.stderr.contains(remedy), "{call} {error}: {}", finished.stderr);
            assert!(!world.models_json().exists());
        }
        Running::start(lmsync(&world, server.base()).arg("sync")).finish(PATIENCE).await.success();
        assert_eq!((world.ids(), leftovers(&world.models_json())), (vec!["a".to_owned()], Vec::new()));
    }
}
