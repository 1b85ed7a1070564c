//! The server: whether it is reached, what it is, how quickly it answers, and what it lists.

mod facts;
mod listed;
mod unreached;

use std::time::Duration;

use domain::era::Era;
use domain::ports::SourceError;

pub(crate) use self::facts::{Answered, Asked, Elsewhere, LM_STUDIO_PORT, Place, ServerFacts};
pub(super) use self::unreached::unreached;
use super::finding::{Check, Finding};
use super::models;

/// An answer that takes longer than this is felt.
const SLOW: Duration = Duration::from_secs(1);

/// Diagnoses one server and its models, for a version of OpenClaw as far as that is known.
pub(crate) fn diagnose(facts: &ServerFacts, era: Option<&Era>) -> Vec<Finding> {
    let ServerFacts { asked, lm_studio, .. } = facts;
    let mut found = Vec::new();
    match &facts.answer {
        Ok(answered) => {
            let sentence = format!("{} answers with a list of models", asked.address);
            found.push(Check("server.reachable").good(sentence));
            found.push(kind(*lm_studio, answered));
            found.push(latency(answered.report.answered_in, asked.timeout));
        }
        Err(error) => found.push(not_listing(facts, error)),
    }
    if facts.openai_key {
        let host = &asked.host;
        let key = if asked.in_file { "key_env = \"…\"" } else { "OPENAI_API_KEY=…" };
        found.push(
            Check("server.key")
                .warning(format!("the key that {host} is sent is one of OpenAI's, and that server is not OpenAI's"))
                .line("set the server's own key, or none", key),
        );
    }
    if let Ok(answered) = &facts.answer {
        found.extend(listed::diagnose(answered, *lm_studio));
        // How LM Studio's own command is typed here.
        let here = lm_studio.then_some(asked.here);
        found.extend(models::diagnose(&answered.models, here, era));
    }
    found.into_iter().map(|finding| finding.about(&facts.provider)).collect()
}

fn not_listing(facts: &ServerFacts, error: &SourceError) -> Finding {
    match &facts.elsewhere {
        Some(elsewhere) => unreached::found_elsewhere(&facts.asked, error, elsewhere),
        None => unreached(&facts.asked, facts.lm_studio, error),
    }
}

fn kind(lm_studio: bool, answered: &Answered) -> Finding {
    const CHECK: Check = Check("server.kind");
    let Answered { product, version, api, .. } = answered;
    if !lm_studio {
        let product = product.unwrap_or("another server than LM Studio");
        return CHECK
            .good(format!("it is {product}: what its list does not say of a model, its name and lmsync.toml do"));
    }
    let Some(api) = api else {
        let version = version.as_deref().unwrap_or("of an early version");
        return CHECK
            .warning(format!("it is LM Studio {version}, and tells nothing of its models but their names"))
            .fix(
                "update LM Studio (0.3.6 and later tell), or say what the models can do in lmsync.toml \
                 ([[override]])",
            );
    };
    let version = version.as_ref().map(|version| format!(" {version}")).unwrap_or_default();
    CHECK.good(format!("it is LM Studio{version}; its own API ({api}) tells what each model can do"))
}

fn latency(took: Duration, limit: Duration) -> Finding {
    const CHECK: Check = Check("server.latency");
    let (took_ms, limit_ms) = (took.as_millis(), limit.as_millis());
    if took < SLOW && took * 2 < limit {
        return CHECK.good(format!("it answers within {} ms", took_ms.max(1)));
    }
    let enough = (took.as_secs() * 3).max(15);
    CHECK
        .warning(format!("it took {took_ms} ms to answer; {limit_ms} ms are allowed"))
        .line("allow it more time", format!("LMSYNC_TIMEOUT={enough}s"))
}

#[cfg(test)]
pub(super) mod tests;
