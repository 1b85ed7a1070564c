//! A server's list as a whole: whether there is anything in it for OpenClaw.

use domain::{by_number, count, name_some};

use super::facts::Answered;
use crate::doctor::finding::{Check, Finding};

const CHECK: Check = Check("server.models");

const SWITCH_JIT_ON: &str = "switch it on (Developer > Server Settings > Just-in-Time Model Loading), or load";

pub(super) fn diagnose(answered: &Answered, lm_studio: bool) -> Vec<Finding> {
    let Answered { report, unlisted, .. } = answered;
    let mut found = vec![match (report.listed, report.offered().len()) {
        (0, _) => without_models(unlisted, lm_studio),
        (_, 0) => all_left_out(answered, lm_studio),
        _ => CHECK.good(sentence(answered, lm_studio)),
    }];
    if report.listed > 0 && !unlisted.is_empty() {
        let (number, ids) = (unlisted.len(), name_some(unlisted));
        let models = format!("{} {}", count(number, "model"), by_number(number, "is", "are"));
        let sentence = format!("just-in-time loading is off: {models} not loaded, and so not listed: {ids}");
        let load = format!("lms load {}", unlisted[0]);
        found.push(Check("server.jit").warning(sentence).line(format!("{SWITCH_JIT_ON} it"), load));
    }
    if let Some(why) = &report.incomplete {
        let sentence = format!("{why}; so no model is removed, also one that is gone");
        found.push(CHECK.warning(sentence).fix("look at the server's own answer to GET /models"));
    }
    found
}

fn without_models(unlisted: &[String], lm_studio: bool) -> Finding {
    if let Some(first) = unlisted.first() {
        let models = count(unlisted.len(), "model");
        let sentence = format!("it lists no model: just-in-time loading is off, and none of {models} is loaded");
        let say = format!("{SWITCH_JIT_ON} a model");
        CHECK.failure(sentence).line(say, format!("lms load {first}"))
    } else if lm_studio {
        CHECK
            .failure("it lists no model: none is downloaded, or just-in-time loading is off and none is loaded")
            .line("download one (`lms get`), or load one", "lms ls && lms load <model>")
    } else {
        CHECK.failure("it lists no model").fix("load a model in the server")
    }
}

fn all_left_out(answered: &Answered, lm_studio: bool) -> Finding {
    let (listed, not_for_chat) = (answered.report.listed, answered.not_for_chat());
    let models = count(listed, "model");
    if not_for_chat == listed && lm_studio {
        return CHECK
            .failure(format!("it lists {models} for embeddings and none that chats (one comes with LM Studio)"))
            .line("download a model that chats", "lms get");
    }
    if not_for_chat == listed {
        return CHECK
            .failure(format!("it lists {models} and none that chats, as it says itself"))
            .fix("let the server offer a model that chats");
    }
    let sentence = match not_for_chat {
        0 => format!("it lists {models}, and the rules leave all of them out"),
        others => format!("it lists {models}: {others} not for chat, and the rules leave out the rest"),
    };
    let say = "look at include and exclude in lmsync.toml; for the reason of each, run";
    CHECK.failure(sentence).line(say, "lmsync explain <id>")
}

fn sentence(answered: &Answered, lm_studio: bool) -> String {
    let (models, offered) = (count(answered.report.listed, "model"), answered.report.offered().len());
    let left_out = match (answered.not_for_chat(), lm_studio) {
        (0, _) => String::new(),
        (number, true) => format!("; {number} for embeddings left out"),
        (number, false) => format!("; {number} not for chat left out"),
    };
    format!("it lists {models}, of which OpenClaw is offered {offered}{left_out}")
}
