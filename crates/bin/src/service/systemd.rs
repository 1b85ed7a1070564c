//! The systemd user unit.

/// The unit that starts the program at this path.
///
/// Source: systemd.service(5) and systemd.syntax(7) of systemd 252.
pub(super) fn unit(mark: &str, program: &str) -> String {
    format!(
        "# {mark}\n\
         # Its settings, and those of every lmsync command: ~/.config/lmsync/lmsync.env\n\
         \n\
         [Unit]\n\
         Description=Keeps OpenClaw's model list true to what LM Studio serves\n\
         Documentation=https://github.com/lmsync/lmsync#readme\n\
         \n\
         [Service]\n\
         Type=exec\n\
         ExecStart={} run\n\
         WorkingDirectory=-%h/.config/lmsync\n\
         Restart=on-failure\n\
         RestartSec=5s\n\
         # Wrong usage and wrong configuration do not mend themselves.\n\
         RestartPreventExitStatus=64 78\n\
         TimeoutStopSec=15s\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n",
        quote(program)
    )
}

/// A path as the first word of a command line. There `$` means nothing, and systemd allows no quote and no backslash.
fn quote(path: &str) -> String {
    format!("\"{}\"", path.replace('%', "%%"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_to_systemd_is_escaped() {
        for (path, quoted) in [
            ("/usr/bin/lmsync", r#""/usr/bin/lmsync""#),
            ("/my home/ä & b/lmsync", r#""/my home/ä & b/lmsync""#),
            ("/100%/%h/$HOME;#", r#""/100%%/%%h/$HOME;#""#),
        ] {
            assert_eq!(quote(path), quoted);
        }
    }
}
