//! `lmsync doctor`, run and read: its findings by their checks' names.

use serde_json::Value;

use super::PATIENCE;
use super::lmsync::lmsync;
use super::running::{Finished, Running};
use super::schema;
use super::world::World;

/// What it found.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) code: Option<i32>,
    pub(crate) json: Value,
}

/// Runs it where no gateway is, unless the environment names one.
pub(crate) async fn doctor(world: &World, base: &str, environment: &[(&str, &str)]) -> Told {
    Told::of(run(world, base, &["doctor", "--json"], environment).await)
}

/// Runs a command to its end, where no gateway is unless the environment names one.
pub(crate) async fn run(world: &World, base: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
    let mut command = lmsync(world, base);
    // The port of discard: nobody listens there.
    command.args(arguments).env("OPENCLAW_GATEWAY_PORT", "9").envs(environment.iter().copied());
    Running::start(&mut command).finish(PATIENCE).await
}

impl Told {
    pub(crate) fn of(finished: Finished) -> Self {
        let json = serde_json::from_str(&finished.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}{}", finished.stdout, finished.stderr));
        schema::assert_is(&json, "doctor");
        Self { code: finished.status.code(), json }
    }

    /// The findings of a check.
    pub(crate) fn of_check(&self, check: &str) -> Vec<&Value> {
        let all = self.json["checks"].as_array().unwrap();
        all.iter().filter(|finding| finding["check"] == check).collect()
    }

    /// The check came to this severity, with these words in its sentence and this text in the line that helps.
    #[track_caller]
    pub(crate) fn finds(&self, severity: &str, check: &str, words: &str, line: &str) -> &Self {
        let of_check = self.of_check(check);
        let says = |finding: &&&Value| {
            let fix = &finding["fix"];
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            finding["severity"] == severity
                && text(&finding["sentence"]).contains(words)
                && format!("{} {}", text(&fix["say"]), text(&fix["line"])).contains(line)
        };
        assert!(
            of_check.iter().any(|finding| says(&finding)),
            "{check} is not {severity} {words:?} {line:?}: {of_check:#?}"
        );
        if severity == "failure" {
            assert_eq!((self.code, &self.json["ok"]), (Some(1), &Value::Bool(false)));
        }
        self
    }

    /// Nothing fails.
    #[track_caller]
    pub(crate) fn works(&self) -> &Self {
        let all = self.json["checks"].as_array().unwrap();
        let fails: Vec<_> = all.iter().filter(|finding| finding["severity"] == "failure").collect();
        assert!(fails.is_empty() && self.code == Some(0), "{:?} {fails:#?}", self.code);
        self
    }

    /// All is well: nothing fails, and nothing is worth a warning.
    #[track_caller]
    pub(crate) fn is_well(&self) -> &Self {
        let all = self.json["checks"].as_array().unwrap();
        let worse: Vec<_> = all.iter().filter(|finding| finding["severity"] != "good").collect();
        assert!(worse.is_empty() && self.code == Some(0), "{:?} {worse:#?}", self.code);
        self
    }
}
