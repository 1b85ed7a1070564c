//! `--fix`: says what it will do, asks, does that and nothing else, and looks again.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::{simulator, synced, write};
use crate::support::doctor::{Told, run};

#[tokio::test]
async fn modes_are_mended_after_they_were_shown() {
    let simulator = simulator(&["a"]).await;
    let (world, base) = (synced(&simulator, "{}").await, simulator.base_url());
    let mode = || fs::metadata(world.models_json()).unwrap().permissions().mode() & 0o777;
    fs::set_permissions(world.models_json(), fs::Permissions::from_mode(0o666)).unwrap();

    let unasked = run(&world, &base, &["doctor", "--fix"], &[]).await;
    assert_eq!(unasked.status.code(), Some(64), "nobody is there to be asked");
    assert!(unasked.stdout.contains("To be done:\n  - chmod 600 "), "{}", unasked.stdout);
    assert!(unasked.stderr.contains("--yes"), "{}", unasked.stderr);
    assert_eq!(mode(), 0o666);

    let told = Told::of(run(&world, &base, &["doctor", "--fix", "--yes", "--json"], &[]).await);
    assert_eq!(mode(), 0o600);
    let repair = &told.json["repairs"][0];
    assert_eq!((&repair["check"], &repair["error"]), (&"state.mode".into(), &serde_json::Value::Null));
    assert!(told.works().of_check("state.mode").is_empty(), "it has looked again");
    let again = run(&world, &base, &["doctor", "--fix"], &[]).await.success();
    assert!(again.stdout.contains("Nothing here can be mended by --fix."), "{}", again.stdout);
}

#[tokio::test]
async fn an_auth_profile_is_added_for_an_early_version_alone_and_what_was_there_is_kept() {
    let simulator = simulator(&["a"]).await;
    let base = simulator.base_url();
    let version = |version: &str| format!("{{\"meta\": {{\"lastTouchedVersion\": {version:?}}}}}");
    let world = synced(&simulator, &version("2026.9.6")).await;
    let profiles = world.models_json().with_file_name("auth-profiles.json");
    let others = r#"{"version":1,"profiles":{"x:default":{"type":"api_key","provider":"x","key":"k"}}}"#;
    write(&profiles, others);
    let told = Told::of(run(&world, &base, &["doctor", "--fix", "--yes", "--json"], &[]).await);
    told.finds("failure", "gateway.auth-profiles", "from starting", "openclaw doctor --fix");
    assert_eq!(fs::read_to_string(&profiles).unwrap(), others, "a late version gets none");

    write(&world.state().join("openclaw.json"), &version("2026.3.13"));
    let told = Told::of(run(&world, &base, &["doctor", "--fix", "--yes", "--json"], &[]).await);
    told.works().finds("good", "gateway.credential", "has a key of its own", "");
    let text = fs::read_to_string(&profiles).unwrap();
    assert!(text.contains("\"lmstudio:default\"") && text.contains("\"x:default\""), "{text}");
    let backup = told.json["repairs"][0]["backup"].as_str().unwrap();
    assert_eq!(fs::read_to_string(backup).unwrap(), others);
}
