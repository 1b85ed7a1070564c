//! The replacement of a real file: modes, owners, links, leftovers, and what an error says. For POSIX.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use domain::ports::{ModelStore, StoreError};
use domain::{Stored, Version, plan};
use rustix::fs::{CWD, FileType, FlockOperation, Mode, mknodat};
use world::{World, chain, wanted};

/// Loads, plans and saves.
async fn sync(world: &World, ids: &[&str]) -> Result<(), StoreError> {
    let store = world.store();
    let stored = store.load().await?;
    store.save(&plan(&stored, wanted(ids), []), &stored.version).await
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[tokio::test]
async fn a_new_file_is_for_its_owner_alone_and_so_are_the_folders_above() {
    let world = World::at("state/agents/main/agent/models.json");
    sync(&world, &["a"]).await.unwrap();
    assert_eq!(mode(&world.file), 0o600);
    for folder in world.file.ancestors().skip(1).take(4) {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
}

#[tokio::test]
async fn an_existing_file_keeps_its_mode_whatever_the_umask() {
    for wanted in [0o600, 0o640, 0o666, 0o604] {
        let world = World::with("{}");
        fs::set_permissions(&world.file, Permissions::from_mode(wanted)).unwrap();
        sync(&world, &["a"]).await.unwrap();
        assert_eq!(mode(&world.file), wanted);
    }
}

#[tokio::test]
async fn what_root_writes_belongs_to_the_owner_of_the_file_or_folder() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let world = World::with("{}");
    chown(&world.file, Some(1234), Some(2345)).unwrap();
    sync(&world, &["a"]).await.unwrap();
    let owner = |path: &Path| fs::metadata(path).map(|file| (file.uid(), file.gid())).unwrap();
    assert_eq!(owner(&world.file), (1234, 2345));

    let world = World::at("state/agent/models.json");
    chown(world.root(), Some(1234), Some(2345)).unwrap();
    sync(&world, &["a"]).await.unwrap();
    for path in world.file.ancestors().take(3) {
        assert_eq!(owner(path), (1234, 2345), "{}", path.display());
    }
}

#[tokio::test]
async fn a_symlink_is_read_but_not_replaced() {
    let world = World::new();
    let real = world.root().join("real.json");
    fs::write(&real, "{}").unwrap();
    symlink(&real, &world.file).unwrap();
    let error = sync(&world, &["a"]).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }));
    assert!(chain(&error).contains(&format!("a symlink to {}", real.display())), "{}", chain(&error));
    assert_eq!(fs::read_to_string(&real).unwrap(), "{}");
    assert!(fs::symlink_metadata(&world.file).unwrap().is_symlink());
}

#[tokio::test]
async fn a_symlink_to_nowhere_is_not_replaced_either() {
    let world = World::new();
    symlink("nowhere\u{1b}[31m", &world.file).unwrap();
    let error = sync(&world, &["a"]).await.unwrap_err();
    assert!(matches!(error, StoreError::Refused { .. }));
    assert!(!chain(&error).contains('\u{1b}'));
    assert!(!world.folder().join("nowhere\u{1b}[31m").exists());
}

#[tokio::test]
async fn a_hard_link_is_broken_and_the_other_name_keeps_its_content() {
    let world = World::with("{}");
    let other = world.root().join("other.json");
    fs::hard_link(&world.file, &other).unwrap();
    sync(&world, &["a"]).await.unwrap();
    assert_eq!(fs::metadata(&world.file).unwrap().nlink(), 1);
    assert_eq!(fs::read_to_string(&other).unwrap(), "{}");
}

#[tokio::test]
async fn what_is_no_file_is_refused_at_once() {
    let world = World::new();
    mknodat(CWD, &world.file, FileType::Fifo, Mode::RWXU, 0).unwrap();
    for (world, what) in [(world, "a named pipe"), (World::at("sub/models.json"), "a folder")] {
        if what == "a folder" {
            fs::create_dir_all(&world.file).unwrap();
        }
        let store = world.store();
        let saved = store.save(&plan(&Stored::default(), wanted(&["a"]), []), &Version(None)).await;
        for error in [store.load().await.unwrap_err(), saved.unwrap_err()] {
            assert!(matches!(error, StoreError::Refused { .. }));
            assert!(chain(&error).contains(what), "{}", chain(&error));
        }
        assert!(!fs::metadata(&world.file).unwrap().is_file());
    }
}

#[tokio::test]
async fn a_file_in_a_folders_place_is_told_with_its_path_and_a_remedy() {
    let world = World::at("state/agent/models.json");
    fs::write(world.root().join("state"), "").unwrap();
    let load = world.store().load().await.unwrap_err();
    let save = world.store().save(&plan(&Stored::default(), wanted(&["a"]), []), &Version(None)).await.unwrap_err();
    for error in [load, save] {
        let said = chain(&error);
        assert!(said.contains(world.root().join("state").to_str().unwrap()), "{said}");
        assert!(said.contains("a file where a folder should be"), "{said}");
    }
}

/// `/proc` takes no files, not even from root.
#[tokio::test]
async fn a_folder_that_takes_no_files_is_told_with_its_path() {
    let world = World::at("x");
    let store = lmsync_adapters_fs::ModelsFile::new("/proc/self/models.json".into(), "lmstudio".into());
    let error = store.save(&plan(&Stored::default(), wanted(&["a"]), []), &Version(None)).await.unwrap_err();
    assert!(matches!(error, StoreError::Unwritable { .. }));
    assert!(chain(&error).contains("/proc/self"), "{}", chain(&error));
    drop(world);
}

#[tokio::test]
async fn a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else() {
    let world = World::with("{}");
    // A name as long as names can be leaves no room for a temporary one.
    let long = world.folder().join("m".repeat(255));
    fs::write(&long, "{}").unwrap();
    let store = lmsync_adapters_fs::ModelsFile::new(long.clone(), "lmstudio".into());
    let stored = store.load().await.unwrap();
    let error = store.save(&plan(&stored, wanted(&["a"]), []), &stored.version).await.unwrap_err();
    assert!(chain(&error).contains("use a shorter one"), "{}", chain(&error));
    assert_eq!(fs::read_to_string(&long).unwrap(), "{}");
    assert_eq!(world.names().len(), 2);
}

#[tokio::test]
async fn leftovers_of_a_crash_are_swept_and_nothing_else() {
    let world = World::with("{}");
    let ours = [".models.json.lmsync-0123456789abcdef.tmp", ".models.json.lmsync-ffffffffffffffff.tmp"];
    let others = [".models.json.tmp", ".other.json.lmsync-0123456789abcdef.tmp", ".models.json.lmsync-x.tmp"];
    for name in ours.iter().chain(&others) {
        fs::write(world.folder().join(name), "").unwrap();
    }
    fs::create_dir(world.folder().join(".models.json.lmsync-0000000000000000.tmp")).unwrap();
    assert_eq!(world.store().sweep().await.unwrap(), 2);
    assert_eq!(world.names().len(), 1 + others.len() + 1);
    assert!(ours.iter().all(|name| !world.folder().join(name).exists()));
    assert_eq!(World::at("no/such/models.json").store().sweep().await.unwrap(), 0);
}

#[tokio::test]
async fn while_another_lmsync_writes_nothing_is_swept_and_nothing_written() {
    let world = World::with("{}");
    let leftover = world.folder().join(".models.json.lmsync-0123456789abcdef.tmp");
    fs::write(&leftover, "").unwrap();
    let folder = fs::File::open(world.folder()).unwrap();
    rustix::fs::flock(&folder, FlockOperation::LockExclusive).unwrap();
    assert_eq!(world.store().sweep().await.unwrap(), 0);
    let error = sync(&world, &["a"]).await.unwrap_err();
    assert!(chain(&error).contains("another lmsync has been writing there"), "{}", chain(&error));
    assert!(leftover.exists());
    drop(folder);
    assert_eq!(world.store().sweep().await.unwrap(), 1);
    sync(&world, &["a"]).await.unwrap();
}
