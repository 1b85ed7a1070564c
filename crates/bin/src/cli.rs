//! The command line: each setting's flag, straight from the table of settings, and the commands.

use std::net::SocketAddr;
use std::time::Duration;

use app::config::{SETTINGS, Setting};
use clap::{Arg, ArgAction, ArgMatches, value_parser};
use clap_complete::Shell;

use crate::commands::doctor::Asked;

/// What a person asked for.
pub(crate) struct Invocation {
    pub(crate) command: Command,
    /// Settings given as flags.
    pub(crate) flags: Vec<(&'static Setting, String)>,
}

/// The commands.
#[derive(Clone)]
pub(crate) enum Command {
    Run,
    Sync { dry_run: bool, json: bool },
    Remove { dry_run: bool, json: bool },
    Models { json: bool },
    Explain { id: String, json: bool },
    Config { json: bool },
    Status { json: bool, watch: bool },
    Demo { for_: Option<Duration> },
    Healthcheck,
    Doctor(Asked),
    Simulator { listen: SocketAddr, control: bool },
    Completions(Shell),
    Man,
}

/// Reads the process's arguments; ends the process for `--help`, `--version` and wrong usage (exit 64).
pub(crate) fn parse() -> Invocation {
    match definition().try_get_matches() {
        Ok(matches) => invocation(&matches),
        Err(error) => {
            // Nothing better can be done where even the message cannot be printed.
            let _ = error.print();
            std::process::exit(if error.use_stderr() { i32::from(crate::exit::USAGE) } else { 0 });
        }
    }
}

/// The whole command line.
pub(crate) fn definition() -> clap::Command {
    let json = || Arg::new("json").long("json").action(ArgAction::SetTrue).help("Print JSON");
    clap::Command::new("lmsync")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Keeps OpenClaw's model list true to what LM Studio serves")
        .after_help(
            "Every flag is also a variable, in the environment or in a `.env` file: `lmsync config` shows each with \
             its origin. The server's key is set by OPENAI_API_KEY alone.",
        )
        .args(SETTINGS.iter().filter_map(flag))
        .subcommand(
            clap::Command::new("run")
                .about("Keep the list true until told to stop (the default)")
                .args(SETTINGS.iter().filter(|setting| is_for_the_daemon(setting)).filter_map(flag)),
        )
        .subcommand(
            clap::Command::new("sync")
                .about("Make one pass, and print what was added, changed and removed")
                .arg(
                    Arg::new("dry-run")
                        .long("dry-run")
                        .action(ArgAction::SetTrue)
                        .help("Write nothing; show the change as a diff"),
                )
                .arg(json()),
        )
        .subcommand(
            clap::Command::new("remove")
                .about("Take out of OpenClaw all that lmsync ever wrote there; stop the daemon first")
                .arg(
                    Arg::new("dry-run")
                        .long("dry-run")
                        .action(ArgAction::SetTrue)
                        .help("Write nothing; tell what would be taken out"),
                )
                .arg(json()),
        )
        .subcommand(clap::Command::new("models").about("Print what the file holds now").arg(json()))
        .subcommand(
            clap::Command::new("explain")
                .about("Tell what becomes of one model, and why")
                .arg(Arg::new("id").required(true).value_name("ID").help("The model's id"))
                .arg(json()),
        )
        .subcommand(
            clap::Command::new("config").about("Print the effective configuration, each value's origin").arg(json()),
        )
        .subcommand(
            clap::Command::new("status")
                .about("Tell what the running daemon knows: servers, models, the last pass, what it waits for")
                .arg(
                    Arg::new("watch")
                        .long("watch")
                        .action(ArgAction::SetTrue)
                        .help("Go on showing it until told to stop"),
                )
                .arg(json()),
        )
        .subcommand(
            clap::Command::new("demo")
                .about("Show it at work: a simulated LM Studio, a temporary state folder, the real daemon")
                .arg(
                    Arg::new("for")
                        .long("for")
                        .value_name("DURATION")
                        .value_parser(|text: &str| humantime::parse_duration(text))
                        .help("End after so long, such as 30s [default: at Ctrl-C]"),
                ),
        )
        .subcommand(
            clap::Command::new("healthcheck")
                .about("Succeed while a daemon with this configuration turns, also where the server is down"),
        )
        .subcommand(
            clap::Command::new("doctor")
                .about("Check everything, and say what to do about what fails")
                .arg(json())
                .arg(
                    Arg::new("fix")
                        .long("fix")
                        .action(ArgAction::SetTrue)
                        .help("Do what is safe about it, after showing it and asking"),
                )
                .arg(
                    Arg::new("yes")
                        .long("yes")
                        .action(ArgAction::SetTrue)
                        .requires("fix")
                        .help("With --fix: do not ask"),
                ),
        )
        .subcommand(
            clap::Command::new("simulator")
                .about("Serve a simulated LM Studio, a test server, until told to stop")
                .arg(
                    Arg::new("listen")
                        .long("listen")
                        .value_name("ADDRESS")
                        .value_parser(value_parser!(SocketAddr))
                        .default_value("127.0.0.1:1234")
                        .help("Where to listen"),
                )
                .arg(
                    Arg::new("control")
                        .long("control")
                        .action(ArgAction::SetTrue)
                        .help("Let anybody change the models by POST /simulator/models, {\"add\": [...], \"remove\": [...]}"),
                ),
        )
        .subcommand(clap::Command::new("man").about("Print the manual page, for man").hide(true))
        .subcommand(
            clap::Command::new("completions")
                .about("Print the completions for a shell")
                .arg(Arg::new("shell").required(true).value_parser(value_parser!(Shell))),
        )
}

fn flag(setting: &'static Setting) -> Option<Arg> {
    let default = setting.default.map(|text| format!(" [default: {text}]")).unwrap_or_default();
    let help = format!("{}{default} [env: {}]", setting.help, setting.variable);
    let everywhere = !is_for_the_daemon(setting);
    Some(
        Arg::new(setting.variable)
            .long(setting.flag?)
            .value_name(setting.value)
            .global(everywhere)
            .help(help),
    )
}

/// Whether no other command knows this flag: the simulator has a `--listen` of its own.
fn is_for_the_daemon(setting: &Setting) -> bool {
    setting.flag == Some("listen")
}

fn invocation(matches: &ArgMatches) -> Invocation {
    let command = match matches.subcommand() {
        Some(("sync", sync)) => {
            Command::Sync { dry_run: sync.get_flag("dry-run"), json: sync.get_flag("json") }
        }
        Some(("remove", remove)) => {
            Command::Remove { dry_run: remove.get_flag("dry-run"), json: remove.get_flag("json") }
        }
        Some(("models", models)) => Command::Models { json: models.get_flag("json") },
        Some(("explain", explain)) => Command::Explain {
            id: explain.get_one::<String>("id").cloned().unwrap_or_default(),
            json: explain.get_flag("json"),
        },
        Some(("status", status)) => {
            Command::Status { json: status.get_flag("json"), watch: status.get_flag("watch") }
        }
        Some(("config", config)) => Command::Config { json: config.get_flag("json") },
        Some(("demo", demo)) => Command::Demo { for_: demo.get_one("for").copied() },
        Some(("healthcheck", _)) => Command::Healthcheck,
        Some(("doctor", doctor)) => Command::Doctor(Asked {
            json: doctor.get_flag("json"),
            fix: doctor.get_flag("fix"),
            yes: doctor.get_flag("yes"),
        }),
        Some(("simulator", simulator)) => match simulator.get_one("listen") {
            Some(listen) => Command::Simulator { listen: *listen, control: simulator.get_flag("control") },
            None => Command::Run,
        },
        Some(("man", _)) => Command::Man,
        Some(("completions", shell)) => match shell.get_one("shell") {
            Some(shell) => Command::Completions(*shell),
            None => Command::Run,
        },
        _ => Command::Run,
    };
    let with_flag = SETTINGS.iter().filter(|setting| setting.flag.is_some());
    let of_run = matches.subcommand_matches("run");
    let value = |setting: &Setting| {
        let of_run = of_run.filter(|_| is_for_the_daemon(setting));
        of_run
            .and_then(|run| run.get_one(setting.variable))
            .or_else(|| matches.get_one(setting.variable))
            .cloned()
    };
    let given = with_flag.filter_map(|setting| Some((setting, value(setting)?)));
    Invocation { command, flags: given.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        definition().debug_assert();
    }

    #[test]
    fn a_flag_counts_before_and_after_the_command() {
        for (flag, variable) in [("--interval", "LMSYNC_INTERVAL"), ("--listen", "LMSYNC_LISTEN")] {
            for arguments in [["lmsync", flag, "1", "run"], ["lmsync", "run", flag, "1"]] {
                let invocation = invocation(&definition().try_get_matches_from(arguments).unwrap());
                let flags: Vec<_> =
                    invocation.flags.iter().map(|(s, value)| (s.variable, value.as_str())).collect();
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
