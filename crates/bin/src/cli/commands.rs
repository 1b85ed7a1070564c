//! The commands of the command line, each with its own arguments.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Command, value_parser};
use clap_complete::Shell;
use config::SETTINGS;

use super::flags::{flag, is_for_the_daemon};
use crate::service::Manager;

/// How a command is defined.
pub(super) struct Definition {
    pub(super) name: &'static str,
    about: &'static str,
    arguments: fn(Command) -> Command,
}

/// Every command, in the order of the help.
pub(super) static COMMANDS: [Definition; 15] = [
    Definition {
        name: "run",
        about: "Keep OpenClaw's model list in sync until stopped (the default)",
        arguments: |run| {
            let flags = SETTINGS.iter().filter(|setting| is_for_the_daemon(setting));
            let stdin = "End when standard input closes: for a program that starts this one and may be killed";
            run.args(flags.filter_map(|setting| flag(setting, true))).arg(switch("stop-with-stdin", stdin))
        },
    },
    Definition {
        name: "sync",
        about: "Sync once, and print what was added, changed and removed",
        arguments: |sync| {
            let diff = switch("diff", "With --dry-run: show what would become of each file, too");
            sync.arg(switch("dry-run", "Write nothing; show what would change"))
                .arg(diff.requires("dry-run").conflicts_with("json"))
                .arg(json())
        },
    },
    Definition {
        name: "remove",
        about: "Undo everything that lmsync wrote (stop the daemon first)",
        arguments: |remove| remove.arg(switch("dry-run", "Write nothing; show what would be undone")).arg(json()),
    },
    Definition {
        name: "models",
        about: "Print the models that OpenClaw's file holds",
        arguments: |models| models.arg(json()),
    },
    Definition {
        name: "explain",
        about: "Show why a model is or is not in OpenClaw",
        arguments: |explain| {
            let id = Arg::new("id").required(true).value_name("ID").help("The model's id");
            explain.arg(id).arg(json())
        },
    },
    Definition {
        name: "config",
        about: "Print the settings, and where each comes from",
        arguments: |config| config.arg(switch("all", "Show what is not set, too")).arg(json()),
    },
    Definition {
        name: "status",
        about: "Show what the running daemon does, and knows",
        arguments: |status| {
            let check = switch("check", "Exit 1 too where it runs, and something needs your attention");
            status.arg(switch("watch", "Go on showing it until stopped")).arg(check.conflicts_with("watch")).arg(json())
        },
    },
    Definition {
        name: "demo",
        about: "See it work, with a simulated LM Studio and a temporary folder",
        arguments: |demo| {
            demo.arg(
                Arg::new("for")
                    .long("for")
                    .value_name("DURATION")
                    .value_parser(|text: &str| humantime::parse_duration(text))
                    .help("End after so long, such as 30s [default: at Ctrl-C]"),
            )
        },
    },
    Definition {
        name: "healthcheck",
        about: "Exit 0 if the daemon is running, also while the server is down",
        arguments: |healthcheck| healthcheck.hide(true),
    },
    Definition {
        name: "doctor",
        about: "Check everything, and say what to type about what fails",
        arguments: |doctor| {
            doctor
                .arg(json())
                .arg(switch("fix", "Do what is safe about it, after showing it and asking"))
                .arg(switch("yes", "With --fix: do not ask").requires("fix"))
        },
    },
    Definition {
        name: "simulator",
        about: "Serve a simulated LM Studio, to try things out, until stopped",
        arguments: |simulator| {
            let listen = Arg::new("listen")
                .long("listen")
                .value_name("ADDRESS")
                .value_parser(value_parser!(SocketAddr))
                .default_value("127.0.0.1:1234")
                .help("Where to listen");
            let control =
                "Let anybody change the models by POST /simulator/models, {\"add\": [...], \"remove\": [...]}";
            simulator.hide(true).arg(listen).arg(switch("control", control))
        },
    },
    Definition {
        name: "relay",
        about: "Pass the connections of an lmsync in another container on to this one's gateway",
        arguments: |relay| {
            let socket = Arg::new("socket")
                .required(true)
                .value_name("SOCKET")
                .value_parser(value_parser!(PathBuf))
                .help("The Unix socket to listen at; LMSYNC_RELAY names it to lmsync");
            relay
                .hide(true)
                .arg(socket)
                .arg(switch("start", "Start a relay in the background where none serves there, for a health check"))
        },
    },
    Definition {
        name: "service",
        about: "Start lmsync at each login (systemd, launchd, Task Scheduler)",
        arguments: |service| {
            let system = || {
                Arg::new("system")
                    .long("system")
                    .requires("dry-run")
                    .hide(true)
                    .value_parser(Manager::ALL.map(|(name, _)| name))
            };
            let dry_run = || switch("dry-run", "Change nothing; show what would be written and run");
            let install = Command::new("install").about("Install it, or bring it up to date, and start it");
            let uninstall = Command::new("uninstall").about("Stop it, and take away all that install made");
            service.subcommand_required(true).arg_required_else_help(true).subcommands([
                install.arg(dry_run()).arg(system()),
                uninstall.arg(dry_run()).arg(system()),
                Command::new("status").about("Tell whether it is installed, and runs"),
                Command::new("logs")
                    .about("Print the end of its log")
                    .arg(switch("follow", "Go on printing it until told to stop").short('f')),
            ])
        },
    },
    Definition { name: "man", about: "Print the manual page, for man", arguments: |man| man.hide(true) },
    Definition {
        name: "completions",
        about: "Print the completions for a shell",
        arguments: |completions| completions.arg(Arg::new("shell").required(true).value_parser(value_parser!(Shell))),
    },
];

impl Definition {
    pub(super) fn command(&self) -> Command {
        (self.arguments)(Command::new(self.name).about(self.about))
    }
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn json() -> Arg {
    switch("json", "Print JSON")
}
