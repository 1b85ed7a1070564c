//! The assessment: the worst that is known, with a sentence about it and what to do.

use super::state::SyncState;
use crate::model::ModelId;
use crate::sync_state::situation::{GatewayNow, ListingNow, PickerNow, ServerNow, Situation};

/// How many ids a sentence names before it counts the rest.
const NAMED: usize = 3;

/// How things stand, for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    /// The worst state that holds.
    pub state: SyncState,
    /// The state as a headline, with its number: `Removing 12 models`.
    pub title: String,
    /// The same as a sentence or two.
    pub summary: String,
    /// What to do about it, where anything is to be done.
    pub advice: Option<Advice>,
    /// Each server's own state, in the order of the servers.
    pub servers: Vec<SyncState>,
}

/// What a person can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// In words.
    pub say: String,
    /// What to type, or the line to put where the words say.
    pub line: Option<String>,
}

impl Advice {
    fn say(say: &str) -> Self {
        Self { say: say.to_owned(), line: None }
    }

    fn line(say: impl Into<String>, line: impl Into<String>) -> Self {
        Self { say: say.into(), line: Some(line.into()) }
    }
}

/// One thing that holds.
struct Point {
    state: SyncState,
    /// How many models it is about.
    models: usize,
    sentence: String,
    advice: Option<Advice>,
}

impl Point {
    fn new(state: SyncState, sentence: impl Into<String>) -> Self {
        Self { state, models: 0, sentence: sentence.into(), advice: None }
    }

    fn models(self, models: usize) -> Self {
        Self { models, ..self }
    }

    fn advice(self, advice: impl Into<Option<Advice>>) -> Self {
        Self { advice: advice.into(), ..self }
    }
}

/// Assesses all that is known. It is in sync only where every server lists models, every file has them, and the running
/// gateway's picker shows all of them and none that was removed; else the worst state counts.
#[must_use]
pub fn assess(situation: &Situation<'_>) -> Assessment {
    let Situation { hangs, pause, gateway, servers } = *situation;
    let points: Vec<Point> = servers.iter().map(|server| worst_of(server, gateway)).collect();
    let states = points.iter().map(|point| point.state).collect();
    let down = points.iter().filter(|point| point.state == SyncState::ServerDown).count();
    let worst = match hangs {
        Some(silent) => Point::new(
            SyncState::Stalled,
            format!("The daemon's loop has not turned for {} s.", silent.as_secs()),
        )
        .advice(Advice::say("restart lmsync; its log tells what it did last")),
        None => worst_of_all(points, down, pause),
    };
    let total = servers.len();
    let mut summary = match worst.state {
        SyncState::InSync => in_sync(servers),
        SyncState::WaitingForOpenclaw | SyncState::NoOpenclaw => {
            format!("{} {}", written(servers), worst.sentence)
        }
        _ => worst.sentence,
    };
    if pause.is_some() && worst.state != SyncState::Paused && worst.state != SyncState::Stalled {
        summary.push_str(" Checks wait while inference runs.");
    }
    Assessment {
        state: worst.state,
        title: title(worst.state, worst.models, down, total),
        summary,
        advice: worst.advice,
        servers: states,
    }
}

fn worst_of_all(points: Vec<Point>, down: usize, pause: Option<&str>) -> Point {
    let total = points.len();
    let only_some = down > 0 && down < total;
    let mut worst: Option<Point> = None;
    let starts = points.is_empty().then(|| Point::new(SyncState::Starting, "The first pass is being made."));
    let pauses = pause.map(|what| {
        Point::new(
            SyncState::Paused,
            format!(
                "Inference runs: {what}. Nothing is lost: OpenClaw keeps its models, and lmsync checks again as soon as \
                 it is over."
            ),
        )
    });
    for mut point in points.into_iter().chain(starts).chain(pauses) {
        if only_some && point.state == SyncState::ServerDown {
            point.state = SyncState::SomeServersDown;
        }
        match &mut worst {
            Some(worst) if worst.state == point.state => worst.models += point.models,
            Some(worst) if worst.state > point.state => {}
            _ => worst = Some(point),
        }
    }
    // The chain holds at least one point: without a server, that of the start.
    worst.unwrap_or_else(|| Point::new(SyncState::Starting, "The first pass is being made."))
}

/// The worst that holds for one server.
fn worst_of(server: &ServerNow<'_>, gateway: GatewayNow<'_>) -> Point {
    let provider = server.provider;
    let (listed, offered, not_for_chat, removing, incomplete) = match server.listing {
        ListingNow::Unasked => return Point::new(SyncState::Starting, "The first pass is being made."),
        ListingNow::Down { why, advice, known } => {
            let kept = if known { " OpenClaw keeps the models that it has." } else { "" };
            return Point::new(
                SyncState::ServerDown,
                format!("{provider} does not list its models: {why}.{kept}"),
            )
            .advice(advice.map(Advice::say));
        }
        ListingNow::Models { listed, offered, not_for_chat, removing, incomplete } => {
            (listed, offered, not_for_chat, removing, incomplete)
        }
    };
    let broken = server.file_trouble.map(|why| {
        Point::new(SyncState::CannotWrite, format!("The model list cannot be updated: {why}."))
            .advice(Advice::line("what helps, says", "lmsync doctor"))
    });
    let unwritten = (server.unwritten > 0).then(|| {
        let models = count(server.unwritten, "model");
        let are = if server.unwritten == 1 { "is" } else { "are" };
        Point::new(SyncState::NotWritten, format!("{models} of {provider} {are} not in models.json yet."))
            .models(server.unwritten)
            .advice(Advice::line(
                "write it once with this, or keep it in sync with `lmsync run`",
                "lmsync sync",
            ))
    });
    let removed = (removing > 0).then(|| {
        let what = match (listed, offered) {
            (0, _) => format!("{provider} lists no models"),
            (_, 0) => format!("{provider} lists no model to chat with"),
            _ => format!("{provider} no longer lists all of its models"),
        };
        let (is, it) = if removing == 1 { ("is", "it is") } else { ("are", "they are") };
        let models = count(removing, "model");
        let sentence = format!("{what}. {models} {is} removed from OpenClaw unless {it} listed again.");
        Point::new(SyncState::Removing, sentence).models(removing).advice(
            (offered == 0).then(|| Advice::line("an empty list is believed after", "LMSYNC_EMPTY_AFTER=60s")),
        )
    });
    let part = incomplete.map(|why| {
        let sentence =
            format!("{provider}'s listing is incomplete: {why}. Nothing is removed because of it.");
        Point::new(SyncState::IncompleteListing, sentence)
    });
    let empty = (offered == 0).then(|| no_models(provider, listed, not_for_chat));
    let shown = shown(server, offered, gateway);
    let points = [broken, unwritten, removed, part, empty].into_iter().flatten();
    points.fold(shown, |worst, point| if point.state > worst.state { point } else { worst })
}

fn no_models(provider: &str, listed: usize, not_for_chat: usize) -> Point {
    let (sentence, advice) = match listed {
        0 => (
            format!("{provider} lists no models."),
            Advice::line("download or load a model there; what helps, says", "lmsync doctor"),
        ),
        _ if not_for_chat == listed => (
            format!("{provider} lists {} and none to chat with.", count(listed, "model")),
            Advice::line("download or load a model that chats; what helps, says", "lmsync doctor"),
        ),
        _ => (
            format!("{provider} lists {}, and all are left out.", count(listed, "model")),
            Advice::line(
                "see include and exclude in lmsync.toml; why a model is left out, says",
                "lmsync explain <id>",
            ),
        ),
    };
    Point::new(SyncState::NoModels, sentence).advice(advice)
}

/// Whether the picker shows what the files have, as far as that is known now.
fn shown(server: &ServerNow<'_>, offered: usize, gateway: GatewayNow<'_>) -> Point {
    let provider = server.provider;
    match gateway {
        GatewayNow::NoOpenclaw => {
            return Point::new(SyncState::NoOpenclaw, "No OpenClaw is here that could show models.").advice(
                Advice::line(
                    "set OpenClaw up, or name its state folder in OPENCLAW_STATE_DIR",
                    "openclaw onboard",
                ),
            );
        }
        GatewayNow::Away => {
            let advice = match server.picker {
                PickerNow::Fails { advice, .. } => advice.map(Advice::say),
                _ => None,
            };
            return Point::new(
                SyncState::WaitingForOpenclaw,
                "OpenClaw's gateway is not running; lmsync asks it as soon as it starts.",
            )
            .advice(advice);
        }
        GatewayNow::Refuses { why, advice } => return cannot_check(why, advice),
        GatewayNow::Unknown | GatewayNow::Runs => {}
    }
    match server.picker {
        PickerNow::Off => Point::new(
            SyncState::NotChecked,
            "The models are written. lmsync does not ask OpenClaw whether it shows them: LMSYNC_REFRESH is off.",
        ),
        PickerNow::Unasked => Point::new(
            SyncState::Updating,
            "The models are written; lmsync is asking OpenClaw whether it shows them.",
        ),
        PickerNow::Fails { why, advice } => cannot_check(why, advice),
        PickerNow::NeedsRestart { why } => {
            Point::new(SyncState::NeedsRestart, format!("{why}, so it does not show the last change yet."))
                .advice(Advice::line(
                    "restart the gateway; LMSYNC_ON_CHANGE can do that",
                    "openclaw gateway restart",
                ))
        }
        PickerNow::Hides { why, advice } => Point::new(
            SyncState::PickerLacksModels,
            format!("OpenClaw's picker does not show all models of {provider}: {why}."),
        )
        .advice(advice.map(Advice::say)),
        PickerNow::Shows { models, missing, again, .. } if !missing.is_empty() || models < offered => {
            // Where ids are only counted, the number tells.
            let lacks = missing.len().max(offered.saturating_sub(models));
            let which = if missing.is_empty() { String::new() } else { format!(": {}", some(missing)) };
            let what = format!("OpenClaw's picker lacks {} of {provider}{which}", count(lacks, "model"));
            if again {
                return Point::new(SyncState::Updating, format!("{what}; lmsync asks again."));
            }
            Point::new(SyncState::PickerLacksModels, format!("{what}.")).models(lacks).advice(Advice::line(
                "is an allowlist in the way, or another provider's entry in models.json wrong? What it is, says",
                "lmsync doctor",
            ))
        }
        PickerNow::Shows { lingering, .. } if !lingering.is_empty() => {
            let sentence = format!(
                "OpenClaw's picker still lists {} of {provider} that {} removed: {}.",
                count(lingering.len(), "model"),
                if lingering.len() == 1 { "was" } else { "were" },
                some(lingering)
            );
            Point::new(SyncState::Lingering, sentence)
                .models(lingering.len())
                .advice(Advice::line("where that lasts, restart the gateway", "openclaw gateway restart"))
        }
        PickerNow::Shows { usable: false, again, keyless, wants_profile, .. } => {
            no_key(provider, again, keyless, wants_profile)
        }
        PickerNow::Shows { .. } => Point::new(SyncState::InSync, ""),
    }
}

fn cannot_check(why: &str, advice: Option<&str>) -> Point {
    Point::new(
        SyncState::CannotCheck,
        format!("The models are written. Whether OpenClaw shows them is not known: {why}."),
    )
    .advice(advice.map(Advice::say))
}

fn no_key(provider: &str, again: bool, keyless: Option<(&str, &str)>, wants_profile: bool) -> Point {
    if again {
        return Point::new(
            SyncState::Updating,
            format!("OpenClaw lists the models of {provider}, and takes in the key for them."),
        );
    }
    let sentence = format!(
        "OpenClaw lists the models of {provider}, but has no key of its own for them, so it answers no chat with them."
    );
    let or = keyless.map(|(why, advice)| {
        format!(". It could do without if lmsync wrote openclaw.json, but {why}: {advice}")
    });
    let or = or.unwrap_or_default();
    let advice = if wants_profile {
        let say = format!("let the doctor write a key for it into the agent's auth-profiles.json{or}");
        Advice::line(say, "lmsync doctor --fix")
    } else if provider == "lmstudio" {
        let say = format!(
            "set LM_API_TOKEN in the gateway's environment and restart it (the token of a server that asks for one){or}"
        );
        Advice::line(say, "LM_API_TOKEN=lm-studio")
    } else {
        let line = format!("openclaw config set models.providers.{provider}.apiKey <any text>");
        Advice::line(format!("give openclaw.json a key for it{or}"), line)
    };
    Point::new(SyncState::NoKey, sentence).advice(advice)
}

fn title(state: SyncState, models: usize, down: usize, servers: usize) -> String {
    match state {
        SyncState::InSync => "In sync".to_owned(),
        SyncState::Starting => "Starting".to_owned(),
        SyncState::WaitingForOpenclaw => "Waiting for OpenClaw".to_owned(),
        SyncState::NoOpenclaw => "No OpenClaw here".to_owned(),
        SyncState::NotChecked => "Written, not checked".to_owned(),
        SyncState::Updating => "Updating OpenClaw".to_owned(),
        SyncState::Paused => "Paused".to_owned(),
        SyncState::CannotCheck => "Cannot check OpenClaw".to_owned(),
        SyncState::NeedsRestart => "OpenClaw needs a restart".to_owned(),
        SyncState::Lingering => format!("OpenClaw still lists {}", count(models, "removed model")),
        SyncState::IncompleteListing => "Incomplete listing".to_owned(),
        SyncState::NoModels => "No models served".to_owned(),
        SyncState::Removing => format!("Removing {}", count(models, "model")),
        SyncState::SomeServersDown => {
            format!("{down} of {servers} servers {} down", if down == 1 { "is" } else { "are" })
        }
        SyncState::PickerLacksModels if models == 0 => "Not visible in OpenClaw".to_owned(),
        SyncState::PickerLacksModels => format!("OpenClaw lacks {}", count(models, "model")),
        SyncState::NotWritten => format!("{} not written yet", count(models, "model")),
        SyncState::NoKey => "Listed without a key".to_owned(),
        SyncState::CannotWrite => "Cannot update the model list".to_owned(),
        SyncState::ServerDown if servers == 1 => "Server is down".to_owned(),
        SyncState::ServerDown => format!("All {servers} servers are down"),
        SyncState::Stalled => "Stalled".to_owned(),
    }
}

fn in_sync(servers: &[ServerNow<'_>]) -> String {
    let (listed, offered) = totals(servers);
    match (listed, offered) {
        (1, 1) => "OpenClaw shows the one model that is served.".to_owned(),
        (listed, offered) if listed == offered => {
            format!("OpenClaw shows all {listed} models that are served.")
        }
        (listed, offered) => {
            let left_out = listed - offered;
            let are = if left_out == 1 { "is" } else { "are" };
            format!(
                "OpenClaw shows {offered} of the {listed} models that are served; {left_out} {are} left out."
            )
        }
    }
}

fn written(servers: &[ServerNow<'_>]) -> String {
    let (_, offered) = totals(servers);
    format!("{} {} written.", count(offered, "model"), if offered == 1 { "is" } else { "are" })
}

fn totals(servers: &[ServerNow<'_>]) -> (usize, usize) {
    servers.iter().fold((0, 0), |(all, some), server| match server.listing {
        ListingNow::Models { listed, offered, .. } => (all + listed, some + offered),
        ListingNow::Unasked | ListingNow::Down { .. } => (all, some),
    })
}

/// `1 model`, `2 models`.
fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// The first few ids, and how many more there are.
fn some(ids: &[ModelId]) -> String {
    let named: Vec<&str> = ids.iter().take(NAMED).map(ModelId::as_str).collect();
    match ids.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests;
