//! Findings as a person and as a program read them.

use std::fmt::Write as _;

use domain::{Assessment, escape_untrusted};
use serde_json::{Value, json};

use super::diagnosis::Diagnosis;
use super::finding::{Finding, Fix, Severity, count};
use super::repair::Repair;
use crate::terminal::{Paint, Screen};

/// The areas in the order in which they are told, by the first part of a check's name.
const AREAS: [(&str, &str); 9] = [
    ("configuration", "Configuration"),
    ("server", "Server"),
    ("models", "Models"),
    ("state", "State folder"),
    ("models-json", "models.json"),
    ("openclaw", "openclaw.json"),
    ("gateway", "Gateway"),
    ("daemon", "Daemon"),
    ("host", "Machine"),
];

/// For a person: a line a check, below its area, and below what fails what helps. Nothing in it acts on a terminal but
/// our own colours.
pub(crate) fn as_text(told: &Diagnosis) -> String {
    text(&told.findings, told.state.as_ref(), Screen::now())
}

fn text(found: &[Finding], state: Option<&Assessment>, screen: Screen) -> String {
    let mut text = String::new();
    for (area, title) in AREAS {
        let of_area: Vec<&Finding> = found.iter().filter(|finding| area_of(finding) == area).collect();
        if of_area.is_empty() {
            continue;
        }
        let several = of_area.windows(2).any(|two| two[0].about != two[1].about);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}", screen.painted(title, Paint::Bold));
        for finding in of_area {
            let (mark, paint) = match finding.severity {
                Severity::Good => ("✓", Paint::Good),
                Severity::Warning => ("!", Paint::Warning),
                Severity::Failure => ("✗", Paint::Bad),
            };
            let about =
                finding.about.as_deref().filter(|about| several && !finding.sentence.contains(*about));
            let about = about.map(|about| format!("{about}: ")).unwrap_or_default();
            let sentence = format!("{about}{}", finding.sentence);
            text += &screen.wrapped(
                format!("  {} ", screen.painted(mark, paint)),
                4,
                &escape_untrusted(&sentence),
            );
            if let Some(Fix { say, line, .. }) = &finding.fix {
                let end = if line.is_some() { ":" } else { "" };
                text += &screen.wrapped("      → ".to_owned(), 8, &escape_untrusted(&format!("{say}{end}")));
                // Never wrapped: they are there to be copied.
                for line in line.iter().flat_map(|line| line.lines()) {
                    let _ =
                        writeln!(text, "        {}", screen.painted(&escape_untrusted(line), Paint::Command));
                }
            }
        }
    }
    text.push('\n');
    if let Some(Assessment { title, summary, .. }) = state {
        text += &screen.wrapped(String::new(), 0, &escape_untrusted(&format!("{title}. {summary}")));
    }
    let _ = writeln!(text, "{}", summary(found));
    text
}

fn summary(found: &[Finding]) -> String {
    let number = |severity| found.iter().filter(|finding| finding.severity == severity).count();
    let told = match (number(Severity::Failure), number(Severity::Warning)) {
        (0, 0) => "All is well.".to_owned(),
        (0, warnings) => format!(
            "{} worth a look.",
            if warnings == 1 { "1 thing is".into() } else { format!("{warnings} things are") }
        ),
        (failures, 0) => format!("{}.", count(failures, "failure")),
        (failures, warnings) => format!("{}, {}.", count(failures, "failure"), count(warnings, "warning")),
    };
    let mendable =
        found.iter().filter(|finding| finding.fix.as_ref().is_some_and(|fix| fix.remedy.is_some())).count();
    match mendable {
        0 => told,
        1 => format!("{told} `lmsync doctor --fix` can mend one of them."),
        _ => format!("{told} `lmsync doctor --fix` can mend {mendable} of them."),
    }
}

fn area_of(finding: &Finding) -> &str {
    finding.check.split('.').next().unwrap_or_default()
}

/// For a program: `docs/schemas/doctor.json` describes it.
pub(crate) fn as_json(told: &Diagnosis, repairs: Option<&Vec<Repair>>) -> Value {
    let Diagnosis { findings: found, state } = told;
    let number = |severity| found.iter().filter(|finding| finding.severity == severity).count();
    json!({
        "ok": number(Severity::Failure) == 0,
        "state": state.as_ref().map(|found| found.state.as_str()),
        "title": state.as_ref().map(|found| &found.title),
        "summary": state.as_ref().map(|found| &found.summary),
        "failures": number(Severity::Failure),
        "warnings": number(Severity::Warning),
        "checks": found.iter().map(check).collect::<Vec<_>>(),
        "repairs": repairs.map(|repairs| repairs.iter().map(Repair::as_json).collect::<Vec<_>>()),
    })
}

fn check(finding: &Finding) -> Value {
    let severity = match finding.severity {
        Severity::Good => "good",
        Severity::Warning => "warning",
        Severity::Failure => "failure",
    };
    let fix = finding
        .fix
        .as_ref()
        .map(|Fix { say, line, remedy }| json!({ "say": say, "line": line, "automatic": remedy.is_some() }));
    json!({
        "check": finding.check,
        "severity": severity,
        "about": finding.about,
        "sentence": finding.sentence,
        "fix": fix,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_the_terminal_unless_one_word_is() {
        let id = "x".repeat(100);
        let found = [
            Finding::good("host.disk", "a ".repeat(100)),
            Finding::failure("server.reachable", format!("{} {id} {}", "b ".repeat(30), "c ".repeat(30)))
                .line(
                    "d ".repeat(60),
                    "lms server start --a-very-long-line-which-is-to-be-copied --and-is-not-wrapped-anywhere",
                ),
        ];
        let text = text(&found, None, Screen { width: Some(80), colour: false });
        let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.iter().all(|line| line.trim() == id || line.trim().starts_with("lms ")), "{wide:#?}");
        assert!(text.starts_with("Server\n  ✗ b b") && text.ends_with("\n1 failure.\n"), "{text}");
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn only_our_own_colours_act_on_a_terminal() {
        let found = [Finding::failure("models.ids", "a\u{1b}[2Jb").line("c\u{7}", "d\u{202e}")];
        let text = text(&found, None, Screen { width: Some(80), colour: true });
        assert!(text.contains("\u{1b}[31m✗\u{1b}[0m a\\u{1b}[2Jb"), "{text:?}");
        assert!(!text.contains('\u{7}') && !text.contains('\u{202e}'), "{text:?}");
    }
}
