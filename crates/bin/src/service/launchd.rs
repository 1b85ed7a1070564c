//! The property list of a launchd agent.

use super::layout::LABEL;

/// What an agent is made of.
pub(super) struct Agent<'a> {
    pub(super) program: &'a str,
    /// The folder that it runs in.
    pub(super) folder: &'a str,
    /// Where its output goes.
    pub(super) log: &'a str,
}

impl Agent<'_> {
    /// The agent's property list.
    ///
    /// Source: launchd.plist(5) of macOS 14.
    pub(super) fn plist(&self, mark: &str) -> String {
        let [program, folder, log] = [self.program, self.folder, self.log].map(escape);
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- {mark} -->
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>{LABEL}</string>
	<key>ProgramArguments</key>
	<array>
		<string>{program}</string>
		<string>run</string>
	</array>
	<key>WorkingDirectory</key>
	<string>{folder}</string>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<dict>
		<key>SuccessfulExit</key>
		<false/>
	</dict>
	<key>ThrottleInterval</key>
	<integer>10</integer>
	<key>ProcessType</key>
	<string>Background</string>
	<key>StandardOutPath</key>
	<string>{log}</string>
	<key>StandardErrorPath</key>
	<string>{log}</string>
</dict>
</plist>
"#
        )
    }
}

/// A text between two tags of XML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_xml_is_escaped() {
        let plist = Agent { program: "/a & <b>/\"lm\" 100%/ü", folder: "/f", log: "/l" }.plist("mark");
        assert!(plist.contains("<string>/a &amp; &lt;b&gt;/\"lm\" 100%/ü</string>"), "{plist}");
    }
}
