//! Findings as a person and as a program read them.

use domain::{Assessment, by_number, count, escape_untrusted};
use serde_json::{Value, json};

use super::finding::{Diagnosis, Finding, Fix, Severity};
use super::repair::Repair;
use crate::terminal::{Paint, Screen};

/// The areas in the order of the report, by the first part of a check's name.
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
        let of_area: Vec<&Finding> = found.iter().filter(|finding| finding.area() == area).collect();
        if of_area.is_empty() {
            continue;
        }
        let several = of_area.windows(2).any(|two| two[0].about != two[1].about);
        text += &format!("{}\n", screen.painted(title, Paint::Bold));
        for finding in of_area {
            text += &finding_text(finding, several, screen);
        }
    }
    text.push('\n');
    if let Some(Assessment { title, summary, .. }) = state {
        text += &screen.wrapped(String::new(), 0, &escape_untrusted(&format!("{title}. {summary}")));
    }
    text + &summary(found) + "\n"
}

/// One finding, with what it is about where the area has several of these.
fn finding_text(finding: &Finding, several: bool, screen: Screen) -> String {
    let (mark, paint) = match finding.severity {
        Severity::Good => ("✓", Paint::Good),
        Severity::Warning => ("!", Paint::Warning),
        Severity::Failure => ("✗", Paint::Bad),
    };
    let sentence = match &finding.about {
        Some(about) if several && !finding.sentence.contains(about) => {
            format!("{about}: {}", finding.sentence)
        }
        _ => finding.sentence.clone(),
    };
    let mark = format!("  {} ", screen.painted(mark, paint));
    let mut text = screen.wrapped(mark, 4, &escape_untrusted(&sentence));
    let Some(Fix { say, line, .. }) = &finding.fix else { return text };
    let end = if line.is_some() { ":" } else { "" };
    text += &screen.wrapped("      → ".to_owned(), 8, &escape_untrusted(&format!("{say}{end}")));
    // Never wrapped: they are there to be copied.
    for line in line.iter().flat_map(|line| line.lines()) {
        text += &format!("        {}\n", screen.painted(&escape_untrusted(line), Paint::Command));
    }
    text
}

fn number_of(found: &[Finding], severity: Severity) -> usize {
    found.iter().filter(|finding| finding.severity == severity).count()
}

fn summary(found: &[Finding]) -> String {
    let told = match (number_of(found, Severity::Failure), number_of(found, Severity::Warning)) {
        (0, 0) => "All is well.".to_owned(),
        (0, warnings) => {
            format!("{} {} worth a look.", count(warnings, "thing"), by_number(warnings, "is", "are"))
        }
        (failures, 0) => format!("{}.", count(failures, "failure")),
        (failures, warnings) => format!("{}, {}.", count(failures, "failure"), count(warnings, "warning")),
    };
    let can_mend = |finding: &&Finding| finding.fix.as_ref().is_some_and(|fix| fix.remedy.is_some());
    match found.iter().filter(can_mend).count() {
        0 => told,
        1 => format!("{told} `lmsync doctor --fix` can mend one of them."),
        number => format!("{told} `lmsync doctor --fix` can mend {number} of them."),
    }
}

/// For a program: `docs/schemas/doctor.json` describes it.
pub(crate) fn as_json(told: &Diagnosis, repairs: Option<&Vec<Repair>>) -> Value {
    let Diagnosis { findings: found, state } = told;
    let failures = number_of(found, Severity::Failure);
    json!({
        "ok": failures == 0,
        "state": state.as_ref().map(|found| found.state.as_str()),
        "title": state.as_ref().map(|found| &found.title),
        "summary": state.as_ref().map(|found| &found.summary),
        "failures": failures,
        "warnings": number_of(found, Severity::Warning),
        "checks": found.iter().map(check).collect::<Vec<_>>(),
        "repairs": repairs.map(|repairs| repairs.iter().map(Repair::as_json).collect::<Vec<_>>()),
    })
}

fn check(finding: &Finding) -> Value {
    let Finding { check, severity, about, sentence, fix } = finding;
    let severity = match severity {
        Severity::Good => "good",
        Severity::Warning => "warning",
        Severity::Failure => "failure",
    };
    let fix = fix
        .as_ref()
        .map(|Fix { say, line, remedy }| json!({ "say": say, "line": line, "automatic": remedy.is_some() }));
    json!({ "check": check, "severity": severity, "about": about, "sentence": sentence, "fix": fix })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Check;

    #[test]
    fn no_line_is_wider_than_the_terminal_unless_one_word_is() {
        let id = "x".repeat(100);
        let found = [
            Check("host.disk").good("a ".repeat(100)),
            Check("server.reachable").failure(format!("{} {id} {}", "b ".repeat(30), "c ".repeat(30))).line(
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
        let found = [Check("models.ids").failure("a\u{1b}[2Jb").line("c\u{7}", "d\u{202e}")];
        let text = text(&found, None, Screen { width: Some(80), colour: true });
        assert!(text.contains("\u{1b}[31m✗\u{1b}[0m a\\u{1b}[2Jb"), "{text:?}");
        assert!(!text.contains('\u{7}') && !text.contains('\u{202e}'), "{text:?}");
    }
}
