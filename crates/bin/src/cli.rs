//! The command line: each setting's flag, straight from the table of settings, and the commands.

mod commands;
mod flags;

use std::ffi::OsString;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgMatches, ColorChoice};
use clap_complete::Shell;
use config::{SETTINGS, Setting};

use self::commands::{COMMANDS, Definition};
use self::flags::{common, flag, is_for_the_daemon, log_filter};
use crate::commands::doctor::Asked;
use crate::commands::relay::Relay;
use crate::commands::{service, status, sync};
use crate::service::Manager;

const ABOUT: &str = "Keeps OpenClaw's model list in sync with LM Studio";

/// What only the long help says, below everything else.
const AFTER_HELP: &str = "\
Examples:
  lmsync doctor                     see what is wrong, and what to type
  lmsync sync --dry-run             see what would change
  lmsync service install            keep OpenClaw's list up to date from now on
  lmsync --base-url http://192.168.1.20:1234/v1
                                    LM Studio runs on another machine
  lmsync demo                       try it without LM Studio and OpenClaw

Every setting is also a variable, in the environment or in a `.env` file: `lmsync config` shows each with its origin. \
The server's key is set by OPENAI_API_KEY alone.

For containers and tests there are also `lmsync healthcheck`, `lmsync relay` and `lmsync simulator`; \
`lmsync help COMMAND` describes each.";

/// What a person asked for.
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) struct Invocation {
    pub(crate) command: Command,
    /// When text is coloured.
    pub(crate) color: ColorChoice,
    /// Settings given as flags.
    pub(crate) flags: Vec<(&'static Setting, String)>,
}

/// The commands.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug, PartialEq, Eq))]
pub(crate) enum Command {
    Run { stop_with_stdin: bool },
    Sync(sync::Asked),
    Remove { dry_run: bool, json: bool, quiet: bool },
    Models { json: bool },
    Explain { id: String, json: bool },
    Config { json: bool, all: bool },
    Status(status::Asked),
    Demo { for_: Option<Duration> },
    Healthcheck,
    Doctor(Asked),
    Relay(Relay),
    Service(service::Asked),
    Simulator { listen: SocketAddr, control: bool },
    Completions(Shell),
    Man,
}

impl Command {
    /// What the program does where nothing else is asked for.
    const RUN: Self = Self::Run { stop_with_stdin: false };
}

/// Reads the process's arguments; ends the process for `--help`, `--version` and wrong usage (exit 64).
pub(crate) fn parse() -> Invocation {
    match read(&std::env::args_os().collect::<Vec<_>>()) {
        Ok(invocation) => invocation,
        Err(error) => {
            // Nothing better can be done where even the message cannot be printed.
            let _ = print(&error);
            std::process::exit(if error.use_stderr() { i32::from(crate::exit::USAGE) } else { 0 });
        }
    }
}

/// Prints the help to standard output; what is wrong with a command line begins as every other failure does.
fn print(error: &clap::Error) -> std::io::Result<()> {
    if !error.use_stderr() {
        return error.print();
    }
    let text = error.render().ansi().to_string().replacen("error:", "lmsync:", 1);
    anstream::stderr().write_all(text.as_bytes())
}

/// Reads a command line. clap gives every command a copy of every flag with its help, which would be half of all the
/// instructions of a single pass: first only what is named there is defined, and all of it where that does not do, so
/// that a person gets the help, or hears what is wrong.
fn read(arguments: &[OsString]) -> Result<Invocation, clap::Error> {
    let is_named = |command: &Definition| arguments.iter().any(|argument| argument == command.name);
    let quick = define(COMMANDS.iter().filter(|command| is_named(command)), false);
    let matches = quick.try_get_matches_from(arguments);
    Ok(invocation(&matches.or_else(|_| definition().try_get_matches_from(arguments))?))
}

/// The whole command line.
pub(crate) fn definition() -> clap::Command {
    define(&COMMANDS, true)
}

fn define(commands: impl IntoIterator<Item = &'static Definition>, with_help: bool) -> clap::Command {
    let flags = SETTINGS.iter().filter_map(|setting| flag(setting, with_help));
    let program = clap::Command::new("lmsync").version(env!("CARGO_PKG_VERSION")).args(common()).args(flags);
    let program = if with_help { program.about(ABOUT).after_long_help(AFTER_HELP) } else { program };
    program.subcommands(commands.into_iter().map(Definition::command))
}

fn invocation(matches: &ArgMatches) -> Invocation {
    let command = match matches.subcommand() {
        Some(("run", run)) => Command::Run { stop_with_stdin: run.get_flag("stop-with-stdin") },
        Some(("sync", sync)) => {
            let flag = |name| sync.get_flag(name);
            let quiet = flag("quiet");
            Command::Sync(sync::Asked { dry_run: flag("dry-run"), diff: flag("diff"), json: flag("json"), quiet })
        }
        Some(("remove", remove)) => {
            let flag = |name| remove.get_flag(name);
            Command::Remove { dry_run: flag("dry-run"), json: flag("json"), quiet: flag("quiet") }
        }
        Some(("models", models)) => Command::Models { json: models.get_flag("json") },
        Some(("explain", explain)) => Command::Explain {
            id: explain.get_one::<String>("id").cloned().unwrap_or_default(),
            json: explain.get_flag("json"),
        },
        Some(("status", status)) => {
            let flag = |name| status.get_flag(name);
            let [json, watch, check, quiet] = ["json", "watch", "check", "quiet"].map(flag);
            Command::Status(status::Asked { json, watch, check, quiet })
        }
        Some(("config", config)) => Command::Config { json: config.get_flag("json"), all: config.get_flag("all") },
        Some(("demo", demo)) => Command::Demo { for_: demo.get_one("for").copied() },
        Some(("healthcheck", _)) => Command::Healthcheck,
        Some(("doctor", doctor)) => Command::Doctor(Asked {
            json: doctor.get_flag("json"),
            fix: doctor.get_flag("fix"),
            yes: doctor.get_flag("yes"),
        }),
        Some(("simulator", simulator)) => match simulator.get_one("listen") {
            Some(listen) => Command::Simulator { listen: *listen, control: simulator.get_flag("control") },
            None => Command::RUN,
        },
        Some(("relay", relay)) => match relay.get_one::<PathBuf>("socket") {
            Some(socket) => Command::Relay(Relay { socket: socket.clone(), start: relay.get_flag("start") }),
            None => Command::RUN,
        },
        Some(("service", service)) => Command::Service(asked_of_service(service)),
        Some(("man", _)) => Command::Man,
        Some(("completions", shell)) => match shell.get_one("shell") {
            Some(shell) => Command::Completions(*shell),
            None => Command::RUN,
        },
        _ => Command::RUN,
    };
    let with_flag = SETTINGS.iter().filter(|setting| setting.flag.is_some());
    let of_run = matches.subcommand().filter(|(name, _)| *name == "run").map(|(_, run)| run);
    let value = |setting: &Setting| {
        let of_run = of_run.filter(|_| is_for_the_daemon(setting));
        of_run.and_then(|run| run.get_one(setting.variable)).or_else(|| matches.get_one(setting.variable)).cloned()
    };
    let mut flags: Vec<_> = with_flag.filter_map(|setting| Some((setting, value(setting)?))).collect();
    flags.extend(log_filter(matches));
    let color = matches.get_one("color").copied().unwrap_or_default();
    Invocation { command, color, flags }
}

fn asked_of_service(service: &ArgMatches) -> service::Asked {
    let plan = |of: &ArgMatches| {
        let manager = of.get_one::<String>("system").and_then(|name| Manager::named(name));
        (of.get_flag("dry-run"), manager.unwrap_or_else(Manager::here))
    };
    match service.subcommand() {
        Some(("install", install)) => {
            let (dry_run, manager) = plan(install);
            service::Asked::Install { dry_run, manager }
        }
        Some(("uninstall", uninstall)) => {
            let (dry_run, manager) = plan(uninstall);
            service::Asked::Uninstall { dry_run, manager }
        }
        Some(("logs", logs)) => service::Asked::Logs { follow: logs.get_flag("follow") },
        _ => service::Asked::Status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        definition().debug_assert();
        define(&COMMANDS, false).debug_assert();
    }

    #[test]
    fn the_quick_way_reads_what_the_whole_definition_does() {
        for line in [
            "",
            "run",
            "run --interval 5s --listen off",
            "run --stop-with-stdin",
            "--stop-with-stdin",
            "--interval sync models --json",
            "sync --dry-run --json --provider models",
            "-q sync --dry-run --diff",
            "sync --diff",
            "remove -q",
            "explain sync",
            "explain",
            "explain --json run --interval 1s",
            "doctor --yes",
            "doctor --fix --yes",
            "status --watch",
            "status --check -q",
            "-vv sync",
            "sync -v --color never",
            "--color sometimes sync",
            "sync -q -v",
            "sync -v --log debug",
            "simulator --listen 127.0.0.1:1 --control",
            "simulator --listen somewhere",
            "relay /run/lmsync/relay.sock --start",
            "--listen off",
            "completions bash",
            "service install --dry-run",
            "service --interval 5s uninstall --dry-run --system launchd",
            "service uninstall --system launchd",
            "service logs --follow",
            "service status",
            "service",
            "snyc",
            "sync sync",
            "--nonsense",
            "sync --interval",
        ] {
            let arguments: Vec<OsString> =
                ["lmsync"].into_iter().chain(line.split_whitespace()).map(Into::into).collect();
            let whole = definition().try_get_matches_from(&arguments).map(|matches| invocation(&matches));
            match (read(&arguments), whole) {
                (Ok(quick), Ok(whole)) => assert_eq!(quick, whole, "{line}"),
                (Err(quick), Err(whole)) => assert_eq!(quick.to_string(), whole.to_string(), "{line}"),
                (quick, whole) => panic!("{line}: {quick:?} and {whole:?}"),
            }
        }
    }

    #[test]
    fn a_flag_counts_before_and_after_the_command() {
        for (flag, variable) in [("--interval", "LMSYNC_INTERVAL"), ("--listen", "LMSYNC_LISTEN")] {
            for arguments in [["lmsync", flag, "1", "run"], ["lmsync", "run", flag, "1"]] {
                let invocation = invocation(&definition().try_get_matches_from(arguments).unwrap());
                let flags: Vec<_> = invocation.flags.iter().map(|(s, value)| (s.variable, value.as_str())).collect();
                assert_eq!(flags, [(variable, "1")]);
            }
        }
    }

    #[test]
    fn the_simulator_listens_where_it_is_told_itself() {
        let arguments = ["lmsync", "simulator", "--listen", "127.0.0.1:1"];
        let invocation = invocation(&definition().try_get_matches_from(arguments).unwrap());
        assert!(invocation.flags.is_empty());
        assert!(matches!(invocation.command, Command::Simulator { listen, .. } if listen.port() == 1));
    }

    #[test]
    fn no_secret_can_be_given_as_an_argument() {
        assert!(SETTINGS.iter().all(|setting| !setting.is_secret() || setting.flag.is_none()));
    }
}
