//! Another program that writes the file at the same moment: no edit of its is lost. Windows cannot exchange two names,
//! and promises less (`docs/GUARANTEES.md`).
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod world;

use std::fs;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use domain::plan;
use domain::ports::{ModelStore, StoreError};
use world::{World, chain, wanted};

/// How another program writes the file.
#[derive(Clone, Copy)]
enum Theirs {
    /// As OpenClaw 2026.2.12 does.
    InPlace,
    /// As OpenClaw 2026.9.6 does.
    Renaming,
}

/// Another program adds a key of its own upon what it has just read, each time while we save, and each time
/// a little later.
async fn write_against(theirs: Theirs) {
    const ROUNDS: u32 = 200;
    let world = World::with("{\"providers\":{}}");
    let store = world.store();
    let (file, temp) = (world.file.clone(), world.folder().join(".theirs"));
    let (begin, begun) = mpsc::channel::<u32>();
    let (end, ended) = mpsc::channel();
    let writer = thread::spawn(move || {
        for round in begun {
            let delay = Duration::from_micros(u64::from(round) * 10);
            let now = Instant::now();
            while now.elapsed() < delay {
                std::hint::spin_loop();
            }
            let mine = format!("{{\"t{round}\":{round},");
            let edited = fs::read_to_string(&file).unwrap().replacen('{', &mine, 1);
            match theirs {
                Theirs::InPlace => fs::write(&file, edited).unwrap(),
                Theirs::Renaming => {
                    fs::write(&temp, edited).unwrap();
                    fs::rename(&temp, &file).unwrap();
                }
            }
            end.send(()).unwrap();
        }
    });
    let mut saved = 0;
    for round in 0..ROUNDS {
        let stored = store.load().await.unwrap();
        let plan = plan(&stored, wanted(&[["a", "b"][saved % 2]]), []);
        begin.send(round).unwrap();
        match store.save(&plan, &stored.version).await {
            Ok(()) => saved += 1,
            Err(StoreError::Changed { .. }) => {}
            Err(error) => panic!("{}", chain(&error)),
        }
        ended.recv().unwrap();
    }
    drop(begin);
    writer.join().unwrap();
    let text = world.text();
    let lost: Vec<u32> = (0..ROUNDS).filter(|round| !text.contains(&format!("\"t{round}\":"))).collect();
    assert_eq!(lost, [0; 0], "saved {saved} times");
    assert!(saved > 0);
    assert_eq!(world.names(), ["models.json"]);
}

#[tokio::test]
async fn no_edit_of_a_writer_in_place_is_lost() {
    write_against(Theirs::InPlace).await;
}

#[tokio::test]
async fn no_edit_of_a_renaming_writer_is_lost() {
    write_against(Theirs::Renaming).await;
}
