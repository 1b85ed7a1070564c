//! `lmsync explain`: what becomes of one id, and why.

mod find;
mod json;
mod reasons;
mod text;

use config::Settings;
use domain::ModelId;
use serde_json::{Value, json};

use self::find::{Findings, find};
pub(crate) use self::reasons::{because, hold, input_names, left_out};
use crate::exit::Exit;
use crate::output;

pub(crate) async fn explain(settings: Settings, id: &str, json: bool) -> Result<(), Exit> {
    let id = ModelId::new(id).map_err(|error| Exit::usage(format!("this cannot be a model's id: {error}")))?;
    let Findings { all, ids, unasked, unread } = find(&settings, &id, json).await?;
    let is_known = all.iter().any(|finding| finding.said.knows_it());
    let nearest = if is_known { Vec::new() } else { nearest(id.as_str(), ids) };
    if json {
        let places: Vec<Value> = all.iter().map(json::place).collect();
        let mut object = json!({ "id": id.as_str(), "in": places });
        if !is_known {
            object["nearest"] = json!(nearest);
        }
        output::print_json(&object)?;
    } else {
        output::print(&text::describe(&id, &all))?;
        if unasked.is_some() && !nearest.is_empty() {
            output::print_wrapped(&format!("no server that answers lists it{}", hint(&nearest)))?;
        }
    }
    let is_answered = all.iter().any(|finding| finding.said.is_answer());
    match (unread, unasked) {
        (Some(error), _) => Err(error.into()),
        (None, Some(error)) if !is_answered => Err(error.into()),
        _ if is_known => Ok(()),
        _ => Err(Exit::failure(format!("no server lists {id}, and no models.json has it{}", hint(&nearest)))),
    }
}

/// How many ids are named where one is not there.
const NAMED: usize = 3;

/// The ids that are most like that one, the nearest first.
fn nearest(id: &str, mut others: Vec<String>) -> Vec<String> {
    others.sort_unstable();
    others.dedup();
    let id = id.to_lowercase();
    let last = |id: &str| id.rsplit('/').next().unwrap_or_default().to_owned();
    let distance = |other: &String| {
        let other = other.to_lowercase();
        // People leave the publisher out.
        strsim::levenshtein(&id, &other).min(strsim::levenshtein(&last(&id), &last(&other)))
    };
    others.sort_by_key(distance);
    others.truncate(NAMED);
    others
}

/// The end of a sentence about an id that is not there.
fn hint(nearest: &[String]) -> String {
    match nearest {
        [] => "; no server lists any model".to_owned(),
        nearest => format!("; the nearest that there are: {}", nearest.join(", ")),
    }
}
