//! Holds `docs/OPENCLAW-VERSIONS.md` to the table that the code uses.
//!
//! `LMSYNC_BLESS=1 cargo test -p lmsync-domain --test versions_doc` writes it again.

use std::fmt::{Display, Write};
use std::fs;
use std::path::Path;

use lmsync_domain::era::{ERAS, Era};

const HEAD: &str = "# OpenClaw, version by version

What lmsync knows of OpenClaw's versions, from the table by which it decides (`crates/domain/src/openclaw/era/table.rs`; this page
is written by `LMSYNC_BLESS=1 cargo test -p lmsync-domain --test versions_doc`). A row begins at the version that it
names and ends before the next one's. What it says was seen in the versions under \"tried\"; where exactly a row begins
was read in the packages' code. A version newer than all of these is treated as the newest, and what it then shows is
checked after each change.

With lmsync as a plugin ([PLUGIN.md](PLUGIN.md)), 2026.4.15 shows a change of openclaw.json without a restart: the
plugin has it read its models again.

";

#[test]
fn the_page_says_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/OPENCLAW-VERSIONS.md");
    let page = page();
    #[expect(clippy::disallowed_methods, reason = "the variable is the test's own, and no setting")]
    if std::env::var_os("LMSYNC_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == page, "docs/OPENCLAW-VERSIONS.md is not what the table says: bless it (see this test's file)");
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("## What shows a change, and what stays\n\n");
    table(
        &mut page,
        &[
            "from",
            "tried",
            "a change of models.json is shown by",
            "our provider in models.json is",
            "a change of openclaw.json is shown by",
            "openclaw.json is changed by",
        ],
        |era| {
            let goes = if era.replace_paths { "`config.patch`" } else { "`config.set`, of the whole file" };
            let shown =
                [era.models_json_shows.to_string(), era.models_json_fate.to_string(), era.config_shows.to_string()];
            [vec![era.since.to_string(), era.tried.join(", ")], shown.into(), vec![goes.to_owned()]].concat()
        },
    );
    page.push_str("\n## What authorises a turn, and who may ask\n\n");
    table(
        &mut page,
        &["from", "a credential is", "auth-profiles.json is", "inference is seen by", "rights are kept by"],
        |era| {
            vec![
                era.since.to_string(),
                list(era.credentials),
                era.auth_profiles.to_string(),
                list(era.signals),
                era.identity.to_string(),
            ]
        },
    );
    page
}

fn list<T: Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn table(page: &mut String, head: &[&str], row: impl Fn(&Era) -> Vec<String>) {
    // Writing to a String cannot fail.
    let _ = writeln!(page, "| {} |", head.join(" | "));
    let _ = writeln!(page, "|{}", "---|".repeat(head.len()));
    for era in &ERAS {
        let cells = row(era);
        assert_eq!(cells.len(), head.len());
        let _ = writeln!(page, "| {} |", cells.join(" | "));
    }
}
