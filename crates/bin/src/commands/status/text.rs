//! A daemon's status for a person: what counts first, then each server.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::values::{count, escape_untrusted, lasting, list, named, text, time, trouble};
use crate::terminal::{Paint, Screen};

/// The status as lines. It may come from a daemon of another version: what it does not say is left out.
pub(super) fn as_text(status: &Value, by_plugin: bool, screen: Screen) -> String {
    // Before there are colours in it: nothing of it acts on a terminal.
    let escaped = escape_untrusted(status);
    let page = Page { status: &escaped, by_plugin, screen };
    let mut lines = page.state();
    lines.push_str(&page.daemon());
    for server in list(&escaped["servers"]) {
        lines.push_str(&page.server(server));
    }
    lines
}

struct Page<'a> {
    status: &'a Value,
    /// Whether OpenClaw's lmsync plugin started the daemon.
    by_plugin: bool,
    screen: Screen,
}

impl Page<'_> {
    /// How things stand: the headline, a sentence, and what to do.
    fn state(&self) -> String {
        let Self { status, screen, .. } = self;
        let (mark, paint) = match text(&status["attention"]) {
            "good" => ("✓", Paint::Good),
            "failure" => ("✗", Paint::Bad),
            "warning" => ("!", Paint::Warning),
            _ => ("·", Paint::Bold),
        };
        let title = match text(&status["title"]) {
            "" => text(&status["state"]),
            title => title,
        };
        let due = self.until(&status["removesAt"]).map(|due| format!(" in {due}")).unwrap_or_default();
        let mut lines = screen.painted(&format!("{mark} {title}{due}"), paint) + "\n";
        lines.push_str(&screen.wrapped(String::new(), 0, text(&status["summary"])));
        if let Some(say) = status["advice"]["say"].as_str() {
            let line = status["advice"]["line"].as_str();
            let end = if line.is_some() { ":" } else { "" };
            lines.push_str(&screen.wrapped("→ ".to_owned(), 2, &format!("{say}{end}")));
            // Never wrapped: it is there to be copied.
            lines.extend(line.map(|line| format!("    {line}\n")));
        }
        lines
    }

    fn daemon(&self) -> String {
        let Self { status, by_plugin, screen } = self;
        let daemon = &status["daemon"];
        let mut lines = String::from("\n");
        let mut line = |word: &str, text: &str| lines.push_str(&screen.beside(word, text));
        let page = daemon["listens"].as_str().map(|listens| format!(", page http://{listens}/")).unwrap_or_default();
        let runs = self.since(&daemon["startedAt"]);
        line(
            "daemon",
            &format!(
                "lmsync {}, process {}{}, runs for {runs}{page}",
                text(&daemon["version"]),
                daemon["pid"],
                if *by_plugin { ", started by OpenClaw's lmsync plugin" } else { "" },
            ),
        );
        let pause = &status["pause"];
        if pause.is_object() {
            let since = self.since(&pause["since"]);
            line("paused", &format!("for {since}: {} ({})", text(&pause["reason"]), text(&pause["source"])));
        }
        let pass = &status["lastPass"];
        if pass.is_object() {
            let took = pass["tookSeconds"].as_f64().unwrap_or_default();
            let next = match self.until(&status["nextPassAt"]) {
                Some(next) if status["pause"].is_null() => format!("; next in {next}"),
                _ => String::new(),
            };
            let told = format!(
                "{} ago, {}, took {}{next}",
                self.since(&pass["at"]),
                text(&pass["outcome"]),
                if took < 1.0 { format!("{:.1} ms", took * 1e3) } else { format!("{took:.1} s") }
            );
            line("last pass", &told);
        }
        if pass["outcome"] == "failed" && status["lastSuccessAt"].is_string() {
            line("last good", &format!("{} ago", self.since(&status["lastSuccessAt"])));
        }
        let counters = &status["counters"];
        let [unchanged, changed, failed] =
            ["unchanged", "changed", "failed"].map(|outcome| counters["passes"][outcome].as_u64().unwrap_or_default());
        let paused: f64 =
            counters["pausedSeconds"].as_object().into_iter().flatten().filter_map(|(_, s)| s.as_f64()).sum();
        let pauses = match counters["pauses"].as_u64() {
            None | Some(0) => String::new(),
            Some(_) => format!(
                "; paused {}, {} in all",
                count(&counters["pauses"], "time", "times"),
                lasting(Duration::from_secs_f64(paused.max(0.0)))
            ),
        };
        line(
            "since start",
            &format!(
                "{}, {changed} with a change, {failed} failed; {} written{pauses}",
                count(&(unchanged + changed + failed).into(), "pass", "passes"),
                count(&counters["writes"], "file", "files"),
            ),
        );
        if let Some(change) = list(&status["changes"]).first() {
            line("last change", &format!("{} ago, {}", self.since(&change["at"]), text(&change["provider"])));
            let kinds = [("+", "added"), ("~", "changed"), ("-", "removed")];
            let ids = kinds
                .into_iter()
                .flat_map(|(sign, key)| list(&change[key]).iter().map(move |id| format!("{sign} {}", text(id))));
            lines.push_str(&named(ids, change["more"].as_u64().unwrap_or(0)));
        }
        lines
    }

    fn server(&self, server: &Value) -> String {
        let Self { screen, .. } = self;
        let mut lines = format!("\n{}\n", screen.painted(text(&server["provider"]), Paint::Bold));
        let mut line = |word: &str, text: &str| lines.push_str(&screen.beside(word, text));
        let since = self.since(&server["since"]);
        let state = match text(&server["state"]) {
            "answers" => {
                format!("lists {}, up for {since}", count(&server["listed"], "model", "models"))
            }
            "fails" => format!("has not listed its models for {since}"),
            _ => "has not been asked yet".to_owned(),
        };
        line("server", &format!("{} {state}", text(&server["address"])));
        trouble(&server["trouble"], &mut line);
        let is_true = |file: &&Value| file["inSync"] == true;
        let all = list(&server["files"]);
        let up_to_date = all.iter().filter(is_true).count();
        if up_to_date > 1 {
            line("files", &format!("{up_to_date} up to date"));
        }
        for file in all.iter().filter(|file| up_to_date <= 1 || !is_true(file)) {
            let state = if file["inSync"] == true { "up to date" } else { "cannot be updated" };
            line("file", &format!("{} {state}, for {}", text(&file["file"]), self.since(&file["since"])));
            trouble(&file["trouble"], &mut line);
        }
        self.picker(&server["picker"], &mut line);
        let models = list(&server["models"]);
        let state = |model: &Value, state: &str| model["state"] == state;
        let left_out = models.iter().filter(|model| state(model, "left-out")).count();
        if left_out > 0 {
            let models = count(&left_out.into(), "model", "models");
            line("left out", &format!("{models}: `lmsync explain <id>` says why"));
        }
        let held = models.iter().filter(|model| state(model, "held"));
        let lacking = models.iter().filter(|model| state(model, "offered") && model["inOpenClaw"] == false);
        let held: Vec<&str> = held.map(|model| text(&model["id"])).collect();
        let lacking: Vec<&str> = lacking.map(|model| text(&model["id"])).collect();
        for (word, what, ids) in [
            ("removing", "gone from the list, and removed once that is confirmed", held),
            ("not there", "offered, and not written", lacking),
        ] {
            if !ids.is_empty() {
                let models = count(&ids.len().into(), "model", "models");
                lines.push_str(&screen.beside(word, &format!("{models} {what}:")));
                lines.push_str(&named(ids.into_iter(), 0));
            }
        }
        lines
    }

    fn picker(&self, picker: &Value, line: &mut impl FnMut(&str, &str)) {
        let status = self.status;
        let openclaw = &status["openclaw"];
        match text(&openclaw["gateway"]) {
            "away" => {
                line("picker", "no gateway runs");
                // Else it stands at the top.
                let said = status["advice"]["say"].as_str();
                if let Some(advice) = picker["trouble"]["advice"].as_str().filter(|advice| said != Some(*advice)) {
                    line("", &format!("→ {advice}"));
                }
                return;
            }
            "refuses" => {
                line("picker", &format!("cannot be asked: {}", text(&openclaw["why"])));
                return line("", &format!("→ {}", text(&openclaw["advice"])));
            }
            _ => {}
        }
        if picker.is_null() {
            return;
        }
        let gateway = self.status["gateway"]["version"].as_str();
        let gateway = gateway.map(|version| format!(" (gateway {version})")).unwrap_or_default();
        let ago = self.since(&picker["at"]);
        if picker["trouble"].is_object() && picker["asksAgain"] != true {
            let what = match text(&picker["trouble"]["kind"]) {
                "restart" => "needs a restart",
                "hidden" | "unsupported" => "does not show all",
                _ => "cannot be asked",
            };
            line("picker", &format!("{what}{gateway}"));
            trouble(&picker["trouble"], line);
        } else if picker["shows"] == true && picker["usable"] == false {
            line(
                "picker",
                &format!("lists {}{gateway}, but has no key for them", count(&picker["models"], "model", "models")),
            );
        } else if picker["shows"] == true {
            line("picker", &format!("shows {}{gateway}, asked {ago} ago", count(&picker["models"], "model", "models")));
        } else {
            line("picker", &format!("does not show the change yet{gateway}, asked {ago} ago"));
            for (word, key) in [("lacks", "missing"), ("still has", "lingering")] {
                let ids: Vec<&str> = list(&picker[key]).iter().map(text).collect();
                if !ids.is_empty() {
                    line("", &format!("it {word} {}", ids.join(", ")));
                }
            }
        }
        let entry = &picker["openclawConfig"];
        if entry["holds"] == true {
            line("openclaw.json", "has the models too");
        } else if let Some(why) = entry["why"].as_str() {
            line("openclaw.json", why);
            // Where all is well without it, nothing has to be done.
            if picker["shows"] != true || picker["usable"] != true {
                line("", text(&entry["advice"]));
            }
        }
    }

    /// How long ago that was, by the daemon's own time.
    fn since(&self, at: &Value) -> String {
        let passed = self.now().zip(time(at)).and_then(|(now, at)| now.duration_since(at).ok());
        lasting(passed.unwrap_or_default())
    }

    fn until(&self, at: &Value) -> Option<String> {
        let (now, at) = self.now().zip(time(at))?;
        Some(lasting(at.duration_since(now).unwrap_or_default()))
    }

    fn now(&self) -> Option<SystemTime> {
        time(&self.status["now"])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_in_a_status_acts_on_a_terminal() {
        let status = json!({ "state": "server-down", "title": "Server is\u{7} down", "attention": "failure", "summary": "\u{1b}[2Jgone\nand more", "servers": [{ "provider": "\u{202e}x" }] });
        let shown = as_text(&status, false, Screen { width: Some(80), colour: false });
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown:?}");
        assert!(shown.starts_with("✗ Server is\\u{7} down\n"), "{shown}");
    }

    #[test]
    fn what_is_removed_counts_down_and_what_to_type_stands_on_its_own_line() {
        let status = json!({
            "state": "removing", "title": "Removing 12 models", "attention": "warning", "summary": "They go.",
            "now": "2026-01-01T00:00:00.000Z", "removesAt": "2026-01-01T00:00:47.000Z",
            "advice": { "say": "an empty list is believed after", "line": "LMSYNC_EMPTY_AFTER=60s" },
        });
        let shown = as_text(&status, false, Screen { width: Some(80), colour: false });
        let expected =
            "! Removing 12 models in 47 s\nThey go.\n→ an empty list is believed after:\n    LMSYNC_EMPTY_AFTER=60s\n";
        assert!(shown.starts_with(expected), "{shown}");
    }

    #[test]
    fn a_status_that_says_nothing_is_shown_too() {
        for status in [json!({}), json!([]), json!(null), json!({ "servers": [7, {}], "changes": [{}], "pause": {} })] {
            assert!(as_text(&status, true, Screen { width: Some(80), colour: true }).lines().count() > 2, "{status}");
        }
    }
}
