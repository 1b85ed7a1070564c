//! lmsync: keeps OpenClaw's model list true to what LM Studio serves.

mod address;
mod changes;
mod cli;
mod commands;
mod config_source;
mod daemon;
mod default_server;
mod doctor;
mod exit;
mod gateway;
mod host_kind;
mod logging;
mod output;
mod place;
mod platform;
mod plugin;
mod progress;
mod seen;
mod service;
mod status;
mod terminal;
mod wiring;

use std::process::ExitCode;
use std::time::Duration;

use crate::cli::Command;
use crate::config_source::ConfigSource;
use crate::exit::Exit;

fn main() -> ExitCode {
    let invocation = cli::parse();
    match start(invocation) {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.report(),
    }
}

fn start(invocation: cli::Invocation) -> Result<(), Exit> {
    terminal::choose_color(invocation.color);
    if let Command::Completions(shell) = invocation.command {
        return commands::completions::print(shell);
    }
    if let Command::Man = invocation.command {
        return commands::man::print();
    }
    if let Command::Healthcheck = invocation.command {
        return commands::healthcheck::healthcheck(invocation.flags);
    }
    if let Command::Doctor(asked) = invocation.command {
        // Nothing is logged: a wrong setting is a finding.
        return in_runtime(commands::doctor::doctor(invocation.flags, asked), Duration::ZERO);
    }
    if let Command::Service(asked) = invocation.command {
        return commands::service::service(invocation.flags, asked);
    }
    if let Command::Relay(relay) = invocation.command {
        // It runs in the gateway's container, whose settings are not its own, and where nobody reads its log.
        return in_runtime(commands::relay::relay(relay), Duration::ZERO);
    }
    let (source, config) = ConfigSource::read(invocation.flags)?;
    let settings = config.settings()?;
    let mut log = config.log()?;
    if matches!(invocation.command, Command::Demo { .. }) && log.filter_origin == "default" {
        // The demo prints what happens; the log would repeat it.
        log.filter = "warn".to_owned();
    }
    let shows_changes = logging::start(&log)?;
    logging::unknown_variables(config.unknown());
    logging::quoted_variables(config.quoted());
    if settings.started_by_plugin.is_some() {
        plugin::report_overridden(&config);
    }
    // The daemon's disk work is done aside: what has begun of it is waited for.
    let keeps_writing = matches!(invocation.command, Command::Run { .. } | Command::Demo { .. });
    let last = if keeps_writing { wiring::LAST_WRITE } else { Duration::ZERO };
    let command = async {
        match invocation.command {
            Command::Run { stop_with_stdin } => {
                commands::run::run(settings, source, stop_with_stdin, shows_changes).await
            }
            Command::Sync(asked) => commands::sync::sync(settings, asked).await,
            Command::Remove { dry_run, json, quiet } => commands::remove::remove(settings, dry_run, json, quiet).await,
            Command::Models { json } => commands::models::models(settings, json).await,
            Command::Explain { id, json } => commands::explain::explain(settings, &id, json).await,
            Command::Status(asked) => commands::status::status(settings, asked).await,
            Command::Config { json, all } => commands::config::config(&config, settings, json, all).await,
            Command::Demo { for_ } => commands::demo::demo(settings, for_).await,
            Command::Simulator { listen, control } => commands::simulator::simulator(listen, control).await,
            Command::Completions(_)
            | Command::Man
            | Command::Healthcheck
            | Command::Doctor(_)
            | Command::Service(_)
            | Command::Relay(_) => Ok(()),
        }
    };
    in_runtime(command, last)
}

/// Runs a command; what it has left to threads is waited for so long.
fn in_runtime(command: impl Future<Output = Result<(), Exit>>, last: Duration) -> Result<(), Exit> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Exit::bug("failed to start the runtime", error))?;
    let result = runtime.block_on(command);
    // A name that is still being looked up must not keep the program.
    runtime.shutdown_timeout(last);
    result
}
