//! `lmsync config`: the effective configuration, each value with its origin.

use adapters_fs::Work;
use config::{Config, Effective, Settings};
use domain::ports::ModelStores;
use serde_json::{Map, json};

use crate::default_server::{Candidate, Until, ask_candidates, choose, has_own_key};
use crate::doctor::reason;
use crate::exit::Exit;
use crate::host_kind::HostKind;
use crate::terminal::{self, Screen};
use crate::{output, wiring};

pub(crate) async fn config(config: &Config, settings: Settings, json: bool, all: bool) -> Result<(), Exit> {
    let file = settings.models_json.display().to_string();
    let others: Vec<String> = settings.servers.iter().map(|server| server.server.api.to_string()).collect();
    let stores = wiring::agent_files(&settings, Work::Here).stores(&settings.provider).await;
    let files: Vec<String> = stores.into_iter().map(|store| store.name).collect();
    let candidates = candidates(&settings).await?;
    let chosen = choose(&candidates, has_own_key(&settings)).0.map(|candidate| candidate.url.api.to_string());
    let server = chosen.unwrap_or_else(|| settings.server.api.to_string());
    let effective = config.effective();
    if json {
        let values = effective.into_iter().map(|value| {
            let shown = json!({ "value": value.value, "origin": value.origin });
            (value.setting.variable.to_owned(), shown)
        });
        let settings: Map<_, _> = values.collect();
        return output::print_json(&json!({
            "settings": settings,
            "server": server,
            "candidates": candidates.iter().map(|candidate| json!({
                "address": candidate.url.api.to_string(),
                "lists": candidate.lists(),
                "why": candidate.failure.as_ref().map(reason),
            })).collect::<Vec<_>>(),
            "otherServers": others,
            "file": file,
            "files": files,
        }));
    }
    let mut rows = vec![["VARIABLE", "VALUE", "ORIGIN"].map(str::to_owned).to_vec()];
    let mut unset = 0;
    for Effective { setting, value, origin } in effective {
        let is_default = origin == "default";
        let (value, origin) = match value {
            // The one that answers here, and not the first that is tried.
            Some(_) if setting.variable == "OPENAI_API_BASE" && settings.server_is_default => (server.clone(), origin),
            Some(_) if setting.is_secret() && is_default => ("none (a placeholder is sent)".to_owned(), origin),
            Some(value) => (value, origin),
            // What nobody has set has no origin to speak of.
            None if all => ("-".to_owned(), "-".to_owned()),
            None => {
                unset += 1;
                continue;
            }
        };
        rows.push(vec![setting.variable.to_owned(), value, origin]);
    }
    let more = match unset {
        0 => String::new(),
        number => format!("{} not set and without a default: `lmsync config --all`\n", are(number)),
    };
    let table = terminal::fitted(&rows, &[], Screen::now().width);
    let tried = candidates.iter().map(|candidate| {
        let why = candidate.failure.as_ref().map_or_else(|| "it lists models".to_owned(), reason);
        format!("tried  {}: {why}\n", candidate.url.api)
    });
    let asks = std::iter::once(server).chain(others).map(|server| format!("asks   {server}\n"));
    let keeps = files.iter().map(|file| format!("keeps  {file}\n"));
    output::print(&format!("{table}{more}\n{}", tried.chain(asks).chain(keeps).collect::<String>()))
}

fn are(number: usize) -> String {
    if number == 1 { "1 more is".to_owned() } else { format!("{number} more are") }
}

/// The places where LM Studio can be, asked now; none where a person has set the server's address.
async fn candidates(settings: &Settings) -> Result<Vec<Candidate>, Exit> {
    if !settings.server_is_default {
        return Ok(Vec::new());
    }
    let tls = wiring::tls(settings.extra_roots.as_deref())?;
    Ok(ask_candidates(HostKind::find(), settings.timeout, &tls, Until::All).await)
}
