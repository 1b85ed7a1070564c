//! A server's list as a whole: whether there is anything in it for OpenClaw.

use super::finding::{Finding, count, some};

/// The models of one server as a whole: how many there are.
pub(crate) struct Listed {
    pub(crate) provider: String,
    pub(crate) lm_studio: bool,
    /// How many it lists.
    pub(crate) listed: usize,
    /// How many of them OpenClaw is offered.
    pub(crate) offered: usize,
    /// How many are for something else than chat, as the server says.
    pub(crate) not_for_chat: usize,
    /// Why it may have models that its answer does not name.
    pub(crate) incomplete: Option<String>,
    /// Chat models that LM Studio knows and does not list: they are not loaded.
    pub(crate) unlisted: Vec<String>,
}

pub(crate) fn diagnose(facts: &Listed) -> Vec<Finding> {
    let Listed { listed, offered, not_for_chat, incomplete, unlisted, .. } = facts;
    let mut found = Vec::new();
    const LIST: &str = "server.models";
    let load = || "lms ls && lms load <model>".to_owned();
    found.push(match (listed, offered) {
        (0, _) if !unlisted.is_empty() => Finding::failure(
            LIST,
            format!(
                "it lists no model: just-in-time loading is off, and none of {} is loaded",
                count(unlisted.len(), "model")
            ),
        )
        .line(
            "switch it on (Developer > Server Settings > Just-in-Time Model Loading), or load a model",
            format!("lms load {}", unlisted[0]),
        ),
        (0, _) if facts.lm_studio => Finding::failure(
            LIST,
            "it lists no model: none is downloaded, or just-in-time loading is off and none is loaded",
        )
        .line("download one (`lms get`), or load one", load()),
        (0, _) => Finding::failure(LIST, "it lists no model").fix("load a model in the server"),
        (_, 0) if not_for_chat == listed => {
            let count = count(*not_for_chat, "model");
            if facts.lm_studio {
                let said =
                    format!("it lists {count} for embeddings and none that chats (one comes with LM Studio)");
                Finding::failure(LIST, said).line("download a model that chats", "lms get")
            } else {
                let said = format!("it lists {count} and none that chats, as it says itself");
                Finding::failure(LIST, said).fix("let the server offer a model that chats")
            }
        }
        (_, 0) => Finding::failure(
            LIST,
            match not_for_chat {
                0 => format!("it lists {}, and the rules leave all of them out", count(*listed, "model")),
                other => format!(
                    "it lists {}: {other} not for chat, and the rules leave out the rest",
                    count(*listed, "model")
                ),
            },
        )
        .line(
            "look at include and exclude in lmsync.toml; why each is left out, says",
            "lmsync explain <id>",
        ),
        (listed, offered) => {
            let mut sentence =
                format!("it lists {}, of which OpenClaw is offered {offered}", count(*listed, "model"));
            if *not_for_chat > 0 {
                let what = if facts.lm_studio { "for embeddings" } else { "not for chat" };
                sentence.push_str(&format!("; {not_for_chat} {what} left out"));
            }
            Finding::good(LIST, sentence)
        }
    });
    if *listed > 0 && !unlisted.is_empty() {
        found.push(
            Finding::warning(
                "server.jit",
                format!(
                    "just-in-time loading is off: {} not loaded, and so not listed: {}",
                    if unlisted.len() == 1 {
                        "1 model is".into()
                    } else {
                        format!("{} models are", unlisted.len())
                    },
                    some(unlisted)
                ),
            )
            .line(
                "switch it on (Developer > Server Settings > Just-in-Time Model Loading), or load it",
                format!("lms load {}", unlisted[0]),
            ),
        );
    }
    if let Some(why) = incomplete {
        let sentence = format!("{why}; so no model is removed, also one that is gone");
        found.push(Finding::warning(LIST, sentence).fix("look at the server's own answer to GET /models"));
    }
    found.into_iter().map(|finding| finding.about(&facts.provider)).collect()
}
