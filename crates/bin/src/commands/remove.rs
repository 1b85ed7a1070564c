//! `lmsync remove`: takes out of OpenClaw all that lmsync ever wrote there.

use std::path::Path;
use std::time::SystemTime;

use adapters_fs::{Sign, Work, remove_made_folders};
use app::{Mode, NoActivitySource, TargetOutcome, TokioClock};
use config::Settings;
use domain::Chain;
use domain::ports::{ModelStores, NamedStore};
use serde_json::json;

use crate::commands::config_target::TargetReport;
use crate::exit::Exit;
use crate::{gateway, output, wiring};

pub(crate) async fn remove(settings: Settings, dry_run: bool, json: bool, quiet: bool) -> Result<(), Exit> {
    let mode = if dry_run { Mode::DryRun } else { Mode::Write };
    let mut providers = vec![settings.provider.clone()];
    providers.extend(settings.servers.iter().map(|server| server.provider.clone()));
    let tls = wiring::tls(settings.extra_roots.as_deref())?;
    let openclaw_json = settings.gateway.config.clone();
    let own_folder = settings.own_folder.clone();
    let stores = wiring::agent_files(&settings, Work::Here);
    let gateway = gateway::gateway(settings.gateway, &settings.own_folder, tls, Work::Here).await?;
    let target = gateway::config_target(
        settings.config_target,
        &gateway,
        &openclaw_json,
        &settings.own_folder,
        stores.clone(),
        NoActivitySource,
        Work::Here,
    );

    let clock = TokioClock::start();
    let (mut text, mut files, mut targets) = (String::new(), Vec::new(), Vec::new());
    let (mut failed, mut agent_folders) = (None, Vec::new());
    for provider in &providers {
        let result = target.withdraw(provider, &clock, mode).await;
        let report = TargetReport { provider: provider.clone(), result };
        text.push_str(&report.text(dry_run));
        targets.push(report.to_json(dry_run));
        if let Err(error) = report.result {
            failed =
                Some(Exit::io("failed to take lmsync's rows out of openclaw.json (does the gateway run?)", &error));
        } else if !matches!(report.result, Ok(TargetOutcome::Unchanged | TargetOutcome::Written(_))) {
            failed = failed.or_else(|| Some(Exit::unwritable("lmsync's rows are still in openclaw.json")));
        }
        for NamedStore { name, store } in stores.stores(provider).await {
            let taken = store.withdraw(dry_run).await;
            agent_folders.extend(store.path().parent().map(Path::to_owned));
            match &taken {
                Ok(true) if dry_run => {
                    text.push_str(&format!("{provider} in {name} would be restored to how it was before lmsync\n"))
                }
                Ok(true) => text.push_str(&format!("restored {provider} in {name} to how it was before lmsync\n")),
                Ok(false) => text.push_str(&format!("{name} has nothing of {provider}\n")),
                Err(error) => text.push_str(&format!("{}\n", Chain(error))),
            }
            let error = taken.as_ref().err().map(|error| Chain(error).to_string());
            let written = !dry_run && taken.as_ref().is_ok_and(|taken| *taken);
            let found = taken.as_ref().ok();
            files.push(json!({
                "file": name, "provider": provider, "found": found, "written": written, "error": error,
            }));
            if let Err(error) = taken {
                failed = failed.or(Some(Exit::from(error)));
            }
        }
    }
    let mut folders = Vec::new();
    if !dry_run && failed.is_none() {
        match Sign::read(&own_folder, SystemTime::now()) {
            Ok(Sign::Alive(..)) => text.push_str("the folders that lmsync made stay, since its daemon runs\n"),
            _ => folders = remove_made_folders(&own_folder, &agent_folders),
        }
    }
    for folder in &folders {
        text.push_str(&format!("removed the folder {}, which lmsync had made\n", folder.display()));
    }
    if json {
        let folders: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
        output::print_json(&json!({
            "dryRun": dry_run, "files": files, "folders": folders, "openclawConfig": targets,
        }))?;
    } else if dry_run || failed.is_some() || !quiet {
        output::print_wrapped(&text)?;
    }
    failed.map_or(Ok(()), Err)
}
