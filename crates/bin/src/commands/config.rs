//! `lmsync config`: the effective configuration, each value with its origin.

use adapters_fs::Work;
use config::{Config, Settings};
use domain::ports::ModelStores;
use serde_json::{Map, json};

use crate::exit::Exit;
use crate::terminal::{self, Screen};
use crate::{output, wiring};

pub(crate) async fn config(config: &Config, settings: Settings, json: bool) -> Result<(), Exit> {
    let file = settings.models_json.display().to_string();
    let others: Vec<String> = settings.servers.iter().map(|server| server.server.api.to_string()).collect();
    let stores = wiring::agent_files(&settings, Work::Here).stores(&settings.provider).await;
    let files: Vec<String> = stores.into_iter().map(|store| store.name).collect();
    let server = wiring::first_server(&settings).await;
    let effective = config.effective();
    if json {
        let values = effective.into_iter().map(|value| {
            let shown = json!({ "value": value.value, "origin": value.origin });
            (value.setting.variable.to_owned(), shown)
        });
        let settings: Map<_, _> = values.collect();
        return output::print_json(&json!({
            "settings": settings,
            "server": server.api.to_string(),
            "otherServers": others,
            "file": file,
            "files": files,
        }));
    }
    let mut rows = vec![["VARIABLE", "VALUE", "ORIGIN"].map(str::to_owned).to_vec()];
    for value in effective {
        // What nobody has set has no origin to speak of.
        let origin = if value.value.is_some() { value.origin } else { "-".to_owned() };
        rows.push(vec![
            value.setting.variable.to_owned(),
            value.value.unwrap_or_else(|| "-".to_owned()),
            origin,
        ]);
    }
    let table = terminal::fitted(&rows, &[], Screen::now().width);
    let asks =
        std::iter::once(server.api.to_string()).chain(others).map(|server| format!("asks   {server}\n"));
    let keeps = files.iter().map(|file| format!("keeps  {file}\n"));
    output::print(&format!("{table}\n{}", asks.chain(keeps).collect::<String>()))
}
