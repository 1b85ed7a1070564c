//! `lmsync sync`: one pass, told to a person or a program.

use std::fmt::Write;

use adapters_fs::document;
use app::config::Settings;
use app::{Mode, Outcome, Report, TokioClock, pass};
use domain::Plan;
use domain::ports::ModelStore;
use serde_json::json;
use similar::TextDiff;

use crate::exit::Exit;
use crate::wiring::{self, Adapters, adapters};
use crate::{changes, output};

pub(crate) async fn sync(settings: Settings, dry_run: bool, json: bool) -> Result<(), Exit> {
    let provider = settings.provider.clone();
    let Adapters { source, store, server, base_url, file, interval: _ } = adapters(settings).await?;
    if !dry_run {
        wiring::sweep(&store).await;
    }
    let mode = if dry_run { Mode::DryRun } else { Mode::Write };
    let Report { ids, skipped, outcome, .. } =
        pass(&source, &store, &TokioClock::start(), &base_url, mode).await?;
    let (file, listed) = (file.display(), ids.len());
    if json {
        let mut object = json!({
            "server": server.api.to_string(),
            "file": file.to_string(),
            "provider": provider,
            "listed": listed,
            "skipped": skipped,
            "dryRun": dry_run,
            "written": !dry_run && matches!(outcome, Outcome::Updated(_)),
            "added": [], "changed": [], "removed": [],
        });
        if let (Outcome::Updated(plan), Some(object)) = (&outcome, object.as_object_mut()) {
            object.extend(changes::to_json(plan));
        }
        return output::print_json(&object);
    }
    let models = |count: usize| if count == 1 { "1 model".to_owned() } else { format!("{count} models") };
    let mut text = format!("{} lists {}", server.api, models(listed));
    if skipped > 0 {
        // Writing to a String cannot fail.
        let _ = write!(text, " ({skipped} more without a usable id are left out)");
    }
    text.push('\n');
    match &outcome {
        Outcome::Unchanged => {
            let _ = writeln!(text, "{file} is up to date");
        }
        Outcome::KeptOnEmpty { known } => {
            let _ = writeln!(
                text,
                "{file} stays as it is, with {}: an empty list removes nothing",
                models(*known)
            );
        }
        Outcome::Updated(plan) => {
            text.push_str(&changes::lines(plan));
            if dry_run {
                text.push_str(&file_diff(&store, &provider, plan).await?);
                let _ = writeln!(text, "dry run: {file} is not written");
            } else {
                let _ = writeln!(text, "wrote {file}");
            }
        }
    }
    output::print(&text)
}

/// What the plan would do to the file's text.
async fn file_diff(store: &adapters_fs::ModelsFile, provider: &str, plan: &Plan) -> Result<String, Exit> {
    let stored = store.load().await?;
    let old = stored.version.0.as_deref().unwrap_or_default();
    let new =
        document::edit(old, provider, plan).map_err(|error| Exit::io("failed to plan the write", &error))?;
    let (old, new) = (String::from_utf8_lossy(old), String::from_utf8_lossy(&new));
    let name = store.path().display().to_string();
    Ok(TextDiff::from_lines(&*old, &*new).unified_diff().header(&name, &name).to_string())
}
