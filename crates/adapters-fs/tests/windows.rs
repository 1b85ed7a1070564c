//! The replacement of a real file on Windows: readers that share nothing, marks, long and foreign names, leftovers.
#![cfg(windows)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::fs::{self, OpenOptions};
use std::os::windows::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use domain::plan;
use domain::ports::{ModelStore, StoreError};
use lmsync_adapters_fs::{Guard, Hold};
use world::{World, chain, wanted};

/// The lock of a folder, which a process holds while it replaces a file there.
const LOCK: &str = ".lmsync.lock";

/// Loads, plans and saves.
async fn sync(world: &World, ids: &[&str]) -> Result<(), StoreError> {
    let store = world.store();
    let stored = store.load().await?;
    store.save(&plan(&stored, wanted(ids), []), &stored.version).await
}

/// Opens a file as a program does that lets nobody else open it.
fn open_unshared(world: &World) -> fs::File {
    OpenOptions::new().read(true).share_mode(0).open(&world.file).unwrap()
}

#[tokio::test]
async fn a_reader_that_shares_nothing_delays_a_write_until_it_is_done() {
    let world = World::with("{}");
    let store = world.store();
    let stored = store.load().await.unwrap();
    let (opened, is_open) = mpsc::channel();
    let reader = {
        let file = world.file.clone();
        thread::spawn(move || {
            let held = OpenOptions::new().read(true).share_mode(0).open(file).unwrap();
            opened.send(()).unwrap();
            #[expect(clippy::disallowed_methods, reason = "the time for which the reader holds the file")]
            thread::sleep(Duration::from_millis(500));
            drop(held);
        })
    };
    is_open.recv().unwrap();
    let since = Instant::now();
    store.save(&plan(&stored, wanted(&["a"]), []), &stored.version).await.unwrap();
    assert!(since.elapsed() >= Duration::from_millis(400), "{:?}", since.elapsed());
    reader.join().unwrap();
    assert!(world.text().contains("\"a\""));
    assert_eq!(world.names(), ["models.json"]);
}

#[tokio::test]
async fn a_reader_that_does_not_end_is_named_and_the_old_file_stays() {
    let world = World::with("{}");
    let store = world.store();
    let stored = store.load().await.unwrap();
    let held = open_unshared(&world);
    let error = store.save(&plan(&stored, wanted(&["a"]), []), &stored.version).await.unwrap_err();
    assert!(chain(&error).contains("another program holds the file open"), "{}", chain(&error));
    let unread = world.store().load().await.unwrap_err();
    assert!(chain(&unread).contains("another program holds the file open"), "{}", chain(&unread));
    drop(held);
    assert_eq!(world.text(), "{}");
    assert_eq!(world.names(), ["models.json"]);
    sync(&world, &["a"]).await.unwrap();
}

#[tokio::test]
async fn a_reader_that_shares_the_file_sees_the_old_one_or_the_new_one_whole() {
    let world = World::with("{}");
    sync(&world, &["first"]).await.unwrap();
    let (done, file) = (Arc::new(AtomicBool::new(false)), world.file.clone());
    let reader = {
        let done = Arc::clone(&done);
        thread::spawn(move || {
            let mut reads = 0_usize;
            while !done.load(Ordering::Relaxed) {
                // Between two names there is a moment in which Windows denies access.
                let Ok(text) = fs::read_to_string(&file) else { continue };
                assert!(text.starts_with('{') && text.trim_end().ends_with('}'), "{text}");
                reads += 1;
                // Wine replaces no file that is open; Windows does, where its reader shares it.
                #[expect(clippy::disallowed_methods, reason = "a reader does something with what it has read")]
                thread::sleep(Duration::from_millis(1));
            }
            reads
        })
    };
    for round in 0..100 {
        sync(&world, &[["a", "b"][round % 2]]).await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    assert!(reader.join().unwrap() > 0);
}

#[tokio::test]
async fn a_file_that_is_marked_read_only_stays_and_the_mark_is_named() {
    let world = World::with("{}");
    let set = |read_only: bool| {
        let mut permissions = fs::metadata(&world.file).unwrap().permissions();
        permissions.set_readonly(read_only);
        fs::set_permissions(&world.file, permissions).unwrap();
    };
    set(true);
    let since = Instant::now();
    let error = sync(&world, &["a"]).await.unwrap_err();
    assert!(chain(&error).contains("attrib -R"), "{}", chain(&error));
    assert!(since.elapsed() < Duration::from_secs(2), "nobody waits for it");
    set(false);
    assert_eq!(world.text(), "{}");
    sync(&world, &["a"]).await.unwrap();
}

#[tokio::test]
async fn long_paths_and_foreign_letters_are_paths_like_others() {
    let deep: PathBuf = (0..12).map(|_| "a-folder-with-a-long-name").collect();
    assert!(deep.as_os_str().len() > 260);
    for path in [deep.join("models.json"), PathBuf::from("J\u{f6}rg \u{30b8}\u{30e7}\\agent\\models.json")] {
        let world = World::at(path.to_str().unwrap());
        sync(&world, &["a"]).await.unwrap();
        sync(&world, &["b"]).await.unwrap();
        assert_eq!(world.names(), ["models.json"], "{}", path.display());
    }
}

#[tokio::test]
async fn leftovers_of_a_crash_are_swept_and_nothing_else() {
    let world = World::with("{}");
    for name in [".models.json.lmsync-0123456789abcdef.tmp", ".models.json.tmp"] {
        fs::write(world.folder().join(name), "").unwrap();
    }
    assert_eq!(world.store().sweep().await.unwrap(), 1);
    assert_eq!(world.names(), [".models.json.tmp", "models.json"]);
}

#[tokio::test]
async fn while_another_lmsync_writes_nothing_is_swept_and_nothing_written() {
    let world = World::with("{}");
    let leftover = world.folder().join(".models.json.lmsync-0123456789abcdef.tmp");
    fs::write(&leftover, "").unwrap();
    // Others may read it.
    let lock = OpenOptions::new().write(true).create(true).share_mode(1).open(world.folder().join(LOCK)).unwrap();
    assert_eq!(world.store().sweep().await.unwrap(), 0);
    let error = sync(&world, &["a"]).await.unwrap_err();
    assert!(chain(&error).contains("another lmsync has been writing there"), "{}", chain(&error));
    assert_eq!(world.text(), "{}");
    assert!(leftover.exists());
    drop(lock);
    fs::remove_file(world.folder().join(LOCK)).unwrap();
    sync(&world, &["a"]).await.unwrap();
    assert_eq!(world.names(), ["models.json"], "the lock goes with its process");
}

#[test]
fn the_right_to_a_folder_says_who_has_it_and_leaves_nothing_behind() {
    let world = World::new();
    let own = world.root().join("lmsync");
    let (mut first, mut second) = (Guard::of_folder(&own), Guard::of_folder(&own));
    assert_eq!(first.hold().unwrap(), Hold::Ours);
    let Hold::Theirs(holder) = second.hold().unwrap() else { panic!("two have one right") };
    assert!(holder.starts_with(&format!("process {} on ", std::process::id())), "{holder}");
    drop(first);
    assert_eq!(second.hold().unwrap(), Hold::Ours);
    second.release();
    assert!(!own.join("daemon.lock").exists());
}
