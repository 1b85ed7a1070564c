//! A setting's flag.

use clap::{Arg, ArgAction, ArgMatches, ColorChoice, value_parser};
use config::{SETTINGS, Setting};

/// The setting that `-q` and `-v` are short for.
const LOG: &str = "LMSYNC_LOG";

pub(super) fn flag(setting: &'static Setting, with_help: bool) -> Option<Arg> {
    let everywhere = !is_for_the_daemon(setting);
    let flag = Arg::new(setting.variable).long(setting.flag?).value_name(setting.value).global(everywhere);
    Some(if with_help {
        let default = setting.default.map(|text| format!(" [default: {text}]")).unwrap_or_default();
        let flag = flag.help_heading("Settings").hide_short_help(true);
        flag.help(format!("{}{default} [env: {}]", setting.help, setting.variable))
    } else {
        flag
    })
}

/// The flags that are no settings, and that every command has.
pub(super) fn common() -> [Arg; 3] {
    let quiet = Arg::new("quiet").short('q').long("quiet").action(ArgAction::SetTrue);
    let verbose = Arg::new("verbose").short('v').long("verbose").action(ArgAction::Count);
    let color = Arg::new("color").long("color").value_name("WHEN").value_parser(value_parser!(ColorChoice));
    [
        quiet.help("Print nothing of what went well; log errors alone").conflicts_with_all(["verbose", LOG]),
        verbose.help("Log more; twice, everything").conflicts_with(LOG),
        color.help("Colour the text: auto, always or never").hide_possible_values(true),
    ]
    .map(|flag| flag.global(true).display_order(900))
}

/// What `-q` and `-v` say of the log.
pub(super) fn log_filter(matches: &ArgMatches) -> Option<(&'static Setting, String)> {
    let filter = match (matches.get_flag("quiet"), matches.get_count("verbose")) {
        (true, _) => "error",
        (false, 0) => return None,
        (false, 1) => "debug",
        (false, _) => "trace",
    };
    let log = SETTINGS.iter().find(|setting| setting.variable == LOG)?;
    Some((log, filter.to_owned()))
}

/// Whether no other command knows this flag: the simulator has a `--listen` of its own.
pub(super) fn is_for_the_daemon(setting: &Setting) -> bool {
    setting.flag == Some("listen")
}
