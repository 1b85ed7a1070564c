//! A setting's flag.

use clap::Arg;
use config::Setting;

pub(super) fn flag(setting: &'static Setting, with_help: bool) -> Option<Arg> {
    let everywhere = !is_for_the_daemon(setting);
    let flag = Arg::new(setting.variable).long(setting.flag?).value_name(setting.value).global(everywhere);
    Some(if with_help {
        let default = setting.default.map(|text| format!(" [default: {text}]")).unwrap_or_default();
        flag.help(format!("{}{default} [env: {}]", setting.help, setting.variable))
    } else {
        flag
    })
}

/// Whether no other command knows this flag: the simulator has a `--listen` of its own.
pub(super) fn is_for_the_daemon(setting: &Setting) -> bool {
    setting.flag == Some("listen")
}
