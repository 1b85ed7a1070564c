//! The pictures of README, of the real programs: the status page, and the models in OpenClaw's own chat.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;
use simulator::SimModel;

use crate::support::daemon::{ANYWHERE, Daemon, PICKER_SHOWS};
use crate::support::gateway::{Gateway, TOKEN};
use crate::support::openclaw::OpenClaw;
use crate::support::running::Running;
use crate::support::studio::Studio;
use crate::support::world::World;
use crate::support::{PATIENCE, tool};

/// Where they are left; `cargo xtask pictures` takes them from there to `docs/img`.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/pictures");

/// What a page may cost that shows a few of them.
const LARGEST: u64 = 60_000;

#[tokio::test]
async fn the_page_and_openclaws_chat_show_the_same_models() {
    let (openclaw, world, studio) = (OpenClaw::newest(), World::new(), Studio::start(&[]).await);
    studio.world().set_models([
        SimModel::chat("openai/gpt-oss-20b").max_context(131_072).loaded(65_536),
        SimModel::chat("qwen/qwen3-8b").max_context(131_072).loaded(32_768),
        SimModel::chat("google/gemma-3-12b").max_context(131_072).vision(),
        SimModel::embedding("text-embedding-nomic-embed-text-v1.5"),
    ]);
    let gateway = Gateway::start(&openclaw, &world, json!({}), &[("LM_API_TOKEN", "lm-studio")]).await;
    let mut daemon = Daemon::start(&world, &studio, Some(gateway.port()), &[ANYWHERE, ("LMSYNC_INTERVAL", "5s")]);
    let page = daemon.page().await;
    daemon.wait_for(PICKER_SHOWS).await;
    studio.add("mistralai/devstral-small-2507");
    daemon.wait_for(PICKER_SHOWS).await;

    fs::create_dir_all(FOLDER).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/support/pictures.mjs");
    let mut command = Command::new(tool("LMSYNC_TEST_NODE"));
    let chat = format!("http://127.0.0.1:{}/chat?session=main#token={TOKEN}", gateway.port());
    command.arg(script).args([&page, &chat, FOLDER]);
    let told = Running::start(&mut command).finish(PATIENCE).await.success().stdout;
    assert!(told.contains("picker: ") && told.contains("Devstral"), "{told}");
    for name in ["page-light", "page-dark", "picker-light", "picker-dark"] {
        let size = fs::metadata(Path::new(FOLDER).join(name).with_extension("webp")).unwrap().len();
        assert!(size < LARGEST, "{name}: {size} bytes");
    }
    daemon.stop().await;
    gateway.stop().await;
}
