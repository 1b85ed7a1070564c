//! The XML of a Windows scheduled task.

use super::launchd::escape;

/// What a task is made of.
pub(super) struct Task<'a> {
    pub(super) program: &'a str,
    /// The folder that it runs in.
    pub(super) folder: &'a str,
    /// Where its output goes.
    pub(super) log: &'a str,
    /// The user, with the domain: only an administrator may make a task that starts at everybody's login.
    pub(super) user: &'a str,
}

impl Task<'_> {
    /// The task's XML, for `schtasks /Create /XML`.
    ///
    /// The Task Scheduler restarts no program for its exit code. So a second trigger starts the task every minute,
    /// which does nothing while it runs. `conhost --headless` keeps the console window away, and the shell writes the
    /// log, since the Task Scheduler keeps no output.
    ///
    /// Source: the Task Scheduler's schema, [MS-TSCH] 2.5, whose triggers are sequences.
    pub(super) fn xml(&self, mark: &str) -> String {
        let shell = format!(r#"--headless cmd.exe /d /s /c ""{}" run >>"{}" 2>&1""#, self.program, self.log);
        let [shell, folder, user] = [&shell, self.folder, self.user].map(escape);
        format!(
            r#"<?xml version="1.0" encoding="UTF-16"?>
<!-- {mark} -->
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Keeps OpenClaw's model list true to what LM Studio serves</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>{user}</UserId>
    </LogonTrigger>
    <TimeTrigger>
      <Enabled>true</Enabled>
      <StartBoundary>2026-01-01T00:00:00</StartBoundary>
      <Repetition>
        <Interval>PT1M</Interval>
        <StopAtDurationEnd>false</StopAtDurationEnd>
      </Repetition>
    </TimeTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <AllowHardTerminate>true</AllowHardTerminate>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <IdleSettings>
      <StopOnIdleEnd>false</StopOnIdleEnd>
      <RestartOnIdle>false</RestartOnIdle>
    </IdleSettings>
    <AllowStartOnDemand>true</AllowStartOnDemand>
    <Enabled>true</Enabled>
    <Hidden>false</Hidden>
    <RunOnlyIfIdle>false</RunOnlyIfIdle>
    <WakeToRun>false</WakeToRun>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>7</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>conhost.exe</Command>
      <Arguments>{shell}</Arguments>
      <WorkingDirectory>{folder}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
"#
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_gets_each_path_as_one_word() {
        let task = Task {
            program: r"C:\My Äpps & more\lmsync.exe",
            folder: r"C:\f & f",
            log: r"C:\l l\lmsync.log",
            user: r"HOST\me",
        };
        let xml = task.xml("mark");
        let arguments = r#"/c ""C:\My Äpps &amp; more\lmsync.exe" run &gt;&gt;"C:\l l\lmsync.log" 2&gt;&amp;1"<"#;
        assert!(xml.contains(arguments), "{xml}");
        assert!(xml.contains(r"<WorkingDirectory>C:\f &amp; f</WorkingDirectory>"), "{xml}");
        assert_eq!(xml.matches(r"<UserId>HOST\me</UserId>").count(), 2, "{xml}");
    }
}
